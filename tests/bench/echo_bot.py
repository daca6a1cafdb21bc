"""The bot to compare with: says every message back, after one durable commit in SQLite."""

import asyncio
import os
import signal
import sqlite3
import time

from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters


async def main() -> None:
    """Run until SIGTERM; print the CPU seconds used when ready and at the end."""
    db = sqlite3.connect(os.environ["LOBBY_DRILL_DB"], isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, chat INTEGER, words TEXT)")

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        assert message is not None
        db.execute("INSERT INTO said (chat, words) VALUES (?, ?)", (message.chat_id, message.text))
        await message.reply_text(message.text or "")

    token, root = os.environ["TELEGRAM_BOT_TOKEN"], os.environ["TELEGRAM_API_URL"]
    application = ApplicationBuilder().token(token).base_url(f"{root}/bot").build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling()
        print(time.process_time(), flush=True)
        await told.wait()
        print(time.process_time(), flush=True)
        await application.updater.stop()
        await application.stop()


if __name__ == "__main__":
    asyncio.run(main())
