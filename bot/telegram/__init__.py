"""The Telegram surface: updates are kept before they are confirmed, messages until they are sent."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "1")
"""The library's coming way of giving durations; without it every 429 is a deprecation warning."""
