"""Sends what waits in the outbox: each chat in order, none waiting for another, until it is accepted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.telegram.core import PAGE, Core
from bot.telegram.ledger import Ledger
from bot.telegram.outgoing import EDIT, PHOTO, SEND, STRIP
from bot.telegram.pace import Clock, Limits, Pace
from bot.telegram.patience import Patience
from state.store import Outgoing

log = logging.getLogger(__name__)

MOST_AT_ONCE = 12
"""Calls that may be under way at the same time: enough for thirty messages a second at 0.3 s each; every
open connection makes each call a little dearer."""

Draw = Callable[[int], Awaitable[bytes]]
"""Draws a session's picture, beside the event loop."""

_UNCHANGED = "message is not modified"
_CHAT_LOST = (
    "chat not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "have no rights to send",
    "not enough rights to send",
)
"""Words of errors after which nothing more can be sent to a chat."""


class Sender:
    """Empties the outbox. A message that was accepted is marked at once; one that was not is tried again."""

    def __init__(
        self,
        bot: Bot,
        ledger: Ledger,
        draw: Draw,
        *,
        clock: Clock,
        patience: Patience,
        limits: Limits,
    ) -> None:
        self._bot = bot
        self._ledger = ledger
        self._draw = draw
        self._clock = clock
        self._patience = patience
        self._pace = Pace(limits, clock, patience.sleep)
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._flying: set[int] = set()
        self._ending = False
        self._methods: dict[str, Callable[[Outgoing], Awaitable[int | None]]] = {
            SEND: self._text,
            PHOTO: self._photo,
            EDIT: self._edit,
            STRIP: self._strip,
        }

    def wake(self, chats: Iterable[int]) -> None:
        """Something may wait for these chats."""
        for chat in chats:
            self._again.add(chat)
            if chat not in self._tasks and not self._ending:
                task = asyncio.get_running_loop().create_task(self._serve(chat))
                self._tasks[chat] = task
                task.add_done_callback(lambda _, chat=chat: self._served(chat))  # type: ignore[misc]

    async def idle(self) -> None:
        """Return when nothing waits any more."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def stop(self, grace: float) -> None:
        """Begin nothing new, and give what is under way so many seconds; the rest stays in the outbox."""
        self._ending = True
        for chat, task in self._tasks.items():
            if chat not in self._flying:
                task.cancel()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _served(self, chat: int) -> None:
        task = self._tasks.pop(chat)
        if not task.cancelled() and (error := task.exception()):
            log.error("sender_broke chat=%d", chat, exc_info=error)
        self._pace.rest(chat)
        if chat in self._again:
            self.wake([chat])

    async def _serve(self, chat: int) -> None:
        while chat in self._again:
            self._again.discard(chat)
            parcels = await self._patience.insist(self._ledger, lambda core: core.waiting(chat))
            if len(parcels) == PAGE:
                self._again.add(chat)
            for parcel in parcels:
                if self._ending:
                    return
                if not await self._carry(parcel):
                    break

    async def _carry(self, parcel: Outgoing) -> bool:
        """Send one parcel or find that it can't be sent; False where that ends the whole chat."""
        tries, not_before = parcel.tries, parcel.not_before
        while True:
            if (early := not_before - self._clock()) > 0:
                await self._patience.sleep(early)
            if parcel.stale_at is not None and self._clock() >= parcel.stale_at:
                await self._note(lambda core: core.given_up(parcel.id, "stale"))
                return True
            try:
                await self._send(parcel)
            except RetryAfter as error:
                wait = _seconds(error)
            except Forbidden as error:
                return await self._lost(parcel, error)
            except (BadRequest, ChatMigrated) as error:
                return await self._refused(parcel, error)
            except TelegramError as error:
                wait = self._patience.wait(tries + 1)
                log.warning("send_failed parcel=%d tries=%d error=%s", parcel.id, tries + 1, error)
            else:
                return True
            tries += 1
            not_before = self._clock() + wait
            await self._note(lambda core, at=not_before: core.postponed(parcel.id, at))  # type: ignore[misc]

    async def _send(self, parcel: Outgoing) -> None:
        await self._type(parcel)
        if parcel.method in (SEND, PHOTO):
            await self._pace.grant(parcel.chat)
        async with self._slots:
            self._flying.add(parcel.chat)
            try:
                number = await self._methods[parcel.method](parcel)
                await self._note(lambda core: core.sent(parcel.id, number))
            finally:
                self._flying.discard(parcel.chat)

    async def _type(self, parcel: Outgoing) -> None:
        seconds = parcel.payload.get("pause")
        if not seconds or parcel.tries:
            return
        topic = parcel.payload.get("message_thread_id")
        try:
            await self._bot.send_chat_action(parcel.chat, ChatAction.TYPING, message_thread_id=topic)
        except TelegramError as error:
            log.debug("typing_failed chat=%d error=%s", parcel.chat, error)
        await self._patience.sleep(seconds)

    async def _text(self, parcel: Outgoing) -> int:
        more = {"link_preview_options": {"is_disabled": True}, **parcel.payload}
        more.pop("pause", None)
        more.pop("message_id", None)
        text = more.pop("text")
        message = await self._bot.send_message(parcel.chat, text, api_kwargs=more)
        return message.message_id

    async def _photo(self, parcel: Outgoing) -> int | None:
        more = dict(parcel.payload)
        picture = await self._drawn(more.pop("picture"))
        if picture is not None:
            message = await self._bot.send_photo(parcel.chat, picture, api_kwargs=more)
            return message.message_id
        if "caption" not in more:
            return None
        more["text"] = more.pop("caption")
        message = await self._bot.send_message(parcel.chat, more.pop("text"), api_kwargs=more)
        return message.message_id

    async def _drawn(self, session: int) -> bytes | None:
        """The picture; without it the words are sent alone."""
        try:
            return await self._draw(session)
        except Exception:
            log.exception("picture_failed session=%d", session)
            return None

    async def _edit(self, parcel: Outgoing) -> int:
        """Change a message in place; where Telegram can't any more, send it as a new one."""
        more = dict(parcel.payload)
        number, text = more.pop("message_id"), more.pop("text")
        more.pop("message_thread_id", None)
        more.pop("disable_notification", None)
        try:
            await self._bot.edit_message_text(text, parcel.chat, number, api_kwargs=more)
        except BadRequest as error:
            if _UNCHANGED not in str(error).lower():
                return await self._text(parcel)
        return int(number)

    async def _strip(self, parcel: Outgoing) -> None:
        """Take the buttons from a message that was sent."""
        number = parcel.payload.get("message_id")
        if number is None:
            of = parcel.payload["of"]
            number = await self._patience.insist(self._ledger, lambda core: core.store.outbox.message_of(of))
        if number is not None:
            await self._bot.edit_message_reply_markup(parcel.chat, number)

    async def _refused(self, parcel: Outgoing, error: TelegramError) -> bool:
        words = str(error).lower()
        if any(lost in words for lost in _CHAT_LOST):
            return await self._lost(parcel, error)
        if _UNCHANGED not in words and parcel.method != STRIP:
            log.error("send_refused parcel=%d method=%s error=%s", parcel.id, parcel.method, error)
        await self._note(lambda core: core.given_up(parcel.id, str(error)))
        return True

    async def _lost(self, parcel: Outgoing, error: TelegramError) -> bool:
        log.warning("chat_gone chat=%d error=%s", parcel.chat, error)
        await self._note(lambda core: core.gone(parcel.chat, str(error)))
        return False

    async def _note(self, work: Callable[[Core], Any]) -> None:
        await self._patience.insist(self._ledger, work)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()
