"""Logging, configured here and nowhere else: one line an event, a fixed name and ``key=value`` pairs.

Ids are logged, never names, words of a person or the token.
"""

import logging
import sys
from typing import TextIO

_QUIET = ("httpx", "httpcore", "telegram", "apscheduler", "asyncio", "transitions", "markdown_it", "tornado")
"""Libraries whose INFO and DEBUG lines show addresses with the token in them, or are of no use here."""


class _Hiding(logging.Filter):
    """Takes a secret out of everything that is logged, tracebacks included."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = record.getMessage().replace(self._secret, "***")
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = record.exc_text.replace(self._secret, "***")
        return True


def configure(level: str, *, secret: str | None = None, stream: TextIO | None = None) -> None:
    """Log to a stream (by default stderr) from a level on.

    Args:
        level: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        secret: The token, which is hidden wherever it would show.
        stream: Where to.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    if secret:
        handler.addFilter(_Hiding(secret))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def event(logger: logging.Logger, name: str, **values: object) -> None:
    """Log an event at INFO: its name and its values.

    Example:
        ``event(log, "turn", session=12, number=3, anger=61)`` logs ``turn session=12 number=3 anger=61``.
    """
    if logger.isEnabledFor(logging.INFO):
        logger.info(
            " ".join([name, *(f"{key}={value}" for key, value in values.items() if value is not None)])
        )
