"""Choosing the pieces of the vocabulary that Chinese and English replies need.

Three quarters of the multilingual vocabulary serve other languages. What stays: everything in Chinese
characters, digits, punctuation and emoji, and the Latin pieces that split the commonest English words and
the corpus just as the full vocabulary does.
"""

import unicodedata
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from wordfreq import top_n_list

from dialogues.grading.training.container import SPECIALS

Pieces = list[tuple[str, float]]

UNKNOWN = 3
CHUNK = 1000
UNSEEN = "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f]"
"""Zero-width characters, direction marks and variation selectors."""


def tokenizer(pieces: Pieces) -> Tokenizer:
    """Builds the tokenizer over these pieces; offsets refer to the text as it was given."""
    built = Tokenizer(models.Unigram(pieces, UNKNOWN, False))
    built.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(UNSEEN), ""),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\p{Cc}\s]"), " "),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    built.decoder = decoders.Metaspace()
    return built


def _is_han(char: str) -> bool:
    return "CJK" in unicodedata.name(char, "") or "\u3400" <= char <= "\u9fff"


def _belongs(piece: str) -> bool:
    """Whether a piece is kept for its script alone: Chinese, digits, punctuation, symbols, short Latin."""
    body = piece.replace("▁", "")
    letters = [char for char in body if char.isalpha()]
    if all(_is_han(char) for char in letters):
        return True
    if body.isascii() and len(body) <= 2:
        return True
    return len(body) == 1 and "LATIN" in unicodedata.name(body, "")


def _words(common: int, capitals: int) -> Iterable[str]:
    """The commonest English words in the forms in which they are typed, word-initial and mid-word."""
    for rank, word in enumerate(top_n_list("en", common)):
        yield from (word, word.title(), "-" + word)
        if rank < capitals:
            yield word.upper()


def used(full: Tokenizer, texts: Iterable[str]) -> set[int]:
    """The ids that appear when these texts are tokenised."""
    ids: set[int] = set()
    batch = list(texts)
    for start in range(0, len(batch), CHUNK):
        for encoding in full.encode_batch_fast(batch[start : start + CHUNK], add_special_tokens=False):
            ids.update(encoding.ids)
    return ids


def keep(pieces: Pieces, texts: Iterable[str], common: int = 115_000, capitals: int = 20_000) -> list[int]:
    """Chooses the ids of the full vocabulary to keep, in ascending order, special pieces first.

    Args:
        pieces: The full vocabulary.
        texts: The corpus, every piece of which is kept.
        common: How many of the commonest English words must split as before.
        capitals: How many of them also in capitals.
    """
    full = tokenizer(pieces)
    kept = set(range(SPECIALS))
    kept.update(number for number, (piece, _) in enumerate(pieces) if number >= SPECIALS and _belongs(piece))
    kept.update(used(full, _words(common, capitals)))
    kept.update(used(full, texts))
    kept.discard(next(number for number, (piece, _) in enumerate(pieces) if piece == "<mask>"))
    return sorted(kept)
