"""Fine-tuning: the recipe, the losses, and the judgement of rows with a trained network."""

import logging
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from dialogues.acts import FAULTS
from dialogues.grading.training import prune
from dialogues.grading.training.batches import Batch, Collator, bucketed
from dialogues.grading.training.container import Container, Floats
from dialogues.grading.training.data import ACTS, Row, Varier
from dialogues.grading.training.encoder import REPLY, Recogniser, build
from dialogues.grading.training.likeness import Teacher, Topic
from dialogues.grading.training.likeness import loss as likeness_loss
from dialogues.grading.training.prune import UNKNOWN

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: Passes over the corpus, each with new variations.
        batch: Rows a step.
        rate: Learning rate of the top layer.
        layer_decay: Factor on the rate from each layer to the one below.
        frozen: The lowest layers, which stay as they are, with the embeddings.
        head_rate: Learning rate of the heads.
        weight_decay: Of matrices; vectors have none.
        warmup: Share of the steps in which the rates rise.
        dropout: In encoder and head.
        forget: Share of the pieces that are made unknown.
        vary: Whether rows are varied (0 or 1).
        marks: Weight of the loss on marked words.
        fault: Weight of the loss on having any fault.
        meaning: Weight of the loss on likeness of meaning.
        meaning_every: Steps from one lesson in likeness to the next.
        meaning_layer: The layer whose states carry meaning, counted from 1.
        seed: Of everything random.
    """

    epochs: int = 5
    batch: int = 24
    rate: float = 2e-4
    layer_decay: float = 0.93
    frozen: int = 3
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.08
    dropout: float = 0.1
    forget: float = 0.05
    vary: int = 1
    marks: float = 1.0
    fault: float = 2.0
    meaning: float = 1.0
    meaning_every: int = 6
    meaning_layer: int = 8
    seed: int = 1


FAULTY = [act in FAULTS for act in ACTS]

LOW, HIGH = 0.01, 0.98
"""Targets for an act that is absent and one that is present."""

HEAVIEST = 4.0
"""The most that a present act may weigh against an absent one."""

CLIP = 1.0


def standardise(model: Recogniser, collator: Collator, rows: Sequence[Row], batch: int = 64) -> None:
    """Sets the heads' means and deviations from the reply tokens of these rows."""
    model.eval()
    last, middle = [], []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for some in bucketed(rows, batch, None):
            packed = collator.collate([rows[at] for at in some])
            every = model.encoder(packed.ids, packed.part > 0)
            last.append(every[-1][packed.part == REPLY].float())
            middle.append(every[model.meaning_layer - 1][packed.part == REPLY].float())
    model.head.standard.measure(torch.cat(last))
    model.meaning.standard.measure(torch.cat(middle))


def _weights(rows: Sequence[Row]) -> Tensor:
    """How much a present act weighs, by how rare it is; a fault never more than an absent one."""
    present = torch.tensor([sum(act in row.acts for row in rows) for act in ACTS]).clamp_min(1)
    weights = ((len(rows) - present) / present).sqrt().clamp(1, HEAVIEST)
    return torch.where(torch.tensor(FAULTY), torch.ones_like(weights), weights)


def _loss(model: Recogniser, batch: Batch, weights: Tensor, recipe: Recipe) -> Tensor:
    """The sum over acts of the errors on replies and on words, and the error on having any fault."""
    said = model(batch.ids, batch.part)
    bce = nn.functional.binary_cross_entropy_with_logits
    soft = batch.acts * (HIGH - LOW) + LOW
    loss = bce(said.acts.float(), soft, pos_weight=weights, reduction="none").sum(1).mean()
    if recipe.fault:
        faulty = batch.acts[:, FAULTY].amax(1) * (HIGH - LOW) + LOW
        loss = loss + recipe.fault * bce(said.fault.float(), faulty)
    if recipe.marks and (count := batch.marked.sum()) > 0:
        words = bce(said.marks.float(), batch.marks, pos_weight=weights.sqrt(), reduction="none").sum(2)
        loss = loss + recipe.marks * (words * batch.marked).sum() / count
    return loss


def _groups(model: Recogniser, recipe: Recipe) -> list[dict[str, object]]:
    """Parameters with their rates, falling from layer to layer; what lies lowest stays as it is."""
    for part in (model.encoder.word, model.encoder.position, model.encoder.norm):
        part.requires_grad_(False)
    model.encoder.segment.requires_grad_(False)
    model.encoder.layers[: recipe.frozen].requires_grad_(False)
    top = len(model.encoder.layers)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("encoder.layers."):
            rate = recipe.rate * recipe.layer_decay ** (top - 1 - int(name.split(".")[2]))
        else:
            rate = recipe.head_rate
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": some, "lr": rate, "weight_decay": decay} for (rate, decay), some in groups.items()]


