"""Rows as tensors: ids, parts, and what the network should say about them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from dialogues.grading.training.data import ACTS, Row
from dialogues.grading.training.encoder import CONTEXT, PADDING, REPLY

OPEN, PAD, CLOSE = 0, 1, 2
"""The ids of `<s>`, `<pad>` and `</s>`."""

CONTEXT_TOKENS = 40
MOST_TOKENS = 256


@dataclass(frozen=True)
class Batch:
    """Some rows side by side.

    Attributes:
        ids: Piece ids `[rows, tokens]`.
        part: 0 for padding, 1 for context, 2 for the reply `[rows, tokens]`.
        acts: 1 for each act that a reply carries `[rows, acts]`.
        marks: 1 for each act that a token shows `[rows, tokens, acts]`.
        marked: 1 for each token of a reply with marked spans `[rows, tokens]`.
    """

    ids: Tensor
    part: Tensor
    acts: Tensor
    marks: Tensor
    marked: Tensor


class Collator:
    """Turns rows into batches.

    Args:
        tokenizer: The pruned tokenizer.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def encode(self, row: Row) -> tuple[list[int], Encoding]:
        """The ids of the context, cut at its beginning, and the encoded reply."""
        context = self.tokenizer.encode(row.context, add_special_tokens=False)
        return context.ids[-CONTEXT_TOKENS:], self.tokenizer.encode(row.text, add_special_tokens=False)

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Puts rows side by side, padded to the longest."""
        encoded = [self.encode(row) for row in rows]
        width = min(MOST_TOKENS, max(len(context) + len(reply.ids) + 3 for context, reply in encoded))
        ids = torch.full((len(rows), width), PAD)
        part = torch.full((len(rows), width), PADDING)
        acts = torch.zeros(len(rows), len(ACTS))
        marks = torch.zeros(len(rows), width, len(ACTS))
        marked = torch.zeros(len(rows), width)
        for number, (row, (context, reply)) in enumerate(zip(rows, encoded, strict=True)):
            first = len(context) + 2
            said = reply.ids[: width - first - 1]
            line = [OPEN, *context, CLOSE, *said, CLOSE]
            ids[number, : len(line)] = torch.tensor(line)
            part[number, :first] = CONTEXT
            part[number, first : len(line)] = REPLY
            for act in row.acts:
                acts[number, ACTS.index(act)] = 1
            if row.spans is None:
                continue
            marked[number, first : len(line)] = 1
            for act, start, end in row.spans:
                touched = [
                    first + at
                    for at, (left, right) in enumerate(reply.offsets[: len(said)])
                    if left < end and right > start
                ]
                marks[number, touched, ACTS.index(act)] = 1
        return Batch(ids, part, acts, marks, marked)


def bucketed(rows: Sequence[Row], size: int, dice: random.Random | None) -> Iterator[list[int]]:
    """Numbers of rows in batches of like length; with dice in random order, without in order of length."""
    order = sorted(range(len(rows)), key=lambda at: _length(rows[at]) + (dice.random() * 12 if dice else 0))
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if dice:
        dice.shuffle(batches)
    yield from batches


def _length(row: Row) -> float:
    """A guess at the number of tokens."""
    context, reply = len(row.context), len(row.text)
    return (context + reply) * (0.7 if row.lang == "zh" else 0.27)
