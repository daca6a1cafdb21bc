"""How updates come in: kept before they are confirmed, one chat in order, many chats at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram.errors import NotKeptError
from bot.telegram.translate import Delivery

log = logging.getLogger(__name__)

MOST_AT_ONCE = 100_000
"""Updates that may be in hand; those that wait for their chat's turn count too."""

Keep = Callable[[Update], Awaitable[Delivery | None]]
"""Writes an update down; None where nothing is to be done about it, or it had come before."""


class UpdateQueue(asyncio.Queue[object]):
    """The library's queue of updates: `put` returns when the update is on the disk.

    The library confirms to Telegram what `put` has taken, and answers a webhook when `put` is done; so
    whatever happens afterwards, the update is found again.
    """

    def __init__(self, keep: Keep) -> None:
        super().__init__()
        self._keep = keep

    async def put(self, item: object) -> None:
        """Keep an update and hand it on; anything else is handed on as it is.

        Raises:
            NotKeptError: It could not be written down; Telegram will send it again.
        """
        if isinstance(item, Update):
            item = await self._kept(item)
        if item is not None:
            self.put_nowait(item)

    async def _kept(self, update: Update) -> Delivery | None:
        try:
            return await self._keep(update)
        except NotKeptError:
            raise
        except Exception:
            log.exception("update_unreadable update=%d", update.update_id)
            return None

    def forget(self) -> None:
        """Let go of what waits, when the bot ends; it is on the disk."""
        while not self.empty():
            self.get_nowait()
            self.task_done()


class ChatByChat(BaseUpdateProcessor):
    """Handles the updates of one chat in their order, and different chats at the same time."""

    def __init__(self) -> None:
        super().__init__(MOST_AT_ONCE)
        self._last: dict[int, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's turn, then handle the update."""
        if not isinstance(update, Delivery):
            await coroutine
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        before = self._last.get(update.chat)
        done = self._last[update.chat] = asyncio.get_running_loop().create_future()
        try:
            if before is not None:
                await before
            await coroutine
        finally:
            if not done.done():
                done.set_result(None)
            if self._last[update.chat] is done:
                del self._last[update.chat]

    def cancel(self) -> None:
        """Let go of what is in hand, when the bot ends; it is on the disk."""
        for task in list(self._tasks):
            task.cancel()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to clear."""
