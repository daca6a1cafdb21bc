"""How good judgements are, and the thresholds that turn probabilities into acts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialogues.acts import FAULTS, Act
from dialogues.grading.training.container import Floats
from dialogues.grading.training.data import ACTS, Row

Flags = NDArray[np.bool_]

FAULT = np.array([act in FAULTS for act in ACTS])

GRID = np.arange(0.3, 0.95, 0.025)
PRIOR = 30
"""A threshold chosen on as many present acts lies half-way between its best value and the usual one."""

USUAL = 0.5
MOST_ACCUSED = 0.025

STRICT_GRID = np.arange(0.5, 0.985, 0.02)
PRICES = np.arange(0.5, 8, 0.25)
MILD = 0.5
"""How much a wrong fault in a faulty reply counts against one in a faultless reply."""


@dataclass(frozen=True)
class Scores:
    """Judgements compared with labels.

    Attributes:
        rows: How many replies.
        macro: Mean F1 of the acts that occur.
        micro: F1 of all labels together.
        fault_precision: Share of the faults found that are right.
        fault_recall: Share of the faults that are found.
        accused: Share of the replies without a fault in which one is found.
        kept_empty: Share of the replies without any act in which none is found.
        per_act: F1 of each act that occurs.
    """

    rows: int
    macro: float
    micro: float
    fault_precision: float
    fault_recall: float
    accused: float
    kept_empty: float
    per_act: dict[Act, float]

    def __str__(self) -> str:
        return (
            f"rows={self.rows} macro={self.macro:.3f} micro={self.micro:.3f}"
            f" fault_precision={self.fault_precision:.3f} fault_recall={self.fault_recall:.3f}"
            f" accused={self.accused:.3f} kept_empty={self.kept_empty:.3f}"
        )


def labels(rows: Sequence[Row]) -> Flags:
    """What the rows are labelled with `[rows, acts]`."""
    return np.array([[act in row.acts for act in ACTS] for row in rows])


def decide(probabilities: Floats, thresholds: Floats) -> Flags:
    """Acts at or above their thresholds; of the two apologies only the likelier."""
    found = probabilities >= thresholds
    sincere, hollow = ACTS.index(Act.APOLOGIZE), ACTS.index(Act.HOLLOW_APOLOGY)
    both = found[:, sincere] & found[:, hollow]
    found[both, sincere] = probabilities[both, sincere] >= probabilities[both, hollow]
    found[both, hollow] = ~found[both, sincere]
    return found


def compare(expected: Flags, found: Flags) -> Scores:
    """Scores judgements against labels, both `[rows, acts]`."""
    hits, per_act = (expected & found).sum(0), {}
    sums = expected.sum(0) + found.sum(0)
    for number, act in enumerate(ACTS):
        if expected[:, number].any():
            per_act[act] = float(2 * hits[number] / sums[number])
    clean, empty = ~expected[:, FAULT].any(1), ~expected.any(1)
    return Scores(
        rows=len(expected),
        macro=float(np.mean(list(per_act.values()))),
        micro=_share(2 * hits.sum(), sums.sum()),
        fault_precision=_share(hits[FAULT].sum(), found[:, FAULT].sum()),
        fault_recall=_share(hits[FAULT].sum(), expected[:, FAULT].sum()),
        accused=_share(found[clean][:, FAULT].any(1).sum(), clean.sum()),
        kept_empty=_share((~found[empty].any(1)).sum(), empty.sum()),
        per_act=per_act,
    )


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def thresholds(expected: Flags, probabilities: Floats) -> Floats:
    """The threshold of each act, drawn towards the usual one where examples are few.

    Good acts get the best F1. Faults share a price for each wrong accusation, as low as it may be while
    few replies without a fault are accused: each fault spends where it finds most.
    """
    chosen = np.full(len(ACTS), USUAL, np.float32)
    for number in np.nonzero(~FAULT)[0]:
        present = expected[:, number]
        best = GRID[int(np.argmax([_f1(present, probabilities[:, number] >= limit) for limit in GRID]))]
        trust = present.sum() / (present.sum() + PRIOR)
        chosen[number] = trust * best + (1 - trust) * USUAL
    clean = ~expected[:, FAULT].any(1)
    for price in PRICES:
        for number in np.nonzero(FAULT)[0]:
            present, limits = expected[:, number], STRICT_GRID[:, None]
            found = probabilities[:, number] >= limits
            unfair = (found & clean).sum(1) + MILD * (found & ~clean & ~present).sum(1)
            gain = (found & present).sum(1) - price * unfair
            best = STRICT_GRID[int(np.argmax(gain))]
            trust = present.sum() / (present.sum() + PRIOR)
            chosen[number] = trust * best + (1 - trust) * max(USUAL, float(np.median(STRICT_GRID)))
        if compare(expected, decide(probabilities, chosen)).accused <= MOST_ACCUSED:
            break
    return chosen


def _f1(expected: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    return _share(2 * (expected & found).sum(), expected.sum() + found.sum())
