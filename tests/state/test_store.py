"""The database: how it is opened, kept and copied, and that what it gives back is what was played."""

import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from dialogues.acts import Act
from dialogues.grading.rubric import score
from dialogues.turn import Reading
from state.backup import copy as copy_database
from state.errors import NoSession, StoreBroken, StoreError, StoreFailed, StoreNewer
from state.migrations import MIGRATIONS
from state.session import Session, Setup, Stop
from state.store import Branch, Claim, Dispute, Run, Status, Store
from tests import fakes
from tests.strategies import sessions

NOW = fakes.MOMENT


@pytest.fixture
def store():
    opened = Store.open(None)
    yield opened
    opened.close()


def a_run(store: Store, setup: Setup | None = None, person: int = 1, offer: str = "1", **changes) -> Run:
    store.people.meet(person, "Ann", "en", NOW)
    setup = setup or Setup(fakes.scenario(), fakes.persona("calm_one"), lang="en")
    run = Run(0, person, person, 0, offer, setup, "coach", None, NOW, NOW, None)
    return store.sessions.start(replace(run, **changes))


def finished(store: Store, points: int, person: int = 1, offer: str = "1", at: float = NOW, **changes) -> Run:
    run = a_run(store, person=person, offer=offer, **changes)
    session = Session(run.setup)
    run = store.sessions.record(run, reading := Reading("hm"), session.happen(reading), at)
    run = store.sessions.record(run, Stop.GAVE_UP, session.happen(Stop.GAVE_UP), at)
    card = score(session.turns, run.setup.scenario)
    return store.sessions.finish(run, replace(card, score=points, passed=points >= 80), at)


# Opening ---------------------------------------------------------------------------------------------


def test_every_table_is_strict_and_foreign_keys_hold(store):
    tables = store._db.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    ours = {name: strict for name, strict in tables if not name.startswith(("sqlite_", "_sqlite"))}
    assert len(ours) >= 9
    assert all(ours.values())
    with pytest.raises(StoreFailed), store.transaction():
        store._db.execute("INSERT INTO points VALUES (99, 'listen', 1, 2)")


def test_a_file_is_written_through_and_belongs_to_its_owner_alone(tmp_path):
    store = Store.open(tmp_path / "new" / "drill.db")
    a_run(store)
    pragmas = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    store.close()


def test_opening_again_changes_nothing(tmp_path):
    first = Store.open(tmp_path / "drill.db")
    run = a_run(first)
    first.close()
    second = Store.open(tmp_path / "drill.db")
    assert second.sessions.run(run.id) == run
    assert [file.name for file in tmp_path.iterdir() if "before" in file.name] == []
    second.close()


def test_an_older_database_is_copied_before_it_is_brought_up_to_date(tmp_path):
    path = tmp_path / "drill.db"
    from sqlite_utils import Database

    old = Database(path)
    MIGRATIONS.apply(old, stop_before="002_mailbox_and_jobs")
    old.execute("INSERT INTO people (id, name, created_at) VALUES (1, 'Ann', 0)")
    old.close()
    store = Store.open(path)
    assert store.people.find(1).name == "Ann"
    store.close()
    copy = tmp_path / "drill.db.before-002_mailbox_and_jobs"
    assert sqlite3.connect(copy).execute("SELECT name FROM people").fetchone() == ("Ann",)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_filled_database_from_before_disputes_is_brought_up_to_date(tmp_path):
    from sqlite_utils import Database

    path = tmp_path / "drill.db"
    store = Store.open(path)
    run = finished(store, 50)
    a_run(store, offer="2", chat=0)
    store.close()
    with sqlite3.connect(path) as old:  # as the second migration left it
        old.execute("DROP TABLE disputes")
        old.execute("ALTER TABLE jobs DROP COLUMN chat")
        old.execute("DELETE FROM _sqlite_migrations WHERE name >= '003'")
        old.execute("INSERT INTO jobs (kind, key, due_at) VALUES ('session_alone', '1', 5), ('x', '2', 6)")
    old.close()
    earlier = Database(tmp_path / "earlier.db")
    MIGRATIONS.apply(earlier, stop_before="003_disputes")
    schema = {name: Database(path)[name].schema for name in ("jobs", "sessions", "turns")}
    assert schema == {name: earlier[name].schema for name in schema}
    store = Store.open(path)
    assert store.sessions.run(run.id) == run
    assert [job.chat for job in store.jobs.due(10)] == [1, 0]
    assert [job.key for job in store.jobs.due(10, terminal=True)] == ["2"]
    assert store.disputes.open(a_dispute(run)) is not None
    assert store.problems() == []
    store.close()
    assert (tmp_path / "drill.db.before-003_disputes").exists()


