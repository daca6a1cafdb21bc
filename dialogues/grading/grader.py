"""Text and context in, acts with evidence out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dialogues.acts import Act
from dialogues.grading import borders
from dialogues.grading.model import ActModel, Floats, Prediction
from dialogues.grading.reply import is_silent, normalize

SURE = 0.15
"""How far above its threshold an act's probability must be for the grader to be sure of it."""

_WINDOW = 220
"""Characters that the model reads at once; what is longer is read sentence by sentence."""

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?\n]*|[。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """An act and the words that show it.

    Attributes:
        act: The act.
        start: Offset of the words in the reply, in characters.
        end: Offset behind them.
        sure: Whether the grader is sure of the act.
    """

    act: Act
    start: int
    end: int
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Grade:
    """A graded reply.

    Attributes:
        evidence: Acts in the order in which they are said; an act stands once for each place that shows it.
        meaning: What the words between two offsets mean, as a unit vector.
    """

    evidence: tuple[Evidence, ...]
    meaning: Callable[[int, int], Floats]

    @property
    def acts(self) -> frozenset[Act]:
        """The reply's labels."""
        return frozenset(item.act for item in self.evidence)


class Grader:
    """Recognises the acts of a reply; the same text and context always give the same grade."""

    def __init__(self, model: ActModel) -> None:
        self._model = model

    @property
    def version(self) -> str:
        """Version of the weights, stored with what they graded."""
        return self._model.meta.version

    def grade(self, text: str, context: str = "") -> Grade:
        """Grade one reply.

        Args:
            text: What the staff member wrote; offsets refer to it.
            context: The customer's last line; may be empty.
        """
        if is_silent(text):
            return Grade((Evidence(Act.LISTEN, 0, len(text)),), lambda start, end: np.zeros(1, np.float32))
        windows = list(_windows(normalize(text)))
        predictions = self._model.predict([(window, normalize(context)) for _, window in windows])
        found: list[Evidence] = []
        for (offset, _), prediction in zip(windows, predictions, strict=True):
            found += _evidence(prediction, offset)
        return Grade(
            tuple(sorted(found, key=lambda item: (item.start, item.end, item.act))),
            lambda start, end: _meaning(windows, predictions, start, end),
        )


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """The text in parts that the model can read whole, with their offsets; cut at the ends of sentences."""
    if len(text) <= _WINDOW:
        yield 0, text
        return
    start, end = 0, 0
    for sentence in _SENTENCE.finditer(text):
        while sentence.end() - start > _WINDOW:
            cut = end if end > start else start + _WINDOW
            if not is_silent(text[start:cut]):
                yield start, text[start:cut]
            start = cut
        end = sentence.end()
    if not is_silent(text[start:]):
        yield start, text[start:]


def _evidence(prediction: Prediction, offset: int) -> list[Evidence]:
    meta = prediction.meta
    acts = set(prediction.acts)
    spans = {act: prediction.spans(act) for act in acts}
    borders.apply(prediction, spans)
    thresholds = dict(zip(meta.acts, meta.thresholds, strict=True))
    return [
        Evidence(act, offset + start, offset + end, prediction.probability(act) >= thresholds[act] + SURE)
        for act, found in spans.items()
        for start, end in found
    ]


def _meaning(windows: list[tuple[int, str]], predictions: list[Prediction], start: int, end: int) -> Floats:
    """The vector of the window in which most of the words stand."""

    def shared(number: int) -> int:
        offset, window = windows[number]
        return min(end, offset + len(window)) - max(start, offset)

    best = max(range(len(windows)), key=shared)
    offset = windows[best][0]
    return predictions[best].embedding(max(0, start - offset), end - offset)
