"""``lobby-drill``: the table of commands, and one thin function for each.

Exit status: 0 where all is well, 1 for findings of ``check`` and ``doctor``, 2 for errors (one line on
stderr). What is meant for programs is JSON in UTF-8, alone on stdout.
"""

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.arguments import LANG, PROGRAM, Command, Option, explain, overview, parse, program_version
from bot.call import Call, show
from bot.errors import BotError, CommandError, SettingsError
from bot.settings import ENV_FILE, Settings
from dialogues.errors import ContentError, DialogueError, WeightsError
from dialogues.languages import LANGUAGES, texts
from dialogues.scenario import DIFFICULTIES, Lang
from state.errors import StateError, StoreError

if TYPE_CHECKING:
    from bot.replay import Play, Player
    from dialogues.grading.reading import Reader
    from state.session import Setup

FINDINGS, ERROR, INTERRUPTED, CLOSED = 1, 2, 130, 141


def _practice(call: Call) -> int:
    from bot import terminal

    if call.args.scenario is not None:
        _setup(call)
    return terminal.practice(call)


def _serve(call: Call) -> int:
    from bot.telegram import app

    app.serve(call.settings, call.environ)
    return 0


def _grade(call: Call) -> int:
    from bot.jsonlines import Fields, answers, dump
    from bot.replay import span
    from bot.report import graded

    grader = _reader().grader

    def answer(fields: Fields) -> dict[str, Any]:
        text = fields.text("text")
        found = grader.grade(text, fields.text("context", "")).evidence
        return {"acts": [span(text, item.act, item.start, item.end) for item in found]}

    if call.args.json:
        show(map(dump, answers(_lines(sys.stdin.buffer), answer, call.texts)))
        return 0
    for raw in _lines(sys.stdin.buffer):
        text = _decoded(raw)
        show(graded(text, grader.grade(text).evidence, call.texts, call.paint))
    return 0


def _replay(call: Call) -> int:
    from bot.replay import Player

    args = call.args
    if args.batch is not None:
        if any(value is not None for value in (args.scenario, args.file, *map(vars(args).get, _ALONE))):
            raise CommandError("cli_batch_alone")
        return _replay_batch(call, Player(call.library, _reader()))
    missing = [option.name for option in (SCENARIO, REPLIES) if vars(args)[option.dest] is None]
    if missing:
        raise CommandError("cli_missing", names=", ".join(missing), command="replay")
    setup, staff = _setup(call), _replies(args.file)
    play = Player(call.library, _reader()).play(setup, staff)
    if args.picture:
        _write(Path(args.picture), _picture(play))
    _show_play(call, play)
    return 0


_ALONE = ("persona", "difficulty", "seed", "picture")


def _setup(call: Call) -> "Setup":
    """What the arguments ask for.

    Raises:
        CommandError: There is no such thing; the error names what there is.
    """
    from bot.replay import setup_for

    args = call.args
    return setup_for(
        call.library, args.scenario, call.lang, args.persona, args.difficulty or "normal", args.seed or 0
    )


def _show_play(call: Call, play: "Play") -> None:
    from bot.jsonlines import dump
    from bot.report import transcript

    show([dump(play.data())] if call.args.json else transcript(play, call.texts, call.paint))


def _picture(play: "Play") -> bytes:
    from bot.pictures import session_picture

    setup = play.session.setup
    return session_picture(play.session.turns, play.card, setup.scenario, setup.persona, setup.lang)


def _replay_batch(call: Call, player: "Player") -> int:
    from bot.jsonlines import Fields, answers, dump
    from bot.replay import setup_for

    def answer(fields: Fields) -> dict[str, Any]:
        setup = setup_for(
            player.library,
            fields.text("scenario"),
            LANG.check(fields.text("lang")),
            fields.text("persona", None),
            fields.text("difficulty", "normal"),
            fields.number("seed", 0),
        )
        return player.play(setup, fields.texts("staff")).data()

    with _opened(call.args.batch) as source:
        show(map(dump, answers(_lines(source), answer, call.texts)))
    return 0


def _evaluate(call: Call) -> int:
    from bot.evaluation import data, judge, report
    from bot.jsonlines import dump
    from dialogues.grading.evaluation import read

    if call.args.file is None:
        raise CommandError("cli_missing", names=LABELLED.name, command="evaluate")
    with _opened(call.args.file) as source:
        rows = read(map(_decoded, _lines(source)), call.args.file)
    judged = judge(_reader().grader, rows)
    show([dump(data(rows, judged))] if call.args.json else report(rows, judged, call.texts))
    return 0


