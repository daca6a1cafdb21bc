"""The command line, as people and programs call it."""

import io
import json
import logging
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.actions import Verb, action
from bot.arguments import explain, overview
from bot.cli import COMMANDS, main
from bot.inputs import Person, Place
from dialogues.grading.reading import Reader
from dialogues.languages import LANGUAGES, texts
from dialogues.library import Library
from dialogues.scenario import Lang
from state.machine import diagram
from tests.fakes import talk
from tests.strategies import LIBRARY

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "bot" / "docs"

Run = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """The lines of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reader: Reader
) -> Run:
    """Runs a command in this process, in an empty folder and an empty environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Reader, "load", classmethod(lambda _: reader))
    monkeypatch.setattr(Library, "read", classmethod(lambda _, extra=None: _library(extra)))

    monkeypatch.setattr(logging.getLogger(), "handlers", [])

    def call(*words: str, given: str | bytes = b"", **environ: str) -> Ran:
        raw = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        status = main(list(words), {"HOME": str(tmp_path), **environ})
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


_read = Library.read


def _library(extra: Path | None) -> Library:
    """The shipped content as all tests share it: a scenario's phrasings are then embedded once."""
    return LIBRARY if extra is None else _read(extra)


def refused(ran: Ran, *parts: str) -> None:
    """Checks an error: exit 2, one line on stderr that holds the parts, nothing on stdout."""
    assert ran.status == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err
    assert all(part in ran.err for part in parts), ran.err


# Disputes --------------------------------------------------------------------------------------------


def disputed(file: Path) -> None:
    """A database with two disputes, one of them upheld."""
    someone = talk(file, owners=(21,))
    someone.begin()
    someone.say("[apologize] [hush]")
    for act in ("hush", "own"):
        someone.press(action(Verb.CLAIM, 1, 1, act))
    someone.where = Place(21)
    someone.press(action(Verb.DECIDE, 1, "y"), who=Person(21, "Zhao", "en"))
    someone.store.close()


def test_disputes_are_exported_in_the_corpus_format(run: Run, tmp_path: Path) -> None:
    """Each line is a labelled reply with its acts as upheld, and its status."""
    disputed(tmp_path / "drill.db")
    ran = run("disputes", "--json", LOBBY_DRILL_DB=str(tmp_path / "drill.db"))
    assert (ran.status, ran.err) == (0, "")
    fields = {"id", "lang", "source", "situation", "context", "text", "acts", "spans", "status"}
    assert all(fields <= set(row) for row in ran.objects)
    assert [(row["status"], row["acts"]) for row in ran.objects] == [
        ("upheld", ["apologize"]),
        ("waiting", ["apologize"]),
    ]
    ran = run("disputes", "--json", "--upheld", LOBBY_DRILL_DB=str(tmp_path / "drill.db"))
    assert [row["id"] for row in ran.objects] == ["dispute-0001"]
    assert run("evaluate", "-", given=ran.out).status == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_disputes_are_listed_for_people(run: Run, tmp_path: Path, lang: Lang) -> None:
    """Without `--json` they are read, in the language that was asked for."""
    disputed(tmp_path / "drill.db")
    say = texts(lang).say
    ran = run("disputes", "--lang", lang, LOBBY_DRILL_DB=str(tmp_path / "drill.db"))
    assert ran.status == 0
    for part in ("#1", "#2", "lost-card", "[apologize] [hush]", say("dispute_status_upheld")):
        assert part in ran.out
    ran = run("disputes", "--upheld", "--lang", lang, LOBBY_DRILL_DB=str(tmp_path / "drill.db"))
    assert "#2" not in ran.out


def test_no_disputes_is_no_error(run: Run, tmp_path: Path) -> None:
    """Without a database there are none, and none is made."""
    assert run("disputes", "--json", LOBBY_DRILL_DB=str(tmp_path / "no.db")).out == ""
    ran = run("disputes", "--lang", "en", LOBBY_DRILL_DB=str(tmp_path / "no.db"))
    assert (ran.status, ran.out) == (0, "There are no objections yet.\n")
    assert not (tmp_path / "no.db").exists()


