"""What to do when something fails for now: wait a little longer each time, and a little at random."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.telegram.core import Core
from bot.telegram.ledger import Ledger
from bot.telegram.pace import Sleep
from state.errors import StoreFailed

log = logging.getLogger(__name__)

_R = TypeVar("_R")


@dataclass(frozen=True)
class Patience:
    """How long to wait between tries.

    Attributes:
        first: Seconds after the first failure, at most; each further one doubles it.
        longest: Seconds that it never exceeds.
        chance: Draws from 0–1, so that not everybody comes back at the same moment.
        sleep: Waits so many seconds.
    """

    first: float = 0.5
    longest: float = 60.0
    chance: Callable[[], float] = field(default=random.random)
    sleep: Sleep = asyncio.sleep

    def wait(self, tries: int) -> float:
        """Seconds until the next try, after so many failures (from 1): between half and all of it."""
        most = min(self.longest, self.first * 2.0 ** min(tries - 1, 16))
        return most * (0.5 + 0.5 * self.chance())

    async def insist(self, ledger: Ledger, work: Callable[[Core], _R]) -> _R:
        """Have something done in the store, again and again while the disk is full or the file locked."""
        tries = 0
        while True:
            try:
                return await ledger.run(work)
            except StoreFailed as error:
                tries += 1
                log.error("store_failed tries=%d error=%s", tries, error)
                await self.sleep(self.wait(tries))
