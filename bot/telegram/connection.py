"""The line to Telegram: proxy, time limits, and what the library would do in silence or say too loudly."""

import asyncio
import logging
import re
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.settings import Settings
from bot.telegram.errors import TelegramFailedError

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_TALKATIVE = ("telegram.ext.ExtBot", "telegram.ext.Updater", "telegram.ext.Application", "telegram.Bot")
"""Loggers that write down whole updates when one can't be read."""


_LEFT_OUT = ("eceived data was", "Updater stopped unexpectedly", "one more time to mark all fetched")
"""Lines that show a whole update, and some that worry about updates which are on the disk."""


class _WithoutUpdates(logging.Filter):
    """Keeps people's words out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not any(words in str(record.msg) for words in _LEFT_OUT)


class UpdatesRequest(HTTPXRequest):
    """Fetches updates; can look at each before the library does.

    Attributes:
        careful: Whether updates that the library can't read are made empty.
    """

    careful = False

    def parse_json_payload(self, payload: bytes) -> Any:  # type: ignore[override]
        """As the library's, without what it can't read if care is asked for."""
        data = HTTPXRequest.parse_json_payload(payload)
        if self.careful and isinstance(data.get("result"), list):
            data["result"] = [_readable(update) for update in data["result"]]
        return data


class WatchedBot(ExtBot[None]):
    """The library's bot, which survives an update that can't be read, and tells when its token is taken back.

    The library would ask for the same updates for ever, or stop asking without a word.

    Attributes:
        revoked: Telegram does not know the token any more.
        caught_up: Everything that waited at Telegram when the bot started has been fetched.
    """

    __slots__ = ("_updates", "caught_up", "revoked")

    def __init__(self, token: str, updates: UpdatesRequest, **options: Any) -> None:
        super().__init__(token, get_updates_request=updates, **options)
        with self._unfrozen():
            self._updates = updates
            self.revoked = asyncio.Event()
            self.caught_up = asyncio.Event()

    async def get_updates(self, *args: Any, **options: Any) -> tuple[Update, ...]:
        """As the library's; an update that can't be read comes back empty.

        Raises:
            InvalidToken: The token was taken back.
        """
        if not self.caught_up.is_set():
            options["timeout"] = 0
        try:
            updates = await self._fetch(*args, **options)
        except InvalidToken:
            self.revoked.set()
            raise
        if not updates:
            self.caught_up.set()
        return updates

    async def _fetch(self, *args: Any, **options: Any) -> tuple[Update, ...]:
        try:
            return await super().get_updates(*args, **options)
        except TelegramError:
            raise
        except Exception:
            self._updates.careful = True
            try:
                return await super().get_updates(*args, **options)
            finally:
                self._updates.careful = False


def connect(settings: Settings, connections: int) -> WatchedBot:
    """The bot of a token; nothing is sent yet.

    Args:
        settings: The settings.
        connections: How many calls may be under way at once.

    Raises:
        TelegramFailedError: The token is missing or can't be one.
    """
    token = settings.token.get_secret_value() if settings.token else ""
    if not token:
        raise TelegramFailedError("telegram_no_token")
    if not _TOKEN.fullmatch(token):
        raise TelegramFailedError("telegram_wrong_token")
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if not any(isinstance(found, _WithoutUpdates) for found in logger.filters):
            logger.addFilter(_WithoutUpdates())
    proxy = settings.proxy_url.get_secret_value() if settings.proxy_url else None
    limits: dict[str, Any] = {
        "proxy": proxy,
        "connect_timeout": 10,
        "read_timeout": 20,
        "write_timeout": 20,
        "pool_timeout": 20,
    }
    return WatchedBot(
        token,
        UpdatesRequest(connection_pool_size=2, **limits),
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.api_url}/file/bot",
        request=HTTPXRequest(connection_pool_size=connections, **limits),
    )


def explain(error: TelegramError, settings: Settings) -> TelegramFailedError:
    """Why the bot can't start, without the token that the library's words contain."""
    if isinstance(error, InvalidToken):
        return TelegramFailedError("telegram_wrong_token")
    why = str(error).removeprefix("httpx.")
    return TelegramFailedError("telegram_unreachable", url=settings.api_url, why=why)


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update)
    except Exception as error:
        log.error("update_unreadable update=%s error=%r", update.get("update_id"), error)
        return {"update_id": update["update_id"]}
    return update