# Help ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself_in_every_language(run: Run, command: Any, lang: Lang) -> None:
    """`--help` says what the command does and what each option is for."""
    ran = run(command.name, "--help", "--lang", lang)
    assert (ran.status, ran.err) == (0, "")
    shown = " ".join(ran.out.split()).replace(" ", "")
    for key in (f"cli_{command.name}", *(option.help for option in command.options)):
        assert texts(lang).say(key).replace(" ", "") in shown
    assert ran.out.rstrip() == explain(command, texts(lang)).rstrip()


def test_help_is_in_one_language() -> None:
    """Nothing of the Chinese help is left to the library's English words."""
    for command in COMMANDS:
        assert not re.search(r"usage|options|arguments|show this", explain(command, texts("zh")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_lists_every_command(run: Run, lang: Lang) -> None:
    """Without a command, and with `--help`, the commands are listed."""
    assert run("--lang", lang).out == run("--help", "--lang", lang).out
    assert all(f"  {command.name} " in overview(COMMANDS, texts(lang)) for command in COMMANDS)


def test_the_language_stands_before_or_after_the_command(run: Run) -> None:
    """`--lang` is understood anywhere."""
    assert run("--lang", "en", "scenarios").out == run("scenarios", "--lang=en").out
    assert run("scenarios", "--lang", "en").out != run("scenarios", "--lang", "zh").out


def test_the_settings_language_is_the_default(run: Run) -> None:
    """Without `--lang` the setting decides, and without that Chinese."""
    assert run("scenarios", LOBBY_DRILL_LANG="en").out == run("scenarios", "--lang", "en").out
    assert run("scenarios").out == run("scenarios", "--lang", "zh").out


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("lobby-drill ")


# Errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["dance"], ["dance", "--help"]),
        (["grade", "--nonsense"], ["--nonsense", "grade --help"]),
        (["grade", "extra"], ["extra"]),
        (["replay"], ["SCENARIO", "FILE"]),
        (["replay", "window-outage"], ["FILE"]),
        (["replay", "window-outage", "-", "--seed", "x"], ["--seed", "x"]),
        (["replay", "window-outage", "-", "--seed"], ["--seed"]),
        (["replay", "window-outage", "-", "--json=yes"], ["--json"]),
        (["replay", "window-outage", "-", "--difficulty", "mild"], ["mild", "easy, normal, hard"]),
        (["replay", "window-outage", "-", "--persona", "nobody"], ["nobody", "delivery_rider"]),
        (["replay", "nowhere", "-"], ["nowhere", "window-outage"]),
        (["replay", "window-outage", "missing.json"], ["missing.json"]),
        (["replay", "window-outage", "."], ["."]),
        (["replay", "window-outage", "x.json", "--batch", "-"], ["--batch"]),
        (["replay", "--batch", "missing.jsonl"], ["missing.jsonl"]),
        (["scenarios", "--lang", "fr"], ["--lang", "fr", "zh, en"]),
        (["check", "missing-folder"], ["missing-folder"]),
        (["backup"], ["FILE"]),
        (["backup", "copy.db"], ["lobby-drill.db"]),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_error_is_one_clear_line(run: Run, words: list[str], parts: list[str], lang: Lang) -> None:
    """What can't be done is said in one line on stderr, with exit status 2."""
    asked = words if "--lang" in words else [*words, "--lang", lang]
    refused(run(*asked, given="[]"), *parts)


@pytest.mark.parametrize(
    "given", ["", "{", "{}", "[1]", '"text"', "[[" * 100_000, '["\\ud800"]', b'["\xff"]', "1" * 5000]
)
def test_a_file_that_holds_no_replies_is_refused(run: Run, given: str | bytes) -> None:
    """Whatever stands in the file of replies, it is played or refused in one line."""
    refused(run("replay", "window-outage", "-", "--json", given=given))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOBBY_DRILL_TIMEZONE", "Mars/Olympus"),
        ("LOBBY_DRILL_LANG", "fr"),
        ("LOBBY_DRILL_TYPING", "long"),
        ("TELEGRAM_API_URL", "telegram.org"),
    ],
)
def test_a_malformed_setting_is_named(run: Run, name: str, value: str) -> None:
    """A setting that can't be used is one line, whichever the command."""
    for command in ("scenarios", "grade", "serve"):
        refused(run(command, **{name: value}), name)


