"""From the coach's messages to calls of the Bot API, as they wait in the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.inputs import Place
from bot.messages import Button, Kind, Message, pause
from bot.render import plain, telegram_parts, telegram_units
from state.store import Outbox

SEND = "sendMessage"
PHOTO = "sendPhoto"
EDIT = "editMessageText"
STRIP = "editMessageReplyMarkup"

CAPTION_UNITS = 1024
TOAST_LETTERS = 200
PLACEHOLDER_LETTERS = 64
"""What Telegram takes."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Writes messages into the outbox, in the transaction of what they tell.

    Attributes:
        outbox: Where they wait.
        username: Gives the bot's name, for links that open it.
        typing: Seconds that a customer's line takes; None for lifelike.
    """

    outbox: Outbox
    username: Callable[[], str]
    typing: float | None

    def post(self, where: Place, messages: list[Message], now: float, pressed: int | None = None) -> str:
        """Have messages sent; gives the words for a tap's answer, which are not a message.

        Args:
            where: Where to.
            messages: What is to be shown, in order.
            now: The time.
            pressed: The message whose button was pressed, which can be changed in place.
        """
        toast = ""
        for message in messages:
            self._retire(where, message, now, pressed)
            if message.kind is Kind.TOAST:
                toast = plain(message.text)[:TOAST_LETTERS]
            else:
                self._put(where, message, now, pressed)
        return toast

    def _retire(self, where: Place, message: Message, now: float, pressed: int | None) -> None:
        if not message.retires:
            return
        seen = {pressed} if message.replaces else set()
        for parcel, shown in self.outbox.retire(where.chat, message.retires):
            if shown is None or shown not in seen:
                seen.add(shown)
                self.outbox.put(where.chat, STRIP, {"message_id": shown} if shown else {"of": parcel}, now)

    def _put(self, where: Place, message: Message, now: float, pressed: int | None) -> None:
        *leading, last = self._calls(message, pressed)
        extra: dict[str, Any] = {"message_thread_id": where.topic} if where.topic else {}
        if message.quiet:
            extra["disable_notification"] = True
        stale = now + message.stale if message.stale is not None else None
        for method, payload in leading:
            self.outbox.put(where.chat, method, payload | extra, now, stale_at=stale)
        method, payload = last
        payload |= extra
        if markup := self._markup(message):
            payload["reply_markup"] = markup
        self.outbox.put(where.chat, method, payload, now, step=message.step or None, stale_at=stale)

    def _calls(self, message: Message, pressed: int | None) -> list[tuple[str, dict[str, Any]]]:
        parts = telegram_parts(message.text)
        calls: list[tuple[str, dict[str, Any]]] = [
            (SEND, {"text": part, "parse_mode": "HTML"}) for part in parts
        ]
        if message.picture is not None:
            return _pictured(message.picture, parts, calls)
        if message.replaces and pressed and len(calls) == 1:
            return [(EDIT, {**calls[0][1], "message_id": pressed})]
        if wait := pause(message, self.typing):
            calls[0][1]["pause"] = wait
        return calls

    def _markup(self, message: Message) -> dict[str, Any]:
        if message.buttons:
            return {"inline_keyboard": [[self._key(button) for button in row] for row in message.buttons]}
        if message.force_reply:
            placeholder = message.force_reply[:PLACEHOLDER_LETTERS]
            return {"force_reply": True, "input_field_placeholder": placeholder}
        return {}

    def _key(self, button: Button) -> dict[str, str]:
        if button.url:
            return {"text": button.label, "url": button.url}
        if button.start:
            return {"text": button.label, "url": f"https://t.me/{self.username()}?start={button.start}"}
        return {"text": button.label, "callback_data": button.action}


def _pictured(
    session: int, parts: list[str], calls: list[tuple[str, dict[str, Any]]]
) -> list[tuple[str, dict[str, Any]]]:
    """The text under the picture where it is short enough, else behind it."""
    if len(parts) == 1 and telegram_units(parts[0]) <= CAPTION_UNITS:
        return [(PHOTO, {"picture": session, "caption": parts[0], "parse_mode": "HTML"})]
    return [(PHOTO, {"picture": session}), *calls]
