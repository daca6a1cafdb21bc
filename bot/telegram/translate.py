"""From Telegram's updates to the coach's input, and to the masked text that is kept until it is done."""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatType

from bot.inputs import Command, Input, Person, Place, Press, Said, Silence, Unsupported, What
from dialogues.masking import mask

KINDS: dict[str, str] = {
    "sticker": "sticker",
    "photo": "photo",
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "voice": "voice",
    "audio": "voice",
    "document": "document",
    "venue": "location",
    "location": "location",
    "contact": "contact",
}
"""What the coach calls the kinds of message that it can't hear; the first that a message has counts."""

ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
"""The updates that Telegram is asked for."""

_PLACES: dict[str, Literal["private", "group"]] = {
    ChatType.PRIVATE: "private",
    ChatType.GROUP: "group",
    ChatType.SUPERGROUP: "group",
}
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>[A-Za-z0-9_]+))?(?=\s|$)")
_ABSENT = frozenset({ChatMember.LEFT, ChatMember.BANNED})
_WHATS: dict[str, type[What]] = {kind.__name__: kind for kind in (Command, Press, Said, Silence, Unsupported)}


@dataclass(frozen=True, slots=True)
class Tap:
    """A press on a button.

    Attributes:
        query: Id by which it is answered.
        message: Number of the message that has the button; None where Telegram shows it no more.
    """

    query: str
    message: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """An update as it is kept and handled.

    Attributes:
        id: Telegram's number of the update.
        chat: Whose turn it is: updates of one chat are handled one after the other.
        given: What somebody did.
        tap: The button that they did it with.
        here: For a change of the bot's own standing: whether it may write to the chat now.
    """

    id: int
    chat: int
    given: Input | None = None
    tap: Tap | None = None
    here: bool | None = None

    def __repr__(self) -> str:
        """Numbers only: it may be logged."""
        return f"<update {self.id} of chat {self.chat}>"

    def dump(self) -> str:
        """As JSON, for keeping."""
        body: dict[str, Any] = {"chat": self.chat, "here": self.here}
        if self.given is not None:
            who, where, what = self.given.who, self.given.where, self.given.what
            values = [getattr(what, name) for name in what.__match_args__]
            body |= {
                "who": [who.id, who.name, who.language],
                "where": [where.chat, where.kind, where.topic],
                "what": [type(what).__name__, *values],
                "at": self.given.at,
            }
        if self.tap is not None:
            body["tap"] = [self.tap.query, self.tap.message]
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, update: int, body: str) -> "Delivery":
        """The delivery that was kept.

        Raises:
            ValueError: It was not kept by this version or an earlier one.
        """
        try:
            kept = json.loads(body)
            given = None
            if "who" in kept:
                kind, *values = kept["what"]
                given = Input(Person(*kept["who"]), Place(*kept["where"]), _WHATS[kind](*values), kept["at"])
            tap = Tap(*kept["tap"]) if "tap" in kept else None
            return cls(update, kept["chat"], given, tap, kept["here"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"update {update} can't be read") from error


def translate(update: Update, username: str, now: float) -> Delivery | None:
    """What an update means; None where it is nothing to us.

    Every text of a person is masked in it.

    Args:
        update: The update.
        username: The bot's own name, for commands that name a bot.
        now: When it came, in seconds since 1970.
    """
    if (query := update.callback_query) is not None:
        return _press(update.update_id, query, now)
    if (change := update.my_chat_member) is not None:
        return _standing(update.update_id, change)
    if (message := update.message) is not None:
        return _message(update.update_id, message, _meaning(message, username))
    if (message := update.edited_message) is not None and message.text:
        return _message(update.update_id, message, Unsupported("edited"))
    return None


def _press(number: int, query: CallbackQuery, now: float) -> Delivery | None:
    message = query.message
    place = _place(message.chat, message) if message else None
    if message is None or place is None:
        return None
    seen = message.message_id if message.is_accessible else None
    given = Input(_person(query.from_user), place, Press(query.data or ""), now)
    return Delivery(number, place.chat, given, Tap(query.id, seen))


def _standing(number: int, change: ChatMemberUpdated) -> Delivery:
    return Delivery(number, change.chat.id, here=change.new_chat_member.status not in _ABSENT)


def _message(number: int, message: Message, what: What | None) -> Delivery | None:
    place = _place(message.chat, message)
    sender = message.from_user
    if what is None or place is None or sender is None or sender.is_bot:
        return None
    return Delivery(number, place.chat, Input(_person(sender), place, what, message.date.timestamp()))


def _meaning(message: Message, username: str) -> What | None:
    text = message.text
    if text is None:
        return _other(message)
    command = _COMMAND.match(text)
    if command is None:
        return Said(mask(text), message.message_id)
    if command["bot"] and command["bot"].lower() != username.lower():
        return None
    return Command(mask(command["name"].lower()), mask(text[command.end() :].strip()))


def _other(message: Message) -> What | None:
    for field, kind in KINDS.items():
        if getattr(message, field):
            return Unsupported(kind)
    return Unsupported("other") if message.effective_attachment else None


def _person(user: User) -> Person:
    return Person(user.id, mask(user.full_name), user.language_code)


def _place(chat: Chat, message: object) -> Place | None:
    kind = _PLACES.get(chat.type)
    if kind is None:
        return None
    topic = 0
    if isinstance(message, Message) and message.is_topic_message:
        topic = message.message_thread_id or 0
    return Place(chat.id, kind, topic)
