"""The bot as a process of its own, with the grader of the tests: ``python -m tests.bot.child``."""

import asyncio
import os
import sys
from pathlib import Path

from bot.errors import CommandError
from bot.logs import configure
from bot.settings import Settings
from bot.telegram.app import Service, run
from bot.telegram.patience import Patience
from tests.bot.echo import EchoCoach
from tests.bot.lobby import UNLIMITED, TagReader


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings.read(os.environ)
    configure(settings.log_level)
    coach = {"coach": EchoCoach()} if "--echo" in sys.argv else {}
    service = Service(
        settings,
        Path(os.environ["LOBBY_DRILL_DB"]),
        reader=TagReader,  # type: ignore[arg-type]
        limits=UNLIMITED,
        patience=Patience(first=0.02, longest=0.1),
        **coach,  # type: ignore[arg-type]
    )
    await run(service)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except CommandError as error:
        sys.exit(f"{error.key} {error.values}")
