"""How fast the bot may write: Telegram's limits, kept before Telegram has to say so."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages in any stretch of so many seconds."""

    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What Telegram allows a bot.

    Attributes:
        overall: To everybody together.
        private: To one person: one a second, with short bursts.
        group: To one group.
    """

    overall: Limit = Limit(30, 1)
    private: Limit = Limit(10, 10)
    group: Limit = Limit(20, 60)


class Window:
    """Grants messages under a limit, first come, first served."""

    def __init__(self, limit: Limit, clock: Clock, sleep: Sleep) -> None:
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._granted: deque[float] = deque(maxlen=limit.messages)
        self._turn = asyncio.Lock()

    @property
    def idle(self) -> bool:
        """Nothing was granted lately, so that nothing need be remembered."""
        return not self._granted or self._granted[-1] <= self._clock() - self._limit.seconds

    async def grant(self) -> None:
        """Return when one more message may be sent."""
        async with self._turn:
            if len(self._granted) == self._limit.messages:
                wait = self._granted[0] + self._limit.seconds - self._clock()
                if wait > 0:
                    await self._sleep(min(wait, self._limit.seconds))
            self._granted.append(self._clock())


class Pace:
    """The limits of all chats together."""

    def __init__(self, limits: Limits, clock: Clock, sleep: Sleep) -> None:
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._overall = Window(limits.overall, clock, sleep)
        self._chats: dict[int, Window] = {}

    async def grant(self, chat: int) -> None:
        """Return when one more message may be sent to a chat; groups have negative numbers."""
        window = self._chats.get(chat)
        if window is None:
            limit = self._limits.private if chat > 0 else self._limits.group
            window = self._chats[chat] = Window(limit, self._clock, self._sleep)
        await window.grant()
        await self._overall.grant()

    def rest(self, chat: int) -> None:
        """Nothing more is sent to a chat for now: remember no more of it than is needed."""
        window = self._chats.get(chat)
        if window is not None and window.idle:
            del self._chats[chat]
