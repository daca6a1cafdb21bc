"""Fixtures for what does not depend on the coach: a Bot API server, an echo for a coach, a bot between."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.echo import EchoCoach
from tests.bot.lobby import Lobby, lobby
from tests.bot_api import BotApi


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@pytest.fixture
def coach() -> EchoCoach:
    return EchoCoach()


@pytest.fixture
async def hall(api: BotApi, coach: EchoCoach) -> AsyncIterator[Lobby]:
    async with lobby(api, coach=coach) as opened:
        yield opened
