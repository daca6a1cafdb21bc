"""Teaching likeness of meaning: phrasings of one question or solution lie close, all others apart.

A file of phrasings holds one topic a line: `situation`, `topic`, `kind` (fact, need or solution) and its
phrasings by language. Those of the same situation are the hardest to tell apart and stand in one batch.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from dialogues.acts import Act
from dialogues.grading.reply import normalize
from dialogues.grading.training.batches import Batch, Collator
from dialogues.grading.training.data import ACTS, Row, Varier, join
from dialogues.grading.training.encoder import MEANING_WIDTH, Recogniser

SHRINKAGE = 1.0
"""How far the spread inside topics is drawn towards an even one."""

TEMPERATURE = 0.06
SHARPNESS = 12.0
EVEN = 0.5
"""The likeness at which two sentences are as likely about one thing as about two."""

SITUATIONS = 2
PER_LANGUAGE = 2
OTHERS = 10
"""In a batch: situations, phrasings of a topic in each language, and sentences that are about nothing."""

LONGEST = {"zh": 40, "en": 110}
"""Characters of such a sentence."""

FAR = 4.0
"""Weight of pairs that are apart against pairs that belong together."""

ALONE = 0.75
"""Share of the phrasings that stand alone; the others stand beside a short reply."""


@dataclass(frozen=True)
class Topic:
    """Phrasings of one question or solution, by language."""

    situation: str
    name: str
    kind: str
    phrasings: dict[str, list[str]]


def read(path: Path) -> list[Topic]:
    """Reads a file of phrasings."""
    topics = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        phrasings = {lang: [normalize(text) for text in record[lang]] for lang in ("zh", "en")}
        topics.append(Topic(record["situation"], record["topic"], record["kind"], phrasings))
    return topics


@dataclass(frozen=True)
class Lesson:
    """Sentences to compare.

    Attributes:
        batch: The sentences.
        quotes: For each the tokens that count, as weights of a mean `[sentences, tokens]`.
        groups: The topic of each; the same number is the same topic, -1 is about nothing `[sentences]`.
        apart: Whether two sentences are known to be about different things `[sentences, sentences]`.
    """

    batch: Batch
    quotes: Tensor
    groups: Tensor
    apart: Tensor


class Teacher:
    """Draws lessons.

    Args:
        topics: What there is to tell apart.
        rows: Replies, from which neighbours and sentences about nothing are taken.
        collator: Makes batches.
        dice: Draws.
    """

    def __init__(
        self, topics: Sequence[Topic], rows: Sequence[Row], collator: Collator, dice: random.Random
    ) -> None:
        self.by_situation: dict[str, list[Topic]] = defaultdict(list)
        for topic in topics:
            self.by_situation[topic.situation].append(topic)
        self.rows = [row for row in rows if row.text]
        self.varier = Varier(rows)
        self.collator = collator
        self.dice = dice

    def lessons(self) -> Iterator[Lesson]:
        """Lessons without end; each round takes every situation once."""
        while True:
            situations = sorted(self.by_situation)
            self.dice.shuffle(situations)
            for start in range(0, len(situations) - SITUATIONS + 1, SITUATIONS):
                yield self._lesson(situations[start : start + SITUATIONS])

    def _lesson(self, situations: Sequence[str]) -> Lesson:
        rows: list[Row] = []
        topics: list[Topic | None] = []
        for situation in situations:
            for topic in self.by_situation[situation]:
                for lang, texts in topic.phrasings.items():
                    for text in self.dice.sample(texts, min(PER_LANGUAGE, len(texts))):
                        rows.append(self._placed(lang, text))
                        topics.append(topic)
        for _ in range(OTHERS):
            rows.append(self._aside())
            topics.append(None)
        names = {id(topic): number for number, topic in enumerate(filter(None, topics))}
        groups = torch.tensor([names[id(topic)] if topic else -1 for topic in topics])
        apart = torch.tensor([[_apart(one, other) for other in topics] for one in topics])
        batch = self.collator.collate(rows)
        quoted = batch.marks[:, :, ACTS.index(MARKER)]
        quotes = quoted / quoted.sum(1, keepdim=True).clamp_min(1)
        return Lesson(batch, quotes, groups, apart)

    def _placed(self, lang: str, text: str) -> Row:
        """A phrasing alone or beside another sentence; its own words are marked."""
        row = Row("", lang, "", "", text, frozenset({MARKER}), ((MARKER, 0, len(text)),))
        tails = self.varier.tails[lang, False]
        if self.dice.random() > ALONE and tails:
            other = replace(self.dice.choice(tails), acts=frozenset({MARKER}), spans=())
            row = join(row, other) if self.dice.random() < 0.5 else join(other, row)
        return self.varier.vary(row, self.dice)

    def _aside(self) -> Row:
        """Some words of the corpus, by themselves."""
        while True:
            row = self.dice.choice(self.rows)
            _, start, end = self.dice.choice(row.spans or ((MARKER, 0, len(row.text)),))
            if 0 < end - start <= LONGEST[row.lang]:
                return self._placed(row.lang, row.text[start:end])


MARKER = Act.HOLLOW_APOLOGY
"""Marks the words that count; an act that variation leaves alone."""


def _apart(one: Topic | None, other: Topic | None) -> bool:
    """Whether two topics are surely different; in two situations, the names tell."""
    if one is None or other is None:
        return one is not other
    if one.situation == other.situation:
        return one.name != other.name
    return one.kind != other.kind or set(one.name.split("_")).isdisjoint(other.name.split("_"))


def loss(vectors: Tensor, lesson: Lesson) -> Tensor:
    """How badly vectors `[sentences, tokens, width]` tell the lesson's sentences apart.

    The first part wants the sentences of one topic nearest to each other; the second wants likeness itself
    to say whether two sentences are about one thing.
    """
    means = nn.functional.normalize((lesson.quotes[:, :, None] * vectors.float()).sum(1), dim=1)
    likeness = means @ means.T
    own = torch.eye(len(means), dtype=torch.bool)
    same = (lesson.groups[:, None] == lesson.groups) & (lesson.groups >= 0)[:, None] & ~own
    compared = same | lesson.apart
    scores = torch.where(compared, likeness / TEMPERATURE, -1e4)
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    known = same.any(1)
    nearest = -(log_shares * same).sum(1)[known] / same.sum(1)[known]
    odds = SHARPNESS * (likeness - EVEN)
    close, far = nn.functional.softplus(-odds)[same], nn.functional.softplus(odds)[lesson.apart]
    return nearest.mean() + close.mean() + FAR * far.mean()


def settle(model: Recogniser, collator: Collator, topics: Sequence[Topic], batch: int = 64) -> None:
    """Replaces the meaning head's projection by the one that tells the topics apart best.

    Linear discriminant analysis on what the trained encoder says about each phrasing: what varies inside
    a topic is shrunk, what varies between topics stays, and sentences about nothing lie around zero.
    """
    texts = [
        (number, Row("", lang, "", "", text, frozenset({MARKER}), ((MARKER, 0, len(text)),)))
        for number, topic in enumerate(topics)
        for lang, some in topic.phrasings.items()
        for text in some
    ]
    model.eval()
    features = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(texts), batch):
            packed = collator.collate([row for _, row in texts[start : start + batch]])
            quoted = packed.marks[:, :, ACTS.index(MARKER)]
            states = model.encoder(packed.ids, packed.part > 0, model.meaning_layer)[-1].float()
            means = (states * quoted[:, :, None]).sum(1) / quoted.sum(1, keepdim=True).clamp_min(1)
            features.append(model.meaning.standard(means))
    known, topic = torch.cat(features).double(), torch.tensor([number for number, _ in texts])
    shares = nn.functional.one_hot(topic).double()
    centres = (shares.T @ known) / shares.sum(0)[:, None]
    inner, middle = known - centres[topic], known.mean(0)
    within = inner.T @ inner / len(known)
    within += SHRINKAGE * within.trace() / len(within) * torch.eye(len(within), dtype=within.dtype)
    between = (centres - middle).T @ (centres - middle) / len(centres)
    whiten = torch.linalg.cholesky(torch.linalg.inv(within))
    _, directions = torch.linalg.eigh(whiten.T @ between @ whiten)
    weight = (whiten @ directions.flip(1)[:, :MEANING_WIDTH]).T
    project = nn.Linear(known.shape[1], MEANING_WIDTH)
    with torch.no_grad():
        project.weight.copy_(weight)
        project.bias.copy_(-weight @ middle)
    model.meaning.project = project
