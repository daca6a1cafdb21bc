"""The whole bot with a grader that returns at once, no "typing…" and no limits of sending."""

import asyncio
import os
import signal
import time
from pathlib import Path

from bot.settings import Settings
from bot.telegram.app import Service
from tests.bot.lobby import UNLIMITED, TagReader


async def main() -> None:
    """Run until SIGTERM; print the CPU seconds used when ready and at the end."""
    service = Service(
        Settings.read(os.environ),
        Path(os.environ["LOBBY_DRILL_DB"]),
        reader=TagReader,  # type: ignore[arg-type]
        limits=UNLIMITED,
    )
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await service.start()
    print(time.process_time(), flush=True)
    await told.wait()
    print(time.process_time(), flush=True)
    await service.stop()


if __name__ == "__main__":
    asyncio.run(main())
