"""The command menus, made from the table of commands: one for each language and scope."""

import logging

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
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


async def set_menus(bot: Bot, default: Lang) -> None:
    """Tell Telegram the commands; a menu that can't be set is tried at the next start.

    Args:
        bot: The bot.
        default: Language for people whose client speaks none of ours.
    """
    for place, scope in SCOPES.items():
        for code in (None, *LANGUAGES):
            rows = [BotCommand(name, words) for name, words in menu(place, code or default)]
            try:
                await bot.set_my_commands(rows, scope=scope, language_code=code)
            except TelegramError as error:
                log.warning("menu_failed scope=%s lang=%s error=%s", place, code, error)
                return