def _scenarios(call: Call) -> int:
    from bot.jsonlines import dump
    from bot.report import scenario_row, title

    found = call.library.scenarios.values()
    if call.args.json:
        show(
            [
                dump(
                    [
                        {
                            "id": scenario.id,
                            "title": title(scenario, call.lang),
                            "cause": scenario.cause,
                            "difficulty": scenario.difficulty,
                            "languages": list(scenario.words),
                            "personas": list(scenario.personas),
                        }
                        for scenario in found
                    ]
                )
            ]
        )
    else:
        for scenario in found:
            show(scenario_row(scenario, call.lang, call.texts, call.paint))
    if call.library.problems:
        _complain(call.texts.say("cli_left_out", count=len(call.library.problems)))
    return 0


def _check(call: Call) -> int:
    from dialogues.lint import lint, lint_all

    path = call.args.path
    try:
        problems = lint(Path(path), call.lang) if path else lint_all(call.settings.scenarios, call.lang)
    except ContentError as error:
        raise CommandError("cli_cannot_read", file=error.file, reason=error.message) from error
    show(map(str, problems))
    errors = sum(problem.severity == "error" for problem in problems)
    key = "lint_summary" if problems else "lint_fine"
    call.say(key, errors=errors, warnings=len(problems) - errors)
    return FINDINGS if errors else 0


def _diagram(call: Call) -> int:
    from state.machine import diagram

    show([diagram().rstrip("\n")])
    return 0


def _doctor(call: Call) -> int:
    from bot.doctor import examine

    broken = 0
    for finding in examine(lambda: call.settings, call.environ, call.lang):
        show([str(finding)])
        broken += not finding.fine
    call.say("doctor_sick" if broken else "doctor_well", count=broken)
    return FINDINGS if broken else 0


def _disputes(call: Call) -> int:
    from bot.jsonlines import dump
    from bot.objections import report, rows
    from state.store import Status, Store

    file, known = call.settings.database_file(call.environ), []
    if file.exists():
        store = Store.open(file)
        try:
            known = store.disputes.all()
        finally:
            store.close()
    if call.args.json:
        show(map(dump, rows(known, upheld=call.args.upheld)))
        return 0
    listed = [it for it in known if it.status is Status.UPHELD or not call.args.upheld]
    show(report(listed, call.settings.zone, call.texts, call.paint))
    if not listed:
        call.say("cli_disputes_none")
    return 0


def _backup(call: Call) -> int:
    from state.backup import copy

    if call.args.file is None:
        raise CommandError("cli_missing", names=COPY.name, command="backup")
    source, target = call.settings.database_file(call.environ), Path(call.args.file)
    if not source.exists():
        raise CommandError("cli_backup_none", file=source)
    if target.exists():
        if target.samefile(source):
            raise CommandError("cli_backup_same", file=target)
        if not call.args.force:
            raise CommandError("cli_backup_exists", file=target)
    try:
        copy(source, target)
    except StoreError as error:
        raise CommandError("cli_backup_broken", file=source, reason=error) from error
    except OSError as error:
        raise CommandError("cli_cannot_write", file=target, reason=_reason(error)) from error
    call.say("cli_backup_done", file=target, size=f"{target.stat().st_size / 1024:,.0f} KB")
    return 0


SCENARIO = Option("SCENARIO", "cli_arg_scenario")
PERSONA = Option("--persona", "cli_arg_persona", value="PERSONA")
DIFFICULTY = Option("--difficulty", "cli_arg_difficulty", value="LEVEL", choices=tuple(DIFFICULTIES))
SEED = Option("--seed", "cli_arg_seed", value="N", whole=True)
MODE = Option("--mode", "cli_arg_mode", value="MODE", choices=("coach", "exam"))
JSON = Option("--json", "cli_arg_json")
REPLIES = Option("FILE", "cli_arg_replies")
LABELLED = Option("FILE", "cli_arg_labelled")
COPY = Option("FILE", "cli_arg_backup")

