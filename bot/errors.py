"""Errors of the surfaces.

BotError
├── CommandError     a command can't be carried out; knows which message says why and what to do
│   └── SettingsError    a setting is missing or malformed; the message names it
└── UnreadReply      a reply was handled that has not been graded for this turn; grade it and try again
"""

from dialogues.languages import texts


class BotError(Exception):
    """Anything that this package reports."""


class CommandError(BotError):
    """A command can't be carried out.

    Attributes:
        key: The message that says why and what to do.
        values: What fills its placeholders.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(texts("en").say(key, **values))
        self.key = key
        self.values = values


class SettingsError(CommandError):
    """A setting is missing or malformed; the message names it and says what to do."""


class UnreadReply(BotError):
    """A reply was handled that has not been graded for this turn; ask `Coach.pending` again."""
