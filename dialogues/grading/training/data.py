"""The labelled corpus, and the ways in which a reply is varied while training.

A corpus is a folder of JSON Lines files, one file a source (a writer). A row holds `id`, `lang`, `source`,
`situation`, `context` (the customer's last line), `text` (the reply), `acts` and `spans`: `[act, start, end]`
in characters of the text; `spans` is null where nobody has marked any.
"""

import hashlib
import json
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from opencc import OpenCC
from pypinyin import lazy_pinyin
from wordfreq import top_n_list

from dialogues.acts import FAULTS, Act
from dialogues.grading.reply import normalize

ACTS = tuple(Act)
"""The order of the network's outputs."""

Span = tuple[Act, int, int]


@dataclass(frozen=True)
class Row:
    """One labelled reply.

    Attributes:
        id: Unique in the corpus.
        lang: `zh` or `en`.
        source: Who wrote it; rows of one source resemble each other.
        context: The customer's last line, possibly empty.
        text: The reply.
        acts: Its acts.
        spans: The words that show each act, or None where they are not marked.
    """

    id: str
    lang: str
    source: str
    context: str
    text: str
    acts: frozenset[Act]
    spans: tuple[Span, ...] | None

    @property
    def is_faulty(self) -> bool:
        """Whether the reply carries a fault."""
        return not self.acts.isdisjoint(FAULTS)


def _row(record: dict[str, Any], spelled: Callable[[str], str]) -> Row:
    spans = record.get("spans")
    return Row(
        id=record["id"],
        lang=record["lang"],
        source=record["source"],
        context=spelled(record.get("context") or ""),
        text=spelled(record["text"]),
        acts=frozenset(map(Act, record["acts"])),
        spans=None if spans is None else tuple((Act(act), start, end) for act, start, end in spans),
    )


def read(folder: Path, *, normalise: bool = True) -> list[Row]:
    """Reads every file of a corpus, in the order of their names.

    Args:
        folder: Where the files are.
        normalise: Whether the spelling is made uniform, as it is before the product grades.

    Raises:
        ValueError: A row cannot be read; the message says where.
    """
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                rows.append(_row(json.loads(line), normalize if normalise else str))
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error
    return rows


def fingerprint(rows: Iterable[Row]) -> str:
    """A short hash of the corpus that weights were trained on."""
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: row.id):
        digest.update(repr((row.id, row.context, row.text, sorted(row.acts), row.spans)).encode())
    return digest.hexdigest()[:16]