@dataclass(frozen=True)
class Bench:
    """What every training shares.

    Attributes:
        container: The pretrained encoder.
        kept: The ids of its pieces that are kept.
        tokenizer: Over these pieces.
        topics: Phrasings to teach likeness of meaning with.
    """

    container: Container
    kept: list[int]
    tokenizer: Tokenizer
    topics: Sequence[Topic]


def prepare(container: Container, rows: Sequence[Row], topics: Sequence[Topic]) -> Bench:
    """Prunes the vocabulary for a corpus."""
    texts = [text for row in rows for text in (row.text, row.context)]
    texts += [text for topic in topics for some in topic.phrasings.values() for text in some]
    kept = prune.keep(container.pieces, texts)
    tokenizer = prune.tokenizer([container.pieces[number] for number in kept])
    log.info("rows=%d topics=%d pieces=%d", len(rows), len(topics), len(kept))
    return Bench(container, kept, tokenizer, topics)


def begin(bench: Bench, rows: Sequence[Row], recipe: Recipe) -> Recogniser:
    """A network with the pretrained encoder and heads that know nothing yet."""
    torch.manual_seed(recipe.seed)
    encoder = build(bench.container, bench.kept, recipe.dropout)
    hidden = bench.container.sizes.hidden
    model = Recogniser(encoder, hidden, FAULTY, recipe.meaning_layer, recipe.dropout)
    standardise(model, Collator(bench.tokenizer), rows)
    return model


def fit(bench: Bench, rows: Sequence[Row], recipe: Recipe, model: Recogniser | None = None) -> Recogniser:
    """Trains a network on rows; the same arguments give the same network on the same machine.

    Args:
        bench: What every training shares.
        rows: What to train on.
        recipe: How.
        model: A network to train further, in place; by default a new one.
    """
    torch.manual_seed(recipe.seed)
    dice = random.Random(recipe.seed)
    model = model or begin(bench, rows, recipe)
    collator = Collator(bench.tokenizer)
    weights = _weights(rows)
    varier = Varier(rows)
    lessons = Teacher(bench.topics, rows, collator, dice).lessons()
    optimizer = torch.optim.AdamW(_groups(model, recipe), fused=True)
    steps = recipe.epochs * math.ceil(len(rows) / recipe.batch)
    rising = max(1, round(steps * recipe.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, (steps - step) / max(1, steps - rising))
    )
    step = 0
    for epoch in range(recipe.epochs):
        began, total, taught = time.monotonic(), 0.0, 0.0
        varied = [varier.vary(row, dice) if recipe.vary else row for row in rows]
        model.train()
        for some in bucketed(varied, recipe.batch, dice):
            batch = _forgetful(collator.collate([varied[at] for at in some]), recipe.forget)
            with torch.autocast("cpu", torch.bfloat16):
                loss = _loss(model, batch, weights, recipe)
            torch.autograd.backward(loss)
            if recipe.meaning and step % recipe.meaning_every == 0:
                lesson = next(lessons)
                with torch.autocast("cpu", torch.bfloat16):
                    vectors = model.means(lesson.batch.ids, lesson.batch.part)
                likeness = recipe.meaning * likeness_loss(vectors, lesson)
                torch.autograd.backward(likeness)
                taught = likeness.item()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            step += 1
            total += loss.item() * len(some)
        seconds, mean = time.monotonic() - began, total / len(rows)
        log.info("epoch=%d loss=%.3f meaning=%.3f seconds=%.0f", epoch + 1, mean, taught, seconds)
    return model.eval()


def _forgetful(batch: Batch, share: float) -> Batch:
    """The batch with some pieces of text made unknown, so that no single word decides."""
    lost = (torch.rand(batch.ids.shape) < share) & (batch.ids > UNKNOWN)
    return replace(batch, ids=torch.where(lost, UNKNOWN, batch.ids))


def judge(
    model: Recogniser, tokenizer: Tokenizer, rows: Sequence[Row], batch: int = 32
) -> tuple[Floats, list[Floats]]:
    """The network's logits for replies `[rows, acts]`, and for the tokens of each reply."""
    collator = Collator(tokenizer)
    model.eval()
    acts = np.zeros((len(rows), len(ACTS)), np.float32)
    marks: list[Floats] = [np.zeros((0, len(ACTS)), np.float32)] * len(rows)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for some in bucketed(rows, batch, None):
            packed = collator.collate([rows[at] for at in some])
            said = model(packed.ids, packed.part)
            acts[some] = said.acts.float().numpy()
            for place, at in enumerate(some):
                marks[at] = said.marks[place][packed.part[place] == REPLY].float().numpy()
    return acts, marks