def test_a_broken_env_file_is_named(run: Run, tmp_path: Path) -> None:
    """So is a line of `.env` that is none."""
    (tmp_path / ".env").write_text("LOBBY_DRILL_LANG=en\nwhat is this\n", encoding="utf-8")
    refused(run("scenarios"), ".env:2")


def test_serving_without_a_token_is_refused(run: Run) -> None:
    """The bot says that it needs a token."""
    refused(run("serve"), "TELEGRAM_BOT_TOKEN")


# grade -----------------------------------------------------------------------------------------------


def test_grade_answers_each_line_in_order(run: Run) -> None:
    """Each line of JSON gives its id and its acts, with offsets in characters of the text."""
    replies = ["😀真对不起，让您久等了", "您冷静一下", "", "I'm so sorry about the wait.", "今天天气不错"]
    given = "".join(json.dumps({"id": at, "text": text}) + "\n" for at, text in enumerate(replies))
    ran = run("grade", "--json", given=given)
    assert (ran.status, ran.err) == (0, "")
    assert [item["id"] for item in ran.objects] == list(range(len(replies)))
    for text, item in zip(replies, ran.objects, strict=True):
        assert set(item) == {"id", "acts"}
        for act in item["acts"]:
            assert list(act) == ["act", "evidence", "start", "end"]
            assert text[act["start"] : act["end"]] == act["evidence"]
    assert "apologize" in {act["act"] for act in ran.objects[0]["acts"]}
    assert "hush" in {act["act"] for act in ran.objects[1]["acts"]}
    assert [act["act"] for act in ran.objects[2]["acts"]] == ["listen"]


BAD_LINES = [
    "not json",
    "[]",
    '{"id": "a"}',
    '{"id": "b", "text": 5}',
    '{"id": "c", "text": "\\ud83d"}',
    '{"id": "d", "text": "x", "context": []}',
    "",
    "[" * 100_000,
]


def test_a_line_that_can_not_be_read_does_not_stop_the_rest(run: Run) -> None:
    """A bad line gives its id, if it has one, and an error; the lines after it are graded."""
    good = '{"id": "z", "text": "真对不起"}'
    ran = run("grade", "--json", "--lang", "zh", given="\n".join([*BAD_LINES, good]))
    assert ran.status == 0
    *bad, last = ran.objects
    assert [set(item) for item in bad] == [{"id", "error"}] * len(BAD_LINES)
    assert [item["id"] for item in bad] == [None, None, "a", "b", "c", "d", None, None]
    assert last["id"] == "z"
    assert last["acts"]


def test_a_line_that_is_no_utf8_does_not_stop_the_rest(run: Run) -> None:
    """Bytes of another encoding are that line's error."""
    good = '{"id": 2, "text": "真对不起"}'.encode()
    ran = run("grade", "--json", given='{"id": 1, "text": "真对不起"}'.encode("gb18030") + b"\r\n" + good)
    assert [set(item) for item in ran.objects] == [{"id", "error"}, {"id", "acts"}]


def test_any_id_comes_back(run: Run) -> None:
    """The id is repeated as it was, whatever it is."""
    ids = ["文", 7, 1.5, None, True, {"a": ["b"]}, "\ud800", "line\u2028end"]
    given = "\n".join(json.dumps({"id": each, "text": "嗯"}) for each in ids)
    assert [
        json.loads(line)["id"] for line in run("grade", "--json", given=given).out.split("\n")[:-1]
    ] == ids


@pytest.mark.parametrize("lang", LANGUAGES)
def test_grade_reads_plain_lines_for_people(run: Run, lang: Lang) -> None:
    """Without `--json` each line is shown with the names of its acts and the words that show them."""
    ran = run("grade", "--lang", lang, given="真对不起，让您久等了\n您冷静一下\n")
    assert texts(lang).acts["apologize"] in ran.out  # type: ignore[index]
    assert "✗ " + texts(lang).acts["hush"] in ran.out  # type: ignore[index]
    assert "\x1b" not in ran.out


# replay ----------------------------------------------------------------------------------------------


