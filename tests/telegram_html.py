"""Telegram's reading of ``parse_mode=HTML``: what it takes, what it refuses, and the text that is left."""

import re
from typing import Any, NamedTuple

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
"""What a tag becomes."""

CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
"""The named characters that are known; any other name stays as it is written."""

_TAG = re.compile(r"<(/?)([^\s<>/]*)([^<>]*)>")
_CHARACTER = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-zA-Z]{1,10}));")


class BrokenHtmlError(ValueError):
    """Telegram would answer "can't parse entities"."""


class Open(NamedTuple):
    """A tag that waits for its end."""

    name: str
    attributes: str
    offset: int


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text, without space at either end, and its entities with offsets in UTF-16 units.

    Raises:
        BrokenHtmlError: Telegram would refuse it.
    """
    text, at = "", 0
    entities: list[dict[str, Any]] = []
    waiting: list[Open] = []
    while (start := html.find("<", at)) >= 0:
        text += _plain(html[at:start])
        tag = _TAG.match(html, start)
        where = len(html[:start].encode())
        if tag is None:
            raise BrokenHtmlError(f"Unclosed start tag at byte offset {where}")
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if closing:
            entities.append(_close(waiting, name, text, where))
        elif name not in TAGS or (name == "span" and "tg-spoiler" not in attributes):
            raise BrokenHtmlError(f'Unsupported start tag "{name}" at byte offset {where}')
        else:
            waiting.append(Open(name, attributes, units(text)))
        at = tag.end()
    if waiting:
        raise BrokenHtmlError(f'Can\'t find end tag corresponding to start tag "{waiting[-1].name}"')
    text += _plain(html[at:])
    return _trim(text, [entity for entity in entities if entity["length"]])


def _plain(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        if decimal or hexadecimal:
            return chr(int(decimal or hexadecimal, 10 if decimal else 16))
        return CHARACTERS.get(name, match[0])

    return _CHARACTER.sub(character, text)


def _close(waiting: list[Open], name: str, text: str, where: int) -> dict[str, Any]:
    if not waiting:
        raise BrokenHtmlError(f"Unexpected end tag at byte offset {where}")
    opened = waiting.pop()
    if name not in ("", opened.name):
        raise BrokenHtmlError(
            f'Unmatched end tag at byte offset {where}, expected "</{opened.name}>", found "</{name}>"'
        )
    entity = {"type": TAGS[opened.name], "offset": opened.offset, "length": units(text) - opened.offset}
    if opened.name == "a":
        target = re.search(r'href\s*=\s*"([^"]*)"', opened.attributes)
        entity["url"] = _plain(target[1]) if target else ""
    if opened.name == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _trim(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return text, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))