def letters(text: str) -> str:
    """The text without case, punctuation and spaces: what makes two replies the same."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())


def writer(row: Row) -> str:
    """Who wrote a row, whatever its language: the source without its language."""
    return row.source.removeprefix(row.lang + "-")


# Variation: each function returns a replacement for every character, so that spans can follow.

Pieces = list[str]
Variation = Callable[[Row, random.Random], Pieces | None]

EMOJI = ("🙏", "😊", "😂", "🥹", "😅", "🙇", "❤️", "👍", "😭", "🌹", "[抱拳]", "[微笑]", "~", "🙏🙏", "😊😊")

CONTEXT_BOUND = FAULTS | {Act.LISTEN, Act.OWN, Act.ASK_CHECK, Act.SUMMARIZE}
"""Acts that another last line of the customer could turn into something else."""


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P" and char not in "'’"


def without_punctuation(row: Row, dice: random.Random) -> Pieces | None:
    """Punctuation left out, or blanks in its place."""
    blank = " " if row.lang == "en" or dice.random() < 0.5 else ""
    return [blank if _is_punctuation(char) else char for char in row.text]


def without_final_stop(row: Row, dice: random.Random) -> Pieces | None:
    """Only the last mark left out."""
    pieces = list(row.text)
    if pieces and _is_punctuation(pieces[-1]):
        pieces[-1] = ""
    return pieces


def lower_case(row: Row, dice: random.Random) -> Pieces | None:
    """Small letters throughout."""
    return [char.lower() for char in row.text]


def upper_case(row: Row, dice: random.Random) -> Pieces | None:
    """Capitals throughout."""
    return [char.upper() for char in row.text]


def without_apostrophes(row: Row, dice: random.Random) -> Pieces | None:
    """`dont` for `don't`."""
    return ["" if char in "'’" else char for char in row.text]


def mistyped(row: Row, dice: random.Random) -> Pieces | None:
    """One English letter missing, doubled or swapped with the next."""
    pieces = list(row.text)
    inner = [
        at
        for at in range(1, len(pieces) - 2)
        if all(char.isascii() and char.isalpha() for char in pieces[at - 1 : at + 2])
    ]
    if not inner:
        return None
    at = dice.choice(inner)
    match dice.randrange(3):
        case 0:
            pieces[at] = ""
        case 1:
            pieces[at] *= 2
        case _:
            pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
    return pieces


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")


def traditional(row: Row, dice: random.Random) -> Pieces | None:
    """Traditional characters."""
    converted = _converter().convert(row.text)
    return list(converted) if len(converted) == len(row.text) else None


def familiar(row: Row, dice: random.Random) -> Pieces | None:
    """The familiar 你 for the polite 您."""
    return ["你" if char == "您" else char for char in row.text]


@cache
def _homophones() -> dict[str, list[str]]:
    """For each common character the others that sound alike, tone aside."""
    words = top_n_list("zh", 6000)
    common = [word for word in words if len(word) == 1 and "\u4e00" <= word <= "\u9fff"][:1800]
    by_sound: dict[str, list[str]] = defaultdict(list)
    for char in common:
        by_sound[lazy_pinyin(char)[0]].append(char)
    return {char: [other for other in same if other != char] for same in by_sound.values() for char in same}


def misheard(row: Row, dice: random.Random) -> Pieces | None:
    """One or two characters written as voice typing hears them: 抱歉 becomes 报歉."""
    pieces = list(row.text)
    places = [at for at, char in enumerate(pieces) if _homophones().get(char)]
    if not places:
        return None
    for at in dice.sample(places, min(len(places), dice.choice((1, 1, 2)))):
        pieces[at] = dice.choice(_homophones()[pieces[at]][:6])
    return pieces


def with_emoji(row: Row, dice: random.Random) -> Pieces | None:
    """An emoji at the end."""
    pieces = list(row.text)
    if pieces:
        pieces[-1] += dice.choice(EMOJI)
    return pieces


CHANCES: dict[str, tuple[tuple[float, Variation], ...]] = {
    "zh": (
        (0.10, misheard),
        (0.06, traditional),
        (0.10, familiar),
        (0.15, without_punctuation),
        (0.15, without_final_stop),
        (0.05, with_emoji),
    ),
    "en": (
        (0.10, mistyped),
        (0.20, lower_case),
        (0.02, upper_case),
        (0.15, without_apostrophes),
        (0.15, without_punctuation),
        (0.10, without_final_stop),
        (0.04, with_emoji),
    ),
}


def rewrite(row: Row, pieces: Pieces) -> Row:
    """Puts replacements in the place of a reply's characters and moves its spans along."""
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    spans = row.spans and tuple((act, starts[start], starts[end]) for act, start, end in row.spans)
    return replace(row, text="".join(pieces), spans=spans)


def join(first: Row, second: Row) -> Row:
    """One reply that says what two say, one after the other; it has no id."""
    gap = " " if first.lang == "en" else "" if _is_punctuation(first.text[-1:] or " ") else "，"
    shift = len(first.text) + len(gap)
    spans = None
    if first.spans is not None and second.spans is not None:
        spans = first.spans + tuple((act, start + shift, end + shift) for act, start, end in second.spans)
    text = first.text + gap + second.text
    return replace(first, id="", text=text, acts=first.acts | second.acts, spans=spans)


class Varier:
    """Draws a variation of a row, anew every time.

    Args:
        rows: The training rows, from which contexts and second replies are borrowed.
    """

    JOIN = 0.12
    JOIN_LENGTH: ClassVar = {"zh": 24, "en": 70}
    CONTEXT_DROPPED = 0.12
    CONTEXT_SWAPPED = 0.12

    def __init__(self, rows: Sequence[Row]) -> None:
        self.contexts: dict[str, list[str]] = defaultdict(list)
        self.tails: dict[tuple[str, bool], list[Row]] = defaultdict(list)
        for row in rows:
            if row.context:
                self.contexts[row.lang].append(row.context)
            if row.acts and not row.is_faulty and len(row.text) <= self.JOIN_LENGTH[row.lang]:
                self.tails[row.lang, row.spans is None].append(row)

    def vary(self, row: Row, dice: random.Random) -> Row:
        """Varies a row; its acts stay true."""
        tails = self.tails[row.lang, row.spans is None]
        if dice.random() < self.JOIN and tails and letters(row.text) and Act.HOLLOW_APOLOGY not in row.acts:
            row = join(row, dice.choice(tails))
        for chance, variation in CHANCES[row.lang]:
            if dice.random() < chance:
                pieces = variation(row, dice)
                if pieces is not None and letters("".join(pieces)):
                    row = rewrite(row, pieces)
        draw = dice.random()
        if draw < self.CONTEXT_DROPPED:
            row = replace(row, context="")
        elif draw < self.CONTEXT_DROPPED + self.CONTEXT_SWAPPED and row.acts.isdisjoint(CONTEXT_BOUND):
            row = replace(row, context=dice.choice(self.contexts[row.lang] or [""]))
        return row
