"""Hides what looks like a bank card, an identity card or a phone number.

Applied to everything that a person writes, before it is written anywhere; the masked text is what
is graded, stored and shown. Masking twice changes nothing more.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from stdnum import luhn

MASK = "****"
"""What stands in the place of a hidden number."""

_RUN = re.compile(r"\+?\(?\d(?:[ \t\u00a0.·\-–—()（）]{0,2}[\dＸＸxX]){6,40}")
_MOBILE = re.compile(r"(?:\+?(?:00)?86)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:\+?(?:00)?86)?0[1-9]\d{8,10}")
_FREEPHONE = re.compile(r"(?:400|800)\d{7}")
_INTERNATIONAL = re.compile(r"(?:\+|00)[1-9]\d{7,14}")
_GROUPED = re.compile(r"\(?\d{3}\)?[ .·–-]{1,2}\d{3}[ .·–-]\d{4}")
_IDENTITY = re.compile(
    r"[1-9]\d{5}(?:(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})"
)
_ACCOUNT_DIGITS = 15
"""Digits in a row from which a number is an account's, whatever its check digit says."""
_CARD_DIGITS = 12
"""Digits from which a number with a right check digit is a card's."""


def mask(text: str) -> str:
    """The text with private numbers hidden."""
    if sum(char.isdigit() for char in text) < 7:
        return text
    plain = _digits(text)
    parts, end = [], 0
    for found in _RUN.finditer(plain):
        if _private(found.group()):
            parts += [text[end : found.start()], MASK]
            end = found.end()
    return "".join([*parts, text[end:]])


def mask_all(value: Any) -> Any:
    """A JSON value with private numbers hidden in every text in it."""
    match value:
        case str():
            return mask(value)
        case list():
            return [mask_all(item) for item in value]
        case dict():
            return {key: mask_all(item) for key, item in value.items()}
    return value


def _digits(text: str) -> str:
    """The text with every kind of digit written as 0–9, letter for letter."""
    return "".join(_digit(char) if not char.isascii() else char for char in text)


@cache
def _digit(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return {"＋": "+", "Ｘ": "X", "ｘ": "x"}.get(char, char)


def _private(run: str) -> bool:
    number = "".join(char for char in run.upper() if char.isdigit() or char in "X+")
    digits = number.lstrip("+")
    if len(digits) >= _ACCOUNT_DIGITS:
        return True
    if any(
        pattern.fullmatch(number) for pattern in (_MOBILE, _LANDLINE, _FREEPHONE, _IDENTITY, _INTERNATIONAL)
    ):
        return True
    if len(digits) >= _CARD_DIGITS and digits.isdecimal() and luhn.is_valid(digits):
        return True
    return _GROUPED.fullmatch(run.strip()) is not None
