"""A reply's spelling made uniform, character for character, so that offsets stay true.

Traditional characters become simplified ones, full-width forms plain ones, and the homophones that
voice typing puts into the words that matter ("报歉") the words that were meant. Every step maps one
character to one character: evidence found in the result stands at the same place in the original.
"""

import unicodedata
from functools import cache
from importlib import resources

from opencc import OpenCC
from pypinyin import lazy_pinyin

_LONGEST = 4
"""Characters of the longest word in the list of homophones."""


def normalize(text: str) -> str:
    """The reply in uniform spelling; exactly as long as the text."""
    plain = "".join(_plain(char) for char in text)
    return _homophones(_simplify(plain))


def is_silent(text: str) -> bool:
    """Whether a reply says nothing: no letter, digit or symbol in it."""
    return not any(unicodedata.category(char)[0] in "LNS" for char in text)


def _plain(char: str) -> str:
    """One character in its compatibility form, where that is one character too."""
    form = unicodedata.normalize("NFKC", char)
    return form if len(form) == 1 else char


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _simplify(text: str) -> str:
    if text.isascii():
        return text
    simplified = _converter().convert(text)
    if len(simplified) == len(text):
        return str(simplified)
    return "".join(one if len(one := _converter().convert(char)) == 1 else char for char in text)


@cache
def _meant() -> dict[tuple[str, ...], str]:
    """The words that voice typing misspells, by their sound."""
    file = resources.files("dialogues.languages") / "zh" / "homophones.txt"
    words = file.read_text(encoding="utf-8").split()
    return {tuple(lazy_pinyin(word)): word for word in words}


def _homophones(text: str) -> str:
    """Words of the list put back where another word of the same sound stands.

    At least one character must be right already: two words of the same sound with no character in
    common are more likely two words.
    """
    if text.isascii():
        return text
    meant = _meant()
    sounds = [lazy_pinyin(char)[0] if "\u4e00" <= char <= "\u9fff" else "" for char in text]
    out = list(text)
    start = 0
    while start < len(text):
        step = 1
        for length in range(min(_LONGEST, len(text) - start), 1, -1):
            word = meant.get(tuple(sounds[start : start + length]))
            written = text[start : start + length]
            if word and word != written and any(a == b for a, b in zip(word, written, strict=True)):
                out[start : start + length] = word
                step = length
                break
        start += step
    return "".join(out)
