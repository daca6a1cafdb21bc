"""People who all answer at once, against a bot that is a process of its own."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.bot_api import BotApi, Chat, Person, Shown

Behave = Callable[[Person, dict[str, Any]], None]
"""What somebody does when a message reaches them."""


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes:
        messages: Messages that were sent.
        turns: Things that people did.
        cpu: Seconds of CPU of the bot.
        seconds: Seconds by the clock.
    """

    messages: int
    turns: int
    cpu: float
    seconds: float

    @property
    def each(self) -> float:
        """Milliseconds of CPU for each message sent."""
        return 1000 * self.cpu / self.messages


async def crowd(module: str, folder: Path, people: int, messages: int, begin: str, behave: Behave) -> Cost:
    """Let people talk until so many messages were sent.

    Args:
        module: The bot, run as ``python -m``; prints its CPU seconds when ready and when told to end.
        folder: An empty folder for its database.
        people: How many.
        messages: Messages after which the run ends.
        begin: What everybody says first.
        behave: What they do then.
    """
    async with BotApi(quiet=True) as api:
        bot = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            env={
                **os.environ,
                "TELEGRAM_BOT_TOKEN": api.token,
                "TELEGRAM_API_URL": api.url,
                "LOBBY_DRILL_DB": str(folder / f"{module}.db"),
                "LOBBY_DRILL_TYPING": "0",
                "LOBBY_DRILL_LOG_LEVEL": "WARNING",
            },
            stdout=asyncio.subprocess.PIPE,
        )
        assert bot.stdout is not None
        ready = float(await bot.stdout.readline())
        everybody = {person.id: person for person in (api.person(f"同事{n}") for n in range(people))}
        sent = 0

        def arrived(chat: Chat, raw: dict[str, Any]) -> None:
            nonlocal sent
            sent += 1
            if sent < messages:
                behave(everybody[chat.id], raw)

        api.on_message = arrived
        first = api.posted
        start = time.monotonic()
        for person in everybody.values():
            person.say(begin)
        await api.until(lambda: sent >= messages, seconds=300)
        seconds = time.monotonic() - start
        turns = api.posted - first
        bot.terminate()
        used = float(await bot.stdout.readline()) - ready
        await bot.wait()
    return Cost(sent, turns, used, seconds)


def answer_each(person: Person, raw: dict[str, Any]) -> None:
    """Write again as soon as an answer comes."""
    person.say(raw["text"])


class Player:
    """Plays sessions of eight replies, one after the other, as soon as the customer has spoken."""

    REPLIES = (
        "[listen] 您慢慢说，我在听",
        "真对不起，让您等了这么久 [apologize] [empathize]",
        "您能说说事情的经过吗 [ask_open]",
        "您的意思是今天必须取到钱，对吗 [ask_check]",
        "是我们没做好 [own]",
        "您先坐，喝口水 [comfort]",
        "您希望我们怎么处理 [ask_need:need]",
        "[commit] 我马上去问技术人员",
    )

    def __init__(self) -> None:
        self._next: dict[int, Any] = {}

    def __call__(self, person: Person, raw: dict[str, Any]) -> None:
        """Answer what asks for an answer: a message with buttons."""
        rows = raw.get("reply_markup", {}).get("inline_keyboard")
        if not rows:
            return
        actions = [key.get("callback_data", "") for row in rows for key in row]
        start = next((action for action in actions if action.startswith("1s:")), None)
        if start is not None:
            self._next[person.id] = cycle((*self.REPLIES, "/cancel", "/practice"))
            person.press(shown=Shown(raw), data=start)
        elif any(action.startswith("1l:") for action in actions):
            person.say(next(self._next[person.id]))
        elif any(action == "1n" for action in actions):
            person.say("/practice")