def test_replay_prints_one_object(run: Run) -> None:
    """With `--json` stdout holds one object and nothing else."""
    ran = run("replay", "window-outage", "--lang", "zh", "--json", str(DOCS / "replies-zh.json"))
    assert (ran.status, ran.err, len(ran.objects)) == (0, "", 1)
    assert ran.objects[0]["outcome"] == "resolved"
    assert (ran.objects[0]["persona"], ran.objects[0]["difficulty"], ran.objects[0]["seed"]) == (
        "delivery_rider",
        "normal",
        0,
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_replay_shows_the_talk_to_people(run: Run, lang: Lang) -> None:
    """Without `--json` there is a transcript with the talk, the acts and the scorecard."""
    path = DOCS / f"replies-{lang}.json"
    ran = run("replay", "window-outage", str(path), "--lang", lang)
    say = texts(lang).say
    for reply in json.loads(path.read_text(encoding="utf-8")):
        assert reply in ran.out
    for name in ("listen", "apologize_first", "ask", "resolve", "close", "conduct"):
        assert say(f"criterion_{name}") in ran.out
    assert texts(lang).states["resolved"] in ran.out  # type: ignore[index]


def test_replay_takes_seed_persona_and_difficulty(run: Run) -> None:
    """They are what the object says."""
    words = ["--persona", "shop_owner", "--difficulty", "hard", "--seed", "-3", "--json"]
    found = run("replay", "window-outage", *words, "-", given='["嗯"]').objects[0]
    assert (found["persona"], found["difficulty"], found["seed"]) == ("shop_owner", "hard", -3)


def test_replay_saves_the_picture(run: Run, tmp_path: Path) -> None:
    """`--picture` leaves a PNG, and says in one line where it can't."""
    replies = str(DOCS / "replies-zh.json")
    run("replay", "window-outage", replies, "--picture", "session.png")
    assert (tmp_path / "session.png").read_bytes().startswith(b"\x89PNG")
    refused(run("replay", "window-outage", replies, "--picture", "no/where.png"), "no/where.png")


def batch(*items: object) -> str:
    return "\n".join(
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items
    )


def test_a_batch_is_the_single_objects_with_their_ids(run: Run) -> None:
    """Each line gives what `replay --json` gives, and its id; twice the same bytes."""
    staff = json.loads((DOCS / "replies-zh.json").read_text(encoding="utf-8"))
    line = {"id": "one", "scenario": "window-outage", "lang": "zh", "seed": 4, "staff": staff}
    other = {**line, "id": 2, "difficulty": "easy", "persona": "shop_owner"}
    ran = run("replay", "--batch", "-", given=batch(line, other))
    single = run("replay", "window-outage", "--seed", "4", "--json", str(DOCS / "replies-zh.json"))
    assert ran.objects[0] == {"id": "one", **single.objects[0]}
    assert (ran.objects[1]["id"], ran.objects[1]["persona"]) == (2, "shop_owner")
    assert run("replay", "--batch", "-", given=batch(line, other)).out == ran.out


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"scenario": "nowhere"}, "nowhere"),
        ({"scenario": None}, "scenario"),
        ({"lang": "fr"}, "fr"),
        ({"lang": None}, "lang"),
        ({"staff": "hello"}, "staff"),
        ({"staff": [1]}, "staff"),
        ({"staff": None}, "staff"),
        ({"persona": "nobody"}, "nobody"),
        ({"seed": "1"}, "seed"),
        ({"seed": True}, "seed"),
        ({"difficulty": "mild"}, "mild"),
    ],
)
def test_a_batch_goes_on_after_a_line_that_can_not_be_played(run: Run, change: Any, part: str) -> None:
    """A bad line gives its id and an error that names what is wrong; the others are played."""
    good = {"id": "good", "scenario": "window-outage", "lang": "zh", "staff": []}
    ran = run("replay", "--batch", "-", given=batch(good, {**good, "id": "bad", **change}, "{", good))
    assert ran.status == 0
    assert [item["id"] for item in ran.objects] == ["good", "bad", None, "good"]
    assert set(ran.objects[1]) == {"id", "error"}
    assert part in ran.objects[1]["error"]


