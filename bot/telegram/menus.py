"""The command menus, made from the table of commands: one for each language and scope."""

import logging
from collections.abc import Iterable

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.commands import Scope, menu
from dialogues.languages import LANGUAGES
from dialogues.scenario import Lang

log = logging.getLogger(__name__)

SCOPES: dict[Scope, BotCommandScope] = {
    "private": BotCommandScopeAllPrivateChats(),
    "group": BotCommandScopeAllGroupChats(),
}
"""Places that have a menu of their own, as Telegram names them."""


async def set_menus(bot: Bot, default: Lang, owners: Iterable[int] = ()) -> None:
    """Tell Telegram the commands; a menu that can't be set is tried at the next start.

    Args:
        bot: The bot.
        default: Language for people whose client speaks none of ours.
        owners: Who has a menu of their own; those who have never written to the bot get it later.
    """
    for place, scope in SCOPES.items():
        if not await _set(bot, default, place, scope, owner=False):
            return
    for owner in owners:
        await _set(bot, default, "private", BotCommandScopeChat(owner), owner=True)


async def _set(bot: Bot, default: Lang, place: Scope, scope: BotCommandScope, *, owner: bool) -> bool:
    """Set one scope's menu in every language; False where Telegram did not take it."""
    for code in (None, *LANGUAGES):
        rows = [BotCommand(name, words) for name, words in menu(place, code or default, owner=owner)]
        try:
            await bot.set_my_commands(rows, scope=scope, language_code=code)
        except TelegramError as error:
            log.warning("menu_failed scope=%s lang=%s error=%s", place, code, error)
            return False
    return True
