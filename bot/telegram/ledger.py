"""Many steps in one transaction: a durable commit costs the same for one as for fifty."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from bot.telegram.core import Core
from bot.worker import Worker

MOST_TOGETHER = 200
"""Steps that share a transaction, at most."""

_R = TypeVar("_R")


class Ledger:
    """Has steps done in the store's thread, in their order, each of them whole or not at all.

    While one transaction is being written the next steps gather, and share the next one. A step is
    done when its transaction is on the disk.
    """

    def __init__(self, worker: Worker[Core]) -> None:
        self._worker = worker
        self._waiting: list[tuple[Callable[[Core], Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[Core], _R]) -> _R:
        """Have a step done.

        Raises:
            StoreFailed: The database could not be read or written; nothing was changed.
        """
        done: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())
        return await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                steps, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._together(steps)
        finally:
            self._writing = None

    async def _together(self, steps: list[tuple[Callable[[Core], Any], asyncio.Future[Any]]]) -> None:
        try:
            outcomes = await self._worker.run(
                lambda core: core.store.together([_bound(work, core) for work, _ in steps])
            )
        except Exception as error:
            outcomes = [error] * len(steps)
        for (_, done), outcome in zip(steps, outcomes, strict=True):
            if done.done():
                continue
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)


def _bound(work: Callable[[Core], _R], core: Core) -> Callable[[], _R]:
    return lambda: work(core)
