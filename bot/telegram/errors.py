"""Errors of the Telegram surface.

BotError
└── TelegramFailedError    the bot can't be run; the message says why and what to do
TelegramError
└── NotKeptError           an update could not be written down; Telegram is to send it again
"""

from telegram.error import TelegramError

from bot.errors import CommandError


class TelegramFailedError(CommandError):
    """The bot can't be run; the message says why and what to do."""


class NotKeptError(TelegramError):
    """An update could not be written down.

    The library asks again for what it was given when it meets an error of its own family; any other
    error would end its polling without a word.
    """