def test_a_database_of_a_later_version_is_refused(tmp_path):
    store = Store.open(tmp_path / "drill.db")
    store._db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('lobby_drill', '999', '')"
    )
    store.close()
    with pytest.raises(StoreNewer, match="update lobby-drill"):
        Store.open(tmp_path / "drill.db")


def test_what_is_no_database_of_ours_is_refused_and_left_as_it_is(tmp_path):
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"not a database at all" * 300)
    with pytest.raises(StoreBroken, match=r"garbage\.db"):
        Store.open(garbage)
    assert garbage.read_bytes().startswith(b"not a database")
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreBroken, match="another program"):
        Store.open(other)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Store.open(tmp_path / "file" / "drill.db")


# Transactions and copies -----------------------------------------------------------------------------


def test_a_transaction_is_all_or_nothing_and_says_that_it_failed(store):
    forgotten = []
    store.on_rollback(lambda: forgotten.append(True))

    def fail():
        with store.transaction():
            store.people.meet(1, "Ann", None, NOW)
            with store.transaction():
                store.people.meet(2, "Li", None, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.people.find(1) is None
    assert store.people.find(2) is None
    assert forgotten


def test_a_database_that_another_process_holds_fails_as_such(tmp_path):
    store = Store.open(tmp_path / "drill.db")
    store._db.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "drill.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="locked"), store.transaction():
        pass
    other.rollback()
    other.close()
    with store.transaction():
        a_run(store)
    store.close()


def test_a_backup_is_a_whole_database_that_can_be_opened(tmp_path):
    store = Store.open(tmp_path / "drill.db")
    run = a_run(store)
    copy_database(tmp_path / "drill.db", tmp_path / "copy.db")
    assert store.problems() == []
    store.close()
    copy = Store.open(tmp_path / "copy.db")
    assert copy.sessions.run(run.id) == run
    copy.close()


# Sessions --------------------------------------------------------------------------------------------


@given(sessions(most=12))
@settings(max_examples=60, deadline=None)
def test_a_stored_session_is_the_one_that_was_played(case):
    setup, replies = case
    store = Store.open(None)
    run = a_run(store, setup)
    live = Session(setup)
    events = [*replies, Stop.TIME_OUT]
    for number, event in enumerate(events):
        if live.ended:
            break
        run = store.sessions.record(run, event, live.happen(event), NOW + number)
    assert store.sessions.run(run.id) == run
    assert store.sessions.events(run) == live.events
    assert store.sessions.turns(run) == live.turns
    assert store.sessions.restore(run).turns == live.turns
    store.close()


def test_a_session_keeps_the_content_that_it_started_with(tmp_path):
    store = Store.open(tmp_path / "drill.db")
    old = a_run(store, Setup(fakes.scenario(version=1), fakes.persona("calm_one"), lang="en"))
    new = Setup(fakes.scenario(version=2), fakes.persona("calm_one"), lang="en")
    later = a_run(store, new, offer="2", chat=7)
    store.close()
    store = Store.open(tmp_path / "drill.db")
    assert store.sessions.run(old.id).setup.scenario.version == 1
    assert store.sessions.run(later.id).setup.scenario.version == 2
    assert store.sessions.run(old.id).setup.scenario is store.sessions.run(old.id).setup.scenario
    store.close()


def test_somebody_is_in_one_session_at_a_place(store):
    run = a_run(store)
    assert store.sessions.open(1, 1) == run
    assert store.sessions.open(1, 2) is None
    with pytest.raises(sqlite3.IntegrityError):
        a_run(store, offer="2")


def test_an_offer_starts_one_session(store):
    run = finished(store, 50)
    assert store.sessions.started_by(1, "1") == run
    with pytest.raises(sqlite3.IntegrityError):
        a_run(store)
    a_run(store, person=2)


def test_there_is_no_session_where_there_is_none(store):
    with pytest.raises(NoSession):
        store.sessions.run(1)


def test_progress_counts_what_was_played_and_no_retries(store):
    finished(store, 40, offer="1", at=NOW)
    finished(store, 90, offer="2", at=NOW + 1)
    first = finished(store, 70, offer="3", at=NOW + 2)
    finished(store, 100, offer="4", at=NOW + 3, branched=Branch(first.id, 1))
    finished(store, 99, person=2)
    done = store.sessions.progress(1)
    assert (done.played, done.passed, done.best, done.scores) == (3, 1, 90, (40, 90, 70))
    assert done.best_of == {"lost-card": 90}
    assert set(done.shares) == {"listen", "apologize_first", "ask", "resolve", "close", "conduct"}
    assert [run.score for run in store.sessions.ended(1, 2)] == [100, 70]


# Disputes --------------------------------------------------------------------------------------------


def a_dispute(run: Run, act: Act = Act.HUSH, turn: int = 1) -> Dispute:
    graded = ((Act.HUSH, 0, 2),)
    return Dispute(
        0, run.person, run.id, turn, "zh", "lost-card", "气死我了", "冷静", graded, act, Claim.WRONG, "1", NOW
    )


def test_an_act_of_a_reply_is_disputed_once(store):
    run = finished(store, 50)
    kept = store.disputes.open(a_dispute(run))
    assert kept == replace(a_dispute(run), id=1) == store.disputes.find(1)
    assert store.disputes.open(a_dispute(run)) is None
    assert store.disputes.open(a_dispute(run, Act.OWN)).id == store.disputes.find(2).id
    assert [it.act for it in store.disputes.of_reply(run.id, 1)] == [Act.HUSH, Act.OWN]
    with pytest.raises(sqlite3.IntegrityError):
        store.disputes.open(a_dispute(run, turn=9))


def test_the_first_decision_counts(store):
    run = finished(store, 50)
    store.disputes.open(a_dispute(run))
    store.people.meet(2, "Li", None, NOW)
    assert store.disputes.decide(1, upheld=True, by=2, now=NOW + 1)
    assert not store.disputes.decide(1, upheld=False, by=1, now=NOW + 2)
    assert not store.disputes.decide(7, upheld=True, by=2, now=NOW)
    decided = store.disputes.find(1)
    assert (decided.status, decided.decided_by, decided.decided_at) == (Status.UPHELD, 2, NOW + 1)
    assert store.disputes.upheld(run.id) == 1


def test_what_waits_can_be_asked_for_everybody_or_for_a_managers_people(store):
    one, other = finished(store, 50), finished(store, 50, person=2)
    for run in (one, other):
        store.disputes.open(a_dispute(run))
    assert (store.disputes.waiting(), store.disputes.waiting([2]), store.disputes.waiting([])) == (2, 1, 0)
    assert store.disputes.next().id == 1
    assert store.disputes.next(people=[2, 3]).id == store.disputes.next(1).id == 2
    assert store.disputes.next(2) is None
    store.disputes.decide(2, upheld=False, by=1, now=NOW)
    went = store.disputes.standing([1, 2])
    assert (went.made, went.upheld, went.refused, went.decided) == (2, 0, 1, 1)


# Mailbox and jobs ------------------------------------------------------------------------------------


def test_an_update_comes_in_once_and_is_forgotten_when_it_is_done(store):
    assert store.inbox.receive(5, 1, "{}", NOW)
    assert not store.inbox.receive(5, 1, "{}", NOW)
    assert [update.id for update in store.inbox.waiting()] == [5]
    store.inbox.done(5, NOW)
    assert store.inbox.waiting() == []
    assert store.inbox.is_done(5)
    assert not store.inbox.receive(5, 1, "{}", NOW)
    assert store._db.execute("SELECT body FROM inbox").fetchone() == ("",)


def test_letters_wait_in_order_for_each_chat(store):
    first = store.outbox.put(1, "sendMessage", {"text": "您好"}, NOW, step="t1.1")
    second = store.outbox.put(1, "sendMessage", {"text": "2"}, NOW)
    store.outbox.put(2, "sendMessage", {"text": "3"}, NOW)
    assert [letter.id for letter in store.outbox.waiting(1)] == [first, second]
    store.outbox.sent(first, 77, NOW)
    assert [letter.id for letter in store.outbox.waiting(1)] == [second]
    store.outbox.give_up(second, "blocked")
    assert store.outbox.chats() == [2]


def test_a_job_waits_once_for_each_key_and_is_done_once(store):
    store.jobs.plan("warn", "1", NOW + 10)
    store.jobs.plan("warn", "1", NOW + 20, {"a": 1})
    store.jobs.plan("warn", "2", NOW + 30)
    assert store.jobs.next_at() == NOW + 20
    assert store.jobs.due(NOW + 19) == []
    (job,) = store.jobs.due(NOW + 20)
    assert job.payload == {"a": 1}
    store.jobs.done(job.id, NOW)
    store.jobs.cancel("warn", "2")
    assert store.jobs.next_at() is None
    store.jobs.plan("warn", "1", NOW)
    assert len(store.jobs.due(NOW)) == 1


def test_pruning_keeps_what_waits_and_every_session(store, tmp_path: Path):
    store.inbox.receive(1, 1, "{}", NOW)
    store.inbox.receive(2, 1, "{}", NOW)
    store.inbox.done(1, NOW)
    store.outbox.put(1, "sendMessage", {}, NOW)
    store.outbox.sent(store.outbox.put(1, "sendMessage", {}, NOW), 3, NOW)
    finished(store, 50)
    store.prune(NOW + 1)
    counts = [store._db[table].count for table in ("inbox", "outbox", "sessions")]
    assert counts == [1, 1, 1]
