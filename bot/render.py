"""Markup rendered for Telegram (its HTML, in parts that it takes) and for the terminal."""

import html
import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from bot.messages import Markup

TELEGRAM_UNITS = 4096
"""Length of a message that Telegram takes, in UTF-16 units after entities are parsed."""

_TAG = re.compile(r"</?(?:b|i|code|blockquote)>")
_STYLES = {"b": "strong", "i": "scene", "code": "command", "blockquote": "coach"}


def telegram_units(text: str) -> int:
    """Length of markup as Telegram counts it: UTF-16 units of what is shown."""
    return _units(plain(text))


def telegram_parts(text: Markup, limit: int = TELEGRAM_UNITS) -> list[str]:
    """Markup as Telegram's HTML, split at paragraphs, lines or words into parts that it takes.

    Together the parts show all of the text; a tag that is open at a cut is closed there and opened
    again in the next part.
    """
    if telegram_units(text) <= limit:
        return [str(text)]
    parts: list[str] = []
    rest = str(text)
    while rest and telegram_units(rest) > limit:
        end = _cut(rest, limit)
        head, tail = rest[:end].rstrip(), rest[end:].lstrip()
        still_open = _open_tags(head)
        parts.append(head + "".join(f"</{tag}>" for tag in reversed(still_open)))
        rest = "".join(f"<{tag}>" for tag in still_open) + tail if tail else ""
    return [part for part in [*parts, rest] if plain(part).strip()]


def plain(text: str) -> str:
    """Markup without its tags, as it would be read aloud."""
    return html.unescape(_TAG.sub("", text))


def terminal(text: str) -> Text:
    """Markup for a rich console; styles ``strong``, ``scene``, ``command`` and ``coach`` are its theme's."""
    shown = Text()
    styles: list[str] = []
    for piece in _pieces(text):
        if _TAG.fullmatch(piece):
            if piece.startswith("</"):
                styles.pop()
            else:
                styles.append(_STYLES[piece.strip("<>")])
        else:
            shown.append(html.unescape(piece), style=" ".join(styles) or None)
    return shown


_OPENING = frozenset("“‘（《「【([{")
_CLOSING = frozenset("”’）》」】)]}，。！？；：、…—,.!?;:%")


def wrap(text: Text, width: int) -> list[Text]:
    """Lines of at most so many columns: Chinese may break between any letters, other text between words.

    No line begins with punctuation that closes or ends with punctuation that opens, where it can be helped.
    """
    return [part for line in text.split("\n", allow_blank=True) for part in _wrapped(line, width)]


def _wrapped(line: Text, width: int) -> Iterator[Text]:
    plain_line = line.plain
    start = best = columns = 0
    for at, char in enumerate(plain_line):
        if at > start and _may_break(plain_line, at):
            best = at
        columns += cell_len(char)
        while columns > width and char != " " and at > start:
            end = best if best > start else at
            yield _rstripped(line[start:end])
            start = end
            columns = cell_len(plain_line[start : at + 1])
    yield _rstripped(line[start:])


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after in _CLOSING or before in _OPENING or after == " ":
        return False
    return before == " " or (max(before, after) >= _EAST_ASIAN and min(before, after) != "\ufe0f")


_EAST_ASIAN = "\u2e80"


def _rstripped(line: Text) -> Text:
    line.rstrip()
    return line


def _pieces(text: str) -> Iterator[str]:
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() > end:
            yield text[end : tag.start()]
        yield tag.group()
        end = tag.end()
    if end < len(text):
        yield text[end:]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_TOKEN = re.compile(r"</?(?:b|i|code|blockquote)>|&(?:[a-z]+|#\d+);|.", re.DOTALL)


def _cut(text: str, limit: int) -> int:
    """Where to cut so that what stands before is at most as long as the limit: at the best break near it."""
    units = 0
    best = {"\n\n": 0, "\n": 0, " ": 0}
    end = 0
    for token in _TOKEN.finditer(text):
        word = token.group()
        units += 0 if _TAG.fullmatch(word) else _units(html.unescape(word))
        if units > limit:
            break
        end = token.end()
        if word == "\n":
            best["\n"] = end
            if text[end : end + 1] == "\n":
                best["\n\n"] = end
        elif word == " ":
            best[" "] = end
    return next((place for place in best.values() if place > end // 2), end)


def _open_tags(text: str) -> list[str]:
    still_open: list[str] = []
    for tag in _TAG.findall(text):
        if tag.startswith("</"):
            still_open.pop()
        else:
            still_open.append(tag.strip("<>"))
    return still_open
