"""What buttons say when they are pressed: a version, a verb and its arguments, at most 64 bytes.

Callback data can be forged, kept for months and pressed twice; therefore every action names what it
belongs to (a session and its turn, or the offer that may start one session), and each use case
answers an action whose time is over.
"""

from dataclasses import dataclass
from enum import StrEnum

_VERSION = "1"
_LIMIT = 64


class Verb(StrEnum):
    """What a button does, with its arguments."""

    MENU = "m"
    """offer, page: show that page of the scenarios."""
    PREFER = "o"
    """offer, page, preference, value: keep a preference, shown in the menu."""
    START = "s"
    """offer, scenario (empty for a surprise): start a session."""
    AGAIN = "a"
    """offer, session: the same scenario and persona once more."""
    BRANCH = "b"
    """offer, session, turn: go back to just before that turn."""
    CHOOSE = "n"
    """Show the scenarios."""
    LISTEN = "l"
    """session, turn: say nothing."""
    HINT = "h"
    """session, turn: ask for a hint."""
    RESUME = "c"
    """session: show where it stands."""
    LEAVE = "x"
    """session: end it and choose another."""
    TRANSCRIPT = "t"
    """session: show the whole conversation."""
    SCORECARD = "r"
    """session: show the scorecard."""
    DEBRIEF = "d"
    """session: show what the case teaches."""
    HISTORY = "y"
    """page: show earlier sessions."""
    UNFAIR = "f"
    """session, turn, how: ask what is unfair about a reply; without turn: about which."""
    CLAIM = "k"
    """session, turn, act: it was found wrongly, or missed."""
    DECIDE = "v"
    """dispute, y or n: agree or disagree."""
    REVIEW = "w"
    """dispute: show the one that waits behind it."""
    SET = "p"
    """preference, value: keep a preference, shown in the settings; without value: show its choices."""


@dataclass(frozen=True, slots=True)
class Action:
    """A pressed button.

    Attributes:
        verb: What it does.
        args: Arguments, unchecked.
    """

    verb: Verb
    args: tuple[str, ...]

    def number(self, index: int) -> int:
        """An argument as a number; 0, which nothing is called, where it is none."""
        text = self.args[index] if index < len(self.args) else ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0

    def word(self, index: int) -> str:
        """An argument as it is; empty where it is missing."""
        return self.args[index] if index < len(self.args) else ""


def action(verb: Verb, *args: object) -> str:
    """The callback data of a button.

    Raises:
        ValueError: It would be longer than Telegram takes.
    """
    data = ":".join([_VERSION + verb.value, *map(str, args)])
    if len(data.encode()) > _LIMIT:
        raise ValueError(f"callback data is longer than {_LIMIT} bytes: {data}")
    return data


def parse(data: str) -> Action | None:
    """The action of some callback data; None where no version of today made it."""
    head, *args = data[:_LIMIT].split(":")
    try:
        return Action(Verb(head.removeprefix(_VERSION)), tuple(args)) if head[:1] == _VERSION else None
    except ValueError:
        return None
