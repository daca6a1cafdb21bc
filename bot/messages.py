"""Output as data: what is to be shown, for any surface to render.

Text is `Markup`: a small subset of HTML (``<b>``, ``<i>``, ``<code>``, ``<blockquote>``) in which
everything that a person or a content file wrote has been escaped. `bot.render` turns it into
Telegram's HTML or into terminal text.
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import SupportsIndex

from dialogues.languages import Texts


class Markup(str):
    """Text that is ready to be rendered; made by the helpers below, never by hand."""

    __slots__ = ()

    def __add__(self, other: str) -> "Markup":
        return Markup(str.__add__(self, escape(other)))

    def join(self, parts: Iterable[str], /) -> "Markup":
        """The parts with this between them; what is plain among them is escaped."""
        return Markup(str.join(self, (escape(part) for part in parts)))

    def strip(self, chars: str | None = None, /) -> "Markup":
        """Without white space (or the given characters) at the ends."""
        return Markup(str.strip(self, chars))

    def __getitem__(self, key: SupportsIndex | slice, /) -> str:
        """A cut may go through a tag, so that it is plain text again."""
        return str.__getitem__(self, key)


def escape(text: object) -> Markup:
    """Any value as markup: markup stays, everything else is shown as it is written."""
    return text if isinstance(text, Markup) else Markup(html.escape(str(text), quote=False))


def bold(text: object) -> Markup:
    """Strong."""
    return Markup(f"<b>{escape(text)}</b>")


def italic(text: object) -> Markup:
    """Slanted."""
    return Markup(f"<i>{escape(text)}</i>")


def code(text: object) -> Markup:
    """Letter by letter, as for commands."""
    return Markup(f"<code>{escape(text)}</code>")


def aside(text: object) -> Markup:
    """Set off from the conversation: the coach's word between the customer's."""
    return Markup(f"<blockquote>{escape(text)}</blockquote>")


def lines(*parts: str | None) -> Markup:
    """One under the other; what is None or empty leaves no gap."""
    return Markup("\n").join(part for part in parts if part)


def paragraphs(*parts: str | None) -> Markup:
    """One under the other with a free line between; what is None or empty leaves no gap."""
    return Markup("\n\n").join(part for part in parts if part)


def say(texts: Texts, key: str, /, **values: object) -> Markup:
    """A message of the language files as markup, its values escaped.

    Raises:
        KeyError: There is no such message, or a placeholder has no value.
    """
    return Markup(texts.say(key, **{name: escape(value) for name, value in values.items()}))


class Kind(StrEnum):
    """Who speaks, and how loudly."""

    CUSTOMER = "customer"
    """The customer, in role; surfaces may show "typing…" before it."""
    COACH = "coach"
    """Out of role."""
    TOAST = "toast"
    """A short answer to a tap, plain text up to 200 characters; over the chat where the surface can."""


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message; exactly one of the last three is given.

    Attributes:
        label: What it says; plain text, not markup.
        action: Comes back as `Press.action`; at most 64 bytes.
        url: A page that it opens.
        start: Opens the private chat with the bot, which hears ``/start`` with this parameter.
    """

    label: str
    action: str = ""
    url: str = ""
    start: str = ""


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to be shown.

    Attributes:
        text: What it says (a toast: plain text in markup's spelling).
        kind: Who speaks.
        buttons: Choices under it, in rows.
        step: Names the step that the buttons belong to, for a later `retires`; empty where they stay.
        retires: Steps that are over: their messages lose their buttons before this is shown.
        replaces: Put this in place of the message whose button was pressed, where the surface can.
        picture: Id of the session whose picture is shown with it, if any.
        force_reply: Placeholder of the field in which an answer is expected; empty for none.
        stale: Seconds after which it is not worth showing any more; None for always.
        quiet: Shown without a sound.
    """

    text: Markup
    kind: Kind = Kind.COACH
    buttons: Rows = ()
    step: str = ""
    retires: tuple[str, ...] = ()
    replaces: bool = False
    picture: int | None = None
    force_reply: str = ""
    stale: float | None = None
    quiet: bool = False


def toast(text: Markup, *, retires: tuple[str, ...] = ()) -> Message:
    """A short answer to a tap."""
    return Message(text, kind=Kind.TOAST, retires=retires)


def retiring(said: list[Message], *steps: str) -> list[Message]:
    """Messages, the first of which also ends some steps."""
    return [replace(said[0], retires=(*said[0].retires, *steps)), *said[1:]]


_PAUSE_LEAST, _PAUSE_LETTER, _PAUSE_MOST = 0.5, 0.06, 2.5


def pause(message: Message, typing: float | None) -> float:
    """Seconds of "typing…" before a message.

    Args:
        message: What is about to be shown.
        typing: Seconds that a customer's line takes; None for lifelike (by its length), 0 for none.
    """
    if message.kind is not Kind.CUSTOMER:
        return 0.0
    if typing is not None:
        return typing
    return min(_PAUSE_MOST, _PAUSE_LEAST + _PAUSE_LETTER * len(message.text.encode("gbk", "replace")) / 2)
