"""The table of commands: help, menus and what is run all follow from its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot import choosing, deciding, playing, preferences, progress
from bot.answers import practice_button
from bot.desk import Visit
from bot.messages import Button, Markup, Message, bold, code, lines, paragraphs
from dialogues.languages import texts
from dialogues.scenario import Lang

Scope = Literal["private", "group", "terminal"]
"""Where a command is given; the kinds of `bot.inputs.Place`."""

PRIVATE: frozenset[Scope] = frozenset({"private", "terminal"})
EVERYWHERE: frozenset[Scope] = frozenset({"private", "group", "terminal"})
TERMINAL: frozenset[Scope] = frozenset({"terminal"})


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        name: What follows the slash.
        scope: Where it is given.
        run: The use case; None where the surface sees to it.
        listed: Whether help and menus name it.
        owners: Whether it is named to the owners alone.
    """

    name: str
    scope: frozenset[Scope]
    run: Callable[[Visit], list[Message]] | None
    listed: bool = True
    owners: bool = False

    @property
    def help(self) -> str:
        """Key of the sentence that says what it does."""
        return f"help_{self.name}"

    def named(self, scope: Scope, *, owner: bool) -> bool:
        """Whether help and menus name it to somebody at a place."""
        return self.listed and scope in self.scope and (owner or not self.owners)


def start(visit: Visit) -> list[Message]:
    """Greet, and show what can be played."""
    if visit.place.kind == "group":
        return in_private(visit)
    return choosing.choose(visit, greeting=True)


def help_(visit: Visit) -> list[Message]:
    """What this is, how it is played, and every command of the place."""
    known = [
        Markup(" ").join([code(f"/{command.name}"), visit.say(command.help)])
        for command in COMMANDS
        if command.named(visit.place.kind, owner=visit.is_owner)
    ]
    buttons = ((practice_button(visit),),) if visit.place.kind != "group" else _door(visit)
    how = "help_how_terminal" if visit.place.kind == "terminal" else "help_how"
    return [
        Message(
            paragraphs(bold(visit.say("help_title")), visit.say(how), lines(*known)),
            buttons=buttons,
        )
    ]


def in_private(visit: Visit) -> list[Message]:
    """Practising alone is done in the private chat."""
    return [Message(visit.say("in_private"), buttons=_door(visit))]


def _door(visit: Visit) -> tuple[tuple[Button, ...], ...]:
    return ((Button(visit.say("button_private"), start="practice"),),)


COMMANDS: tuple[Command, ...] = (
    Command("start", EVERYWHERE, start, listed=False),
    Command("practice", PRIVATE, choosing.choose),
    Command("hint", PRIVATE, playing.hint),
    Command("progress", PRIVATE, progress.progress),
    Command("history", PRIVATE, progress.history),
    Command("settings", PRIVATE, preferences.settings),
    Command("disputes", PRIVATE, deciding.disputes, owners=True),
    Command("cancel", EVERYWHERE, playing.cancel),
    Command("picture", TERMINAL, None),
    Command("help", EVERYWHERE, help_),
    Command("quit", TERMINAL, None),
)
"""Every command, in the order of menus and help."""


def find(name: str) -> Command | None:
    """The command with that name."""
    return next((command for command in COMMANDS if command.name == name), None)


def menu(scope: Scope, lang: Lang, *, owner: bool = False) -> list[tuple[str, str]]:
    """A scope's command menu, for an owner or for everybody: names and what they do."""
    say = texts(lang).say
    return [(command.name, say(command.help)) for command in COMMANDS if command.named(scope, owner=owner)]
