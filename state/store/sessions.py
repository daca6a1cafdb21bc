"""Sessions with their events and turns: what was played, as it was shown."""

import json
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from dialogues.grading.rubric import Scorecard
from dialogues.turn import Effect, Reading, State, Turn
from state.errors import NoSession
from state.session import Event, Mode, Session, Setup, Stop
from state.store.contents import Contents

_READING = TypeAdapter(Reading)
_EFFECTS = TypeAdapter(tuple[Effect, ...])


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a session left another.

    Attributes:
        session: The other session's id.
        turn: Number of the turn that is played anew.
    """

    session: int
    turn: int


@dataclass(frozen=True, slots=True)
class Run:
    """A session as it is stored: whose it is, where, since when, and how it ended.

    Attributes:
        id: Its number.
        person: Whose it is.
        chat: Where it takes place.
        topic: Thread of a forum; 0 for none.
        offer: Names the button that started it; one session for each.
        setup: What it is made of.
        mode: Coach or exam.
        branched: Where it left another session; such a session never counts.
        started_at: When it started, in seconds since 1970.
        touched_at: When something happened last.
        deadline: When time runs out, in exam mode.
        ended_at: When it ended; None while it goes on.
        replies: How many replies were heard.
        outcome: How it ended; None while it goes on.
        score: Score (0–100); None while it goes on.
        passed: Whether it was passed; None while it goes on.
        rule_broken: Whether it ended because staff named a way out that no bank may take.
    """

    id: int
    person: int
    chat: int
    topic: int
    offer: str
    setup: Setup
    mode: Mode
    branched: Branch | None
    started_at: float
    touched_at: float
    deadline: float | None
    ended_at: float | None = None
    replies: int = 0
    outcome: State | None = None
    score: int | None = None
    passed: bool | None = None
    rule_broken: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts for averages and passes: it was played and is no retry."""
        return self.branched is None and self.replies > 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How somebody has done in the sessions that count.

    Attributes:
        played: How many there were.
        passed: How many of them were passed.
        best: Highest score.
        scores: The last scores, the latest last.
        shares: Share of the points (0–1) reached in each criterion, on average.
        best_of: Highest score in each scenario.
    """

    played: int
    passed: int
    best: int | None
    scores: tuple[int, ...]
    shares: dict[str, float]
    best_of: dict[str, int]


_COLUMNS = (
    "id, person, chat, topic, offer, scenario_content, persona_content, difficulty, lang, seed, mode, "
    "branched_from, branched_turn, started_at, touched_at, deadline, ended_at, replies, outcome, score, "
    "passed, rule_broken"
)
_COUNTS = "person = ? AND ended_at IS NOT NULL AND branched_from IS NULL AND replies > 0"
_LATEST_SCORES = 10


class Sessions:
    """The sessions of the store."""

    def __init__(self, db: Database, contents: Contents) -> None:
        self._db = db
        self._contents = contents

    # One session -----------------------------------------------------------------------------------

    def start(self, run: Run) -> Run:
        """Write a new session down; gives it with its number (that of `run` is ignored)."""
        setup, branch = run.setup, run.branched
        cursor = self._db.execute(
            "INSERT INTO sessions (person, chat, topic, offer, scenario, scenario_version, scenario_content, "
            "persona, persona_content, difficulty, lang, seed, mode, branched_from, branched_turn, "
            "started_at, touched_at, deadline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run.person,
                run.chat,
                run.topic,
                run.offer,
                setup.scenario.id,
                setup.scenario.version,
                self._contents.keep(setup.scenario),
                setup.persona.id,
                self._contents.keep(setup.persona),
                setup.difficulty,
                setup.lang,
                setup.seed,
                run.mode,
                branch and branch.session,
                branch and branch.turn,
                run.started_at,
                run.touched_at,
                run.deadline,
            ],
        )
        return replace(run, id=int(cursor.lastrowid or 0))

    def record(self, run: Run, event: Event, turn: Turn, now: float, message: int | None = None) -> Run:
        """Write down what happened and what came of it; gives the session as it is stored now."""
        kind, reading = _as_row(event)
        self._db.execute(
            "INSERT INTO events (session, number, kind, reading, message, at) VALUES (?, ?, ?, ?, ?, ?)",
            [run.id, turn.number, kind, reading, message, now],
        )
        self._db.execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run.id,
                turn.number,
                turn.before.value,
                turn.after.value,
                turn.anger_before,
                turn.anger_after,
                _EFFECTS.dump_json(turn.effects).decode(),
                json.dumps(turn.told),
                turn.agreed,
                turn.promise_due,
                json.dumps(turn.lines, ensure_ascii=False),
            ],
        )
        kept = replace(run, touched_at=now, replies=run.replies + (reading is not None))
        self._db.execute(
            "UPDATE sessions SET touched_at = ?, replies = ? WHERE id = ?", [now, kept.replies, run.id]
        )
        return kept

    def finish(self, run: Run, card: Scorecard, now: float, *, rule_broken: bool = False) -> Run:
        """Write down how a session ended."""
        done = replace(
            run,
            ended_at=now,
            outcome=card.outcome,
            score=card.score,
            passed=card.passed,
            rule_broken=rule_broken,
        )
        self._db.execute(
            "UPDATE sessions SET ended_at = ?, outcome = ?, score = ?, passed = ?, rubric = ?, "
            "rule_broken = ? WHERE id = ?",
            [now, card.outcome.value, card.score, card.passed, card.version, rule_broken, run.id],
        )
        for result in card.results:
            self._db.execute(
                "INSERT INTO points VALUES (?, ?, ?, ?)",
                [run.id, result.criterion.value, result.points, result.max],
            )
        return done

    def run(self, identifier: int) -> Run:
        """The session with that number.

        Raises:
            NoSession: There is none.
        """
        found = self._runs("id = ?", [identifier])
        if not found:
            raise NoSession(identifier)
        return found[0]

    def open(self, person: int, chat: int, topic: int = 0) -> Run | None:
        """The session that somebody is in at a place."""
        found = self._runs(
            "person = ? AND chat = ? AND topic = ? AND ended_at IS NULL", [person, chat, topic]
        )
        return found[0] if found else None

    def started_by(self, person: int, offer: str) -> Run | None:
        """The session that a button has started."""
        found = self._runs("person = ? AND offer = ?", [person, offer])
        return found[0] if found else None

    def heard(self, run: Run, message: int) -> bool:
        """Whether a message was heard as a reply already."""
        query = "SELECT 1 FROM events WHERE session = ? AND message = ?"
        return self._db.execute(query, [run.id, message]).fetchone() is not None

    def events(self, run: Run) -> list[Event]:
        """What happened in a session, in order."""
        rows = self._db.execute(
            "SELECT kind, reading FROM events WHERE session = ? ORDER BY number", [run.id]
        ).fetchall()
        return [_event(*row) for row in rows]

    def turns(self, run: Run) -> list[Turn]:
        """What came of it, as it was shown."""
        rows = self._db.execute(
            "SELECT turns.number, kind, reading, before, after, anger_before, anger_after, effects, told, "
            "agreed, promise_due, lines FROM turns JOIN events USING (session, number) "
            "WHERE session = ? ORDER BY turns.number",
            [run.id],
        ).fetchall()
        return [_turn(*row) for row in rows]

    def restore(self, run: Run) -> Session:
        """The session as it stands; nothing is graded again."""
        return Session.replay(run.setup, self.events(run))

    # Many sessions ---------------------------------------------------------------------------------

    def ended(self, person: int, limit: int, offset: int = 0) -> list[Run]:
        """Somebody's sessions that are over and were played, the latest first."""
        return self._runs(
            "person = ? AND ended_at IS NOT NULL AND replies > 0 ORDER BY ended_at DESC LIMIT ? OFFSET ?",
            [person, limit, offset],
        )

    def latest(self, person: int) -> Run | None:
        """The session that somebody played last."""
        found = self._runs("person = ? ORDER BY id DESC LIMIT 1", [person])
        return found[0] if found else None

    def days(self, person: int, since: float) -> list[float]:
        """When somebody's played sessions ended, the latest first."""
        rows = self._db.execute(
            "SELECT ended_at FROM sessions WHERE person = ? AND ended_at >= ? AND replies > 0 "
            "ORDER BY ended_at DESC",
            [person, since],
        )
        return [row[0] for row in rows.fetchall()]

    def progress(self, person: int) -> Progress:
        """How somebody has done."""
        played, passed, best = self._db.execute(
            f"SELECT count(*), coalesce(sum(passed), 0), max(score) FROM sessions WHERE {_COUNTS}",  # noqa: S608
            [person],
        ).fetchone()
        scores = self._db.execute(
            f"SELECT score FROM sessions WHERE {_COUNTS} ORDER BY ended_at DESC LIMIT ?",  # noqa: S608
            [person, _LATEST_SCORES],
        ).fetchall()
        shares = self._db.execute(
            "SELECT criterion, avg(1.0 * points / max) FROM points "  # noqa: S608
            f"WHERE session IN (SELECT id FROM sessions WHERE {_COUNTS}) GROUP BY criterion",
            [person],
        ).fetchall()
        best_of = self._db.execute(
            f"SELECT scenario, max(score) FROM sessions WHERE {_COUNTS} GROUP BY scenario",  # noqa: S608
            [person],
        ).fetchall()
        return Progress(
            played, passed, best, tuple(row[0] for row in reversed(scores)), dict(shares), dict(best_of)
        )

    def _runs(self, where: str, values: list[Any]) -> list[Run]:
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM sessions WHERE {where}", values)  # noqa: S608
        return [self._run(*row) for row in rows.fetchall()]

    def _run(
        self,
        identifier: int,
        person: int,
        chat: int,
        topic: int,
        offer: str,
        scenario: str,
        persona: str,
        difficulty: str,
        lang: Any,
        seed: int,
        mode: Mode,
        branched_from: int | None,
        branched_turn: int | None,
        started_at: float,
        touched_at: float,
        deadline: float | None,
        ended_at: float | None,
        replies: int,
        outcome: str | None,
        score: int | None,
        passed: int | None,
        rule_broken: int,
    ) -> Run:
        setup = Setup(
            self._contents.scenario(scenario), self._contents.persona(persona), difficulty, lang, seed
        )
        branch = None
        if branched_from is not None and branched_turn is not None:
            branch = Branch(branched_from, branched_turn)
        return Run(
            id=identifier,
            person=person,
            chat=chat,
            topic=topic,
            offer=offer,
            setup=setup,
            mode=mode,
            branched=branch,
            started_at=started_at,
            touched_at=touched_at,
            deadline=deadline,
            ended_at=ended_at,
            replies=replies,
            outcome=State(outcome) if outcome else None,
            score=score,
            passed=None if passed is None else bool(passed),
            rule_broken=bool(rule_broken),
        )


def _as_row(event: Event) -> tuple[str, str | None]:
    if isinstance(event, Stop):
        return event.value, None
    return "reply", _READING.dump_json(event).decode()


def _event(kind: str, reading: str | None) -> Event:
    return _READING.validate_json(reading) if reading is not None else Stop(kind)


def _turn(
    number: int,
    kind: str,
    reading: str | None,
    before: str,
    after: str,
    anger_before: int,
    anger_after: int,
    effects: str,
    told: str,
    agreed: str | None,
    promise_due: int,
    said: str,
) -> Turn:
    return Turn(
        number=number,
        reading=_READING.validate_json(reading) if reading is not None else None,
        before=State(before),
        after=State(after),
        anger_before=anger_before,
        anger_after=anger_after,
        effects=_EFFECTS.validate_json(effects),
        told=tuple(json.loads(told)),
        agreed=agreed,
        promise_due=bool(promise_due),
        lines=tuple(json.loads(said)),
    )