def test_a_batch_file_is_read(run: Run, tmp_path: Path) -> None:
    """The batch may stand in a file, with a byte order mark and Windows line ends."""
    line = batch({"id": 1, "scenario": "window-outage", "lang": "en", "staff": []})
    (tmp_path / "batch.jsonl").write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert run("replay", "--batch", "batch.jsonl").objects[0]["outcome"] == "unresolved"


# The others ------------------------------------------------------------------------------------------


def test_scenarios_as_json(run: Run) -> None:
    """Each scenario has id, title, cause, difficulty and languages."""
    found = {item["id"]: item for item in run("scenarios", "--json", "--lang", "en").objects[0]}
    assert {"window-outage", "passbook-real-name"} <= set(found)
    outage = found["window-outage"]
    assert (outage["cause"], outage["difficulty"], set(outage["languages"])) == (
        "system",
        "easy",
        {"zh", "en"},
    )


def test_the_shipped_content_has_no_errors(run: Run) -> None:
    """`check` finds nothing in what is shipped that keeps it from being played."""
    ran = run("check")
    assert ran.status == 0, ran.out


def test_findings_of_check_exit_1(run: Run, tmp_path: Path) -> None:
    """A problem is printed with file and line, and the status is 1."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "scenario.yaml").write_text("version: 1\nversion: 2\n", encoding="utf-8")
    ran = run("check", "mine", "--lang", "en")
    assert ran.status == 1
    assert "mine/scenario.yaml:2: error:" in ran.out


def test_diagram_prints_the_machine(run: Run) -> None:
    assert run("diagram").out == diagram().rstrip("\n") + "\n"


def doctor(run: Run, **environ: str) -> Ran:
    return run("doctor", "--lang", "en", **environ)


def test_doctor_finds_a_fresh_installation_well(run: Run) -> None:
    """With nothing set up but the program, all is well and the token is said to be optional."""
    ran = doctor(run)
    assert ran.status == 0, ran.out
    assert "TELEGRAM_BOT_TOKEN" in ran.out
    assert not any(line.startswith("✗") for line in ran.out.splitlines())


def test_doctor_is_kind_about_a_missing_network(run: Run) -> None:
    """A token that can't be checked is a finding that names the server and never the token."""
    ran = doctor(run, TELEGRAM_BOT_TOKEN="123:secret", TELEGRAM_API_URL="http://127.0.0.1:9")
    assert ran.status == 1
    assert "http://127.0.0.1:9 can't be reached" in ran.out
    assert "secret" not in ran.out + ran.err


@pytest.fixture
def telegram() -> Iterator[str]:
    """A Bot API server on the loopback that knows one token; gives its address."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/bot123:right/getMe"
            body = {"ok": True, "result": {"username": "lobby_bot"}} if known else {"ok": False}
            status = 200 if known else 502 if "down" in self.path else 401
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ("123:right", 0, "the bot is @lobby_bot"),
        ("123:wrong", 1, "Telegram does not know this token"),
        ("123:down", 1, "can't be reached (502)"),
    ],
)
def test_doctor_asks_telegram_about_the_token(
    run: Run, telegram: str, token: str, status: int, said: str
) -> None:
    """A valid token is named by its bot; a wrong one is a finding; a server in trouble is no verdict."""
    ran = doctor(run, TELEGRAM_BOT_TOKEN=token, TELEGRAM_API_URL=telegram)
    assert (ran.status, said in ran.out) == (status, True), ran.out
    assert token not in ran.out + ran.err


def test_doctor_reports_a_malformed_setting(run: Run) -> None:
    """A malformed setting is a finding among the others."""
    ran = doctor(run, LOBBY_DRILL_TIMEZONE="Mars/Olympus")
    assert ran.status == 1
    assert "✗ settings  LOBBY_DRILL_TIMEZONE" in ran.out
    assert "✓ weights" in ran.out


def test_doctor_looks_at_the_database(run: Run, tmp_path: Path) -> None:
    """Damage and readers other than the owner are findings; a sound private file is none."""
    path = tmp_path / "drill.db"
    path.write_bytes(b"this is no database" * 100)
    path.chmod(0o644)
    ran = doctor(run, LOBBY_DRILL_DB=str(path))
    assert ran.status == 1
    assert "is damaged" in ran.out
    assert f"chmod 600 {path}" in ran.out
    path.unlink()
    database(path)
    assert doctor(run, LOBBY_DRILL_DB=str(path)).status == 0


def database(path: Path, rows: int = 3) -> None:
    """A database as a running bot has it: in WAL mode, private."""
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE replies (text TEXT) STRICT")
        made.executemany("INSERT INTO replies VALUES (?)", [("真对不起",)] * rows)
        made.commit()
    path.chmod(0o600)


def rows_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as copied:
        return int(copied.execute("SELECT count(*) FROM replies").fetchone()[0])


def test_backup_copies_while_somebody_writes(run: Run, tmp_path: Path) -> None:
    """The copy has all that was committed, none of what was not, and is its owner's alone."""
    live = tmp_path / "live.db"
    database(live)
    with closing(sqlite3.connect(live)) as writer:
        writer.execute("INSERT INTO replies VALUES ('committed')")
        writer.commit()
        writer.execute("INSERT INTO replies VALUES ('not yet')")
        ran = run("backup", "copy.db", LOBBY_DRILL_DB=str(live))
        assert ran.status == 0, ran.err
    copy = tmp_path / "copy.db"
    assert rows_of(copy) == 4
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]


