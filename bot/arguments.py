"""Commands and their options as data, parsed by argparse, explained in the person's language."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any, NoReturn

from bot.errors import CommandError
from dialogues.languages import LANGUAGES, Texts

PROGRAM = "lobby-drill"


@dataclass(frozen=True, slots=True)
class Option:
    """One option or one positional argument.

    Attributes:
        name: ``--seed``, or the argument's name as help shows it.
        help: Key of the message that explains it.
        value: Name of its value in help; empty for a switch.
        choices: What the value can be; empty for anything.
        whole: The value is a whole number.
    """

    name: str
    help: str
    value: str = ""
    choices: tuple[str, ...] = ()
    whole: bool = False

    @property
    def dest(self) -> str:
        """Under which name the value is found after parsing."""
        return self.name.lstrip("-").replace("-", "_").lower()

    @property
    def positional(self) -> bool:
        """Whether it is an argument and no option."""
        return not self.name.startswith("-")

    def check(self, value: Any) -> Any:
        """The value as its kind.

        Raises:
            CommandError: It is of another kind, or none of the choices.
        """
        if value is None or isinstance(value, bool):
            return value
        if self.choices and value not in self.choices:
            raise CommandError("cli_one_of", name=self.name, value=value, choices=", ".join(self.choices))
        if self.whole:
            try:
                return int(value)
            except ValueError as error:
                raise CommandError("cli_whole_number", name=self.name, value=value) from error
        return value


LANG = Option("--lang", "cli_lang", value="LANG", choices=LANGUAGES)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name and options; ``cli_<name>`` is the message that explains it.

    Attributes:
        name: As it is typed.
        run: Carries it out; returns the exit status.
        options: Beside ``--lang`` and ``--help``, in the order in which help shows them.
    """

    name: str
    run: Callable[[Any], int]
    options: tuple[Option, ...] = field(default=())


class _Parser(argparse.ArgumentParser):
    """A parser that reports errors to the caller instead of leaving."""

    def error(self, message: str) -> NoReturn:
        raise CommandError("cli_unknown_words", words=message, command="")


def _help_class(texts: Texts) -> type[argparse.HelpFormatter]:
    class Formatter(argparse.RawDescriptionHelpFormatter):
        def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
            super().add_usage(usage, actions, groups, prefix or texts.say("cli_usage"))

    return Formatter


VERSION = Option("--version", "cli_version")


def _parser(texts: Texts, program: str, usage: str, options: Sequence[Option], **given: Any) -> _Parser:
    parser = _Parser(
        prog=program,
        usage=usage.replace("%", "%%"),
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
        formatter_class=_help_class(texts),
        **given,
    )
    arguments = parser.add_argument_group(texts.say("cli_arguments"))
    others = parser.add_argument_group(texts.say("cli_options"))
    for option in options:
        explained = texts.say(option.help).replace("%", "%%")
        if option.positional:
            arguments.add_argument(option.dest, metavar=option.name, nargs="?", help=explained)
        elif option.value:
            others.add_argument(option.name, metavar=option.value, help=explained)
        else:
            others.add_argument(option.name, action="store_true", help=explained)
    others.add_argument("-h", "--help", action="store_true", help=texts.say("cli_help"))
    return parser


def _usage(program: str, options: Sequence[Option]) -> str:
    words = [program]
    for option in sorted(options, key=lambda option: option.positional):
        word = option.name if option.positional or not option.value else f"{option.name} {option.value}"
        words.append(f"[{word}]")
    return " ".join(words)


def overview(commands: Sequence[Command], texts: Texts) -> str:
    """Help for the whole program."""
    width = max(len(command.name) for command in commands)
    rows = [f"  {command.name:<{width}}  {texts.say(f'cli_{command.name}')}" for command in commands]
    listed = "\n".join([f"{texts.say('cli_commands')}:", *rows, "", texts.say("cli_more")])
    usage = f"{PROGRAM} [--lang LANG] {texts.say('cli_placeholder')} …"
    parser = _parser(
        texts, PROGRAM, usage, (LANG, VERSION), description=texts.say("cli_about"), epilog=listed
    )
    return parser.format_help()


def explain(command: Command, texts: Texts) -> str:
    """Help for one command."""
    return _for(command, texts).format_help()


def _for(command: Command, texts: Texts) -> _Parser:
    options = (*command.options, LANG)
    program = f"{PROGRAM} {command.name}"
    usage = _usage(program, options)
    return _parser(texts, program, usage, options, description=texts.say(f"cli_{command.name}"))


def parse(command: Command, words: Sequence[str], texts: Texts) -> argparse.Namespace:
    """A command's values by the names of its options; None for what was not given.

    Raises:
        CommandError: A word is not understood, a value is missing or of the wrong kind.
    """
    try:
        found, unknown = _for(command, texts).parse_known_args(list(_ordered(command, words)))
    except argparse.ArgumentError as error:
        valued = {option.name for option in (*command.options, LANG) if option.value}
        key = "cli_wants_value" if error.argument_name in valued else "cli_takes_no_value"
        raise CommandError(key, name=error.argument_name, command=command.name) from error
    unknown = [word for word in unknown if word != "--"]
    if unknown:
        raise CommandError("cli_unknown_words", words=" ".join(unknown), command=command.name)
    for option in () if found.help else (*command.options, LANG):
        setattr(found, option.dest, option.check(getattr(found, option.dest)))
    return found


def _ordered(command: Command, words: Sequence[str]) -> Iterator[str]:
    """The options first, then the arguments: argparse loses an argument that stands behind an option."""
    valued = {option.name for option in (*command.options, LANG) if option.value and not option.positional}
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            arguments.extend(rest)
        elif word.startswith("-") and word != "-":
            yield word
            if word in valued:
                yield from islice(rest, 1)
        else:
            arguments.append(word)
    if arguments:
        yield "--"
        yield from arguments


def program_version() -> str:
    """The installed version; a question mark where the program runs from a folder of its sources."""
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "?"
