"""The whole bot over HTTP against the Bot API server of the tests, with a clock and a grader of the tests."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.coach import Coach
from bot.settings import Settings
from bot.telegram.app import Service
from bot.telegram.pace import Limit, Limits
from bot.telegram.patience import Patience
from dialogues.scenario import NEED, Scenario
from tests.bot_api import BotApi, Person, Query, Shown
from tests.fakes import TagReader

UNLIMITED = Limits(Limit(10**6, 1), Limit(10**6, 1), Limit(10**6, 1))


class FakeTime:
    """A clock that stands still, and a sleep that only moves it."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        self._more = asyncio.Event()

    def __call__(self) -> float:
        """The time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.now += seconds
        self._more.set()
        await asyncio.sleep(0)

    async def has_slept(self, times: int) -> None:
        """Return when somebody has slept so often."""
        while len(self.slept) < times:
            self._more.clear()
            await self._more.wait()


def model_replies(scenario: Scenario) -> list[str]:
    """Replies that resolve a scenario."""
    fitting = next(solution for solution in scenario.solutions if solution.fits)
    facts = " ".join(f"[ask_specific:{fact.id}]" for fact in scenario.facts[:2])
    return [
        "[listen] 您说",
        "真对不起 [apologize] [empathize]",
        "怎么回事呢 [ask_open]",
        facts,
        f"[ask_need:{NEED}]",
        f"[offer:{fitting.id}] [seek_agreement]",
        "[commit] [follow_up]",
        "[thank]",
    ]


class Lobby:
    """A bot that runs, the server that it talks to, and the people in front of it."""

    def __init__(
        self,
        api: BotApi,
        database: Path | None,
        time: FakeTime | None = None,
        *,
        coach: Any = Coach,
        limits: Limits = UNLIMITED,
        typing: float | None = 0,
        **environ: str,
    ) -> None:
        self.api = api
        self.database = database
        self.time = time or FakeTime()
        self.reader = TagReader()
        self.coach = coach
        api.clock = self.time
        self.limits = limits
        self.environ = {
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
            **({} if typing is None else {"LOBBY_DRILL_TYPING": str(typing)}),
            **environ,
        }
        self.service: Service | None = None

    async def open(self) -> None:
        """Start the bot."""
        self.service = Service(
            Settings.read(self.environ),
            self.database,
            reader=lambda: self.reader,  # type: ignore[arg-type, return-value]
            coach=self.coach,
            clock=self.time,
            rng=random.Random(1),
            limits=self.limits,
            patience=Patience(chance=lambda: 0.5, sleep=self.time.sleep),
        )
        await self.service.start()

    async def close(self) -> None:
        """End the bot."""
        if self.service is not None:
            service, self.service = self.service, None
            await service.stop()

    async def reopen(self) -> None:
        """End the bot and start another on the same database."""
        await self.close()
        await self.open()

    async def settle(self) -> None:
        """Return when everything that people did is handled and answered."""
        assert self.service is not None
        await self.api.until(lambda: not self.api.waiting)
        await self.service.idle()

    async def tick(self) -> None:
        """Do what is due, and have it sent."""
        assert self.service is not None
        await self.service.tick()
        await self.service.idle()

    async def say(self, person: Person, text: str) -> list[Shown]:
        """Somebody writes; gives what the bot answers."""
        person.say(text)
        await self.settle()
        return person.heard()

    async def press(self, person: Person, label: str) -> Query:
        """Somebody taps a button; gives what became of it."""
        query = person.press(label)
        await self.settle()
        return query


@asynccontextmanager
async def lobby(api: BotApi, database: Path | None = None, **how: object) -> AsyncIterator[Lobby]:
    """A bot that runs."""
    time = FakeTime()
    opened = Lobby(api, database, time, **how)  # type: ignore[arg-type]
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