COMMANDS = (
    Command("practice", _practice, (SCENARIO, PERSONA, DIFFICULTY, SEED, MODE)),
    Command("serve", _serve),
    Command("grade", _grade, (Option("--json", "cli_arg_grade_json"),)),
    Command(
        "replay",
        _replay,
        (
            SCENARIO,
            REPLIES,
            PERSONA,
            DIFFICULTY,
            SEED,
            JSON,
            Option("--picture", "cli_arg_picture", value="PNG"),
            Option("--batch", "cli_arg_batch", value="FILE"),
        ),
    ),
    Command("evaluate", _evaluate, (LABELLED, JSON)),
    Command("scenarios", _scenarios, (JSON,)),
    Command("check", _check, (Option("PATH", "cli_arg_path"),)),
    Command("diagram", _diagram),
    Command(
        "disputes",
        _disputes,
        (Option("--upheld", "cli_arg_upheld"), Option("--json", "cli_arg_disputes_json")),
    ),
    Command("doctor", _doctor),
    Command("backup", _backup, (COPY, Option("--force", "cli_arg_force"))),
)
"""Every command; help and the README's table follow from it."""


# Reading and writing ---------------------------------------------------------------------------------


def _reader() -> "Reader":
    from dialogues.grading.reading import Reader

    return Reader.load()


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file to read; ``-`` is standard input."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise CommandError("cli_cannot_read", file=name, reason=_reason(error)) from error
        yield file


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """The lines of a source, without their ends."""
    for line in source:
        yield line.rstrip(b"\r\n")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("cli_not_utf8") from error


def _replies(name: str) -> list[str]:
    from bot.jsonlines import parse as parse_json
    from bot.jsonlines import texts as array

    with _opened(name) as source:
        raw = source.read()
    return array(parse_json(raw), CommandError("cli_not_replies"), name)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandError("cli_cannot_write", file=path, reason=_reason(error)) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


# Starting --------------------------------------------------------------------------------------------


def main(words: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run a command line.

    Args:
        words: What follows the program's name; by default what the process was started with.
        environ: The environment.

    Returns:
        The exit status.
    """
    words = sys.argv[1:] if words is None else words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    say = texts(_language(words, environ)).say
    try:
        status = _run(words, environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read stdout has gone; what is still in the buffer must not be tried again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except CommandError as error:
        return _fail(say("cli_error", message=say(error.key, **error.values)))
    except WeightsError as error:
        return _fail(say("cli_error", message=say("cli_weights", reason=error)))
    except (BotError, StateError, DialogueError) as error:
        return _fail(say("cli_error", message=error))
    except OSError as error:
        return _fail(say("cli_error", message=say("cli_interrupted_output", reason=_reason(error))))
    except Exception as error:
        if environ.get("LOBBY_DRILL_LOG_LEVEL", "").upper() == "DEBUG":
            raise
        return _fail(say("cli_error", message=say("cli_bug", reason=repr(error))))
    return status


def _fail(message: str) -> int:
    _complain(message)
    return ERROR


def _complain(message: str) -> None:
    """One line on stderr."""
    print(" ".join(message.split()), file=sys.stderr)


def _run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    front, name, rest = _split(words)
    lang = _language(words, environ)
    commands = {command.name: command for command in COMMANDS}
    if name is not None and name not in commands:
        raise CommandError("cli_no_command", command=name)
    if name is None:
        return _run_alone(front, lang)
    command = commands[name]
    args = parse(command, [*front, *rest], texts(lang))
    if args.help:
        show([explain(command, texts(lang)).rstrip()])
        return 0
    call = Call(args, lang, environ)
    if args.lang is None and command.run is not _doctor:
        _ = call.settings  # the language is one of them: a malformed one must not pass in silence
    return command.run(call)


def _run_alone(front: Sequence[str], lang: Lang) -> int:
    """No command: the version, or help."""
    if "--version" in front:
        show([f"{PROGRAM} {program_version()}"])
        return 0
    known = {"-h", "--help", LANG.name, lang, f"{LANG.name}={lang}"}
    unknown = [word for word in front if word not in known]
    if unknown:
        raise CommandError("cli_unknown_words", words=" ".join(unknown), command="")
    show([overview(COMMANDS, texts(lang)).rstrip()])
    return 0


def _split(words: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Options before the command, the command, and what follows it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] == LANG.name else 1
    return list(words[:at]), words[at] if at < len(words) else None, list(words[at + 1 :])


def _language(words: Sequence[str], environ: Mapping[str, str]) -> Lang:
    """The language that is asked for, or that of the settings, or the first."""
    for at, word in enumerate(words):
        value = words[at + 1] if word == LANG.name and at + 1 < len(words) else word.removeprefix("--lang=")
        if word.startswith(LANG.name) and value in LANGUAGES:
            return value
    try:
        return Settings.read(environ, Path(ENV_FILE)).lang
    except SettingsError:
        return LANGUAGES[0]


if __name__ == "__main__":
    sys.exit(main())
