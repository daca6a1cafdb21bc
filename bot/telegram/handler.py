"""What is done with each update: a reply is graded, then it is handled in one transaction and answered."""

import asyncio
import logging
import time
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.errors import UnreadReply
from bot.inputs import Heard, Pending
from bot.logs import event
from bot.telegram.core import Answer
from bot.telegram.ledger import Ledger
from bot.telegram.patience import Patience
from bot.telegram.sender import Sender
from bot.telegram.translate import Delivery, Tap
from bot.worker import Worker
from dialogues.grading.reading import Reader

log = logging.getLogger(__name__)

Context = CallbackContext[Any, Any, Any, Any]

TAP_SECONDS = 1.0
"""How long a tap's answer waits for words; then the little clock is taken away without any."""

MOST_TAPS = 20
"""Taps that are being answered at the same time."""


class Taps:
    """Answers every tap once, with words if the coach has some soon enough."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._words: dict[str, asyncio.Future[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MOST_TAPS)

    def open(self, tap: Tap) -> None:
        """A button was pressed."""
        loop = asyncio.get_running_loop()
        words = self._words[tap.query] = loop.create_future()
        task = loop.create_task(self._answer(tap.query, words))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self, tap: Tap, words: str) -> None:
        """The press was handled."""
        waiting = self._words.get(tap.query)
        if waiting is not None and not waiting.done():
            waiting.set_result(words)

    async def idle(self) -> None:
        """Return when every tap is answered."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def _answer(self, query: str, waiting: asyncio.Future[str]) -> None:
        await asyncio.wait([waiting], timeout=TAP_SECONDS)
        del self._words[query]
        words = waiting.result() if waiting.done() else ""
        async with self._slots:
            try:
                await self._bot.answer_callback_query(query, words or None)
            except TelegramError as error:
                log.debug("tap_unanswered error=%s", error)


class Handler:
    """Handles deliveries, each of which is on the disk until it is done."""

    def __init__(
        self, ledger: Ledger, reader: Worker[Reader], sender: Sender, taps: Taps, patience: Patience
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._sender = sender
        self._taps = taps
        self._patience = patience

    async def handle(self, update: object, _: Context) -> None:
        """Handle an update, the whole of it or nothing."""
        if not isinstance(update, Delivery):
            return
        start = time.perf_counter()
        answer = await self._answer(update)
        if update.tap is not None:
            self._taps.close(update.tap, answer.toast)
        self._sender.wake([update.chat])
        kind = type(update.given.what).__name__.lower() if update.given else "standing"
        milliseconds = round(1000 * (time.perf_counter() - start))
        event(log, "update", id=update.id, chat=update.chat, kind=kind, ms=milliseconds)

    async def fail(self, update: object, context: Context) -> None:
        """Something unexpected went wrong: log first, tell second."""
        if not isinstance(update, Delivery):
            log.error("error", exc_info=context.error)
            return
        log.error("update_failed update=%d chat=%d", update.id, update.chat, exc_info=context.error)
        await self._patience.insist(self._ledger, lambda core: core.fail(update))
        if update.tap is not None:
            self._taps.close(update.tap, "")
        self._sender.wake([update.chat])

    async def _answer(self, delivery: Delivery) -> Answer:
        heard: Heard | None = None
        while True:
            try:
                answer = await self._patience.insist(
                    self._ledger,
                    lambda core: core.answer(delivery, heard),  # noqa: B023
                )
            except UnreadReply:
                heard = None
                continue
            if answer.pending is None:
                return answer
            heard = await self._read(answer.pending)

    async def _read(self, pending: Pending) -> Heard:
        reading = await self._reader.run(
            lambda reader: reader.read(pending.text, pending.context, pending.scenario, pending.earlier)
        )
        return Heard(pending, reading)
