"""Input as data: who did what, where; every surface makes these and nothing else."""

from dataclasses import dataclass
from typing import Literal

from dialogues.scenario import Scenario
from dialogues.turn import Reading


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a surface.

    Attributes:
        id: Telegram's user id; 0 for the person at the terminal.
        name: What they are called.
        language: Language of their client as a code ("zh-hans"), if known.
    """

    id: int
    name: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happens.

    Attributes:
        chat: Telegram's chat id; 0 for the terminal.
        kind: A private chat, a group, or the terminal.
        topic: Thread of a forum; 0 for none.
    """

    chat: int
    kind: Literal["private", "group", "terminal"] = "private"
    topic: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """``/name args``."""

    name: str
    args: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed; `action` may be anything, for it can be forged."""

    action: str


@dataclass(frozen=True, slots=True)
class Said:
    """Free text.

    Attributes:
        text: As it was written; masked before anything else happens to it.
        message: Id of the message in its chat; the same message is never heard twice. None if unknown.
    """

    text: str
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was said, on purpose."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A message that the coach can't hear.

    Attributes:
        kind: ``sticker``, ``photo``, ``voice``, ``video``, ``document``, ``location``, ``contact``,
            ``edited``; anything else is answered in general terms.
    """

    kind: str


What = Command | Press | Said | Silence | Unsupported


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a person did.

    Attributes:
        who: The person.
        where: The place.
        what: What they did.
        at: When, in seconds since 1970, by the surface's own reckoning; None for now. A reply that was
            sent before a time limit counts although it arrives after it.
    """

    who: Person
    where: Place
    what: What
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A reply that has to be graded before it can be handled: what `Reader.read` is given.

    Attributes:
        session: Which session it answers.
        number: Number of the turn that it will be.
        text: The reply, masked.
        context: The customer's last line.
        scenario: What the session is about; one and the same object for all its turns.
        earlier: The session's replies so far.
    """

    session: int
    number: int
    text: str
    context: str
    scenario: Scenario
    earlier: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A graded reply: the reading belongs to that session and turn and to no other."""

    pending: Pending
    reading: Reading