def test_backup_replaces_nothing_unasked(run: Run, tmp_path: Path) -> None:
    """A file that is there stays, unless `--force` is given; the live database stays in any case."""
    live = tmp_path / "live.db"
    database(live)
    (tmp_path / "copy.db").write_text("precious", encoding="utf-8")
    refused(run("backup", "copy.db", LOBBY_DRILL_DB=str(live)), "copy.db", "--force")
    assert (tmp_path / "copy.db").read_text(encoding="utf-8") == "precious"
    refused(run("backup", "live.db", "--force", LOBBY_DRILL_DB=str(live)), "live.db")
    assert run("backup", "copy.db", "--force", LOBBY_DRILL_DB=str(live)).status == 0
    assert rows_of(tmp_path / "copy.db") == 3


def test_backup_refuses_what_it_can_not_copy(run: Run, tmp_path: Path) -> None:
    """A damaged database and a missing folder are one line each, and leave nothing behind."""
    broken, live = tmp_path / "broken.db", tmp_path / "live.db"
    broken.write_bytes(b"this is no database" * 100)
    refused(run("backup", "copy.db", LOBBY_DRILL_DB=str(broken)), "broken.db")
    database(live)
    refused(run("backup", "no/where.db", LOBBY_DRILL_DB=str(live)), "no/where.db")
    assert {path.name for path in tmp_path.iterdir()} == {"broken.db", "live.db"}


# As a process ----------------------------------------------------------------------------------------


def start(*words: str, **environ: str) -> "subprocess.Popen[bytes]":
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1", **environ}
    return subprocess.Popen([sys.executable, "-m", "bot.cli", *words], cwd=ROOT, env=env, **pipes)  # type: ignore[call-overload, no-any-return]


def test_stdout_is_utf8_and_nothing_else() -> None:
    """Whatever the terminal's encoding, JSON comes out as UTF-8."""
    with start("grade", "--json") as process:
        out, err = process.communicate('{"id": "一", "text": "真对不起"}\n'.encode())
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out.decode("utf-8"))["id"] == "一"
    assert "真对不起".encode() in out


def test_answers_come_line_by_line() -> None:
    """A program that waits for each answer before it asks again is not kept waiting."""
    with start("grade", "--json") as process:
        assert process.stdin
        assert process.stdout
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "text": "嗯"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_reader_that_leaves_is_no_traceback() -> None:
    """A broken pipe ends the program in silence."""
    with start("diagram") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_an_interrupt_is_no_traceback() -> None:
    """Ctrl-C ends the program in silence."""
    with start("grade", "--json") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b'{"id": 1, "text": ""}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == b""


def test_help_does_not_load_the_grader() -> None:
    """Help is there at once: neither the network's library nor Telegram's is imported for it."""
    code = "import sys; from bot.cli import main; main(['--help']); print(sorted(sys.modules))"
    started = time.monotonic()
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    assert time.monotonic() - started < 5
    for module in ("onnxruntime", "telegram", "PIL", "transitions", "prompt_toolkit"):
        assert f"'{module}'" not in out
