"""How far a grader agrees with labels: per act, together, and on what matters most to staff."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dialogues.acts import FAULTS, Act
from dialogues.errors import ContentError

Span = tuple[int, int]
Labels = frozenset[Act]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A reply with its labels, as the corpus keeps it (one JSON object a line).

    Attributes:
        id: Unique in its file.
        lang: Language of the reply.
        source: Who wrote it.
        text: The reply.
        context: The customer's last line; may be empty.
        acts: The labels.
        spans: The words that show them, where they are marked: act, start, end.
    """

    id: str
    lang: str
    source: str
    text: str
    context: str
    acts: Labels
    spans: tuple[tuple[Act, int, int], ...] = ()

    def marked(self, act: Act) -> list[Span]:
        """Where an act is marked."""
        return [(start, end) for marked, start, end in self.spans if marked is act]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a grader found in a reply: acts, and the words that show them."""

    acts: Labels
    spans: tuple[tuple[Act, int, int], ...] = ()

    def marked(self, act: Act) -> list[Span]:
        """Where an act was found."""
        return [(start, end) for found, start, end in self.spans if found is act]


@dataclass(frozen=True, slots=True)
class ActScore:
    """Agreement on one act.

    Attributes:
        support: Replies that are labelled with it.
        precision: Share of those found that are right.
        recall: Share of those labelled that are found.
        f1: Their harmonic mean.
        kappa: Cohen's kappa.
        overlap: Mean F1 over characters between marked and found words, where both have the act and
            the words are marked; None where they never are.
    """

    support: int
    precision: float
    recall: float
    f1: float
    kappa: float
    overlap: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """Agreement over some replies.

    Attributes:
        replies: How many.
        macro_f1: Mean F1 of the acts that are labelled at all.
        micro_f1: F1 of all labels together.
        fault_precision: Share of the faults found that are right.
        fault_recall: Share of the faults that are found.
        accused: Share of the replies without a fault that are accused of one.
        kept_empty: Share of the replies without any act that keep none.
        apology_f1: F1 of `apologize` and `hollow_apology` together, where one of them is labelled.
        acts: Each act that is labelled or found.
    """

    replies: int
    macro_f1: float
    micro_f1: float
    fault_precision: float
    fault_recall: float
    accused: float
    kept_empty: float
    apology_f1: float
    acts: dict[Act, ActScore]


def read(lines: Iterable[str], file: str) -> list[Labelled]:
    """Labelled replies from JSON lines; blank lines are passed over.

    Raises:
        ContentError: A line is no labelled reply; the error names it.
    """
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append(
                Labelled(
                    id=str(row.get("id", number)),
                    lang=str(row.get("lang", "")),
                    source=str(row.get("source", "")),
                    text=_text(row["text"]),
                    context=_text(row.get("context") or ""),
                    acts=frozenset(Act(act) for act in row["acts"]),
                    spans=tuple(
                        (Act(act), int(start), int(end)) for act, start, end in row.get("spans") or ()
                    ),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ContentError(file, number, f"no labelled reply ({error})") from error
    return rows


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text must be a string")
    return value


def compare(rows: Sequence[Labelled], judged: Sequence[Judged]) -> Scores:
    """Agreement between labels and what was found, reply by reply."""
    pairs = list(zip(rows, judged, strict=True))
    acts = {
        act: _act_score(act, pairs)
        for act in Act
        if any(act in row.acts or act in found.acts for row, found in pairs)
    }
    labelled = [score.f1 for score in acts.values() if score.support]
    faultless = [found for row, found in pairs if not row.acts & FAULTS]
    empty = [found for row, found in pairs if not row.acts]
    apologies = frozenset({Act.APOLOGIZE, Act.HOLLOW_APOLOGY})
    return Scores(
        replies=len(pairs),
        macro_f1=_share(sum(labelled), len(labelled)),
        micro_f1=_f1(*_counts(pairs, frozenset(Act))),
        fault_precision=_precision(*_counts(pairs, FAULTS)),
        fault_recall=_recall(*_counts(pairs, FAULTS)),
        accused=_share(sum(bool(found.acts & FAULTS) for found in faultless), len(faultless)),
        kept_empty=_share(sum(not found.acts for found in empty), len(empty)),
        apology_f1=_f1(*_counts([pair for pair in pairs if pair[0].acts & apologies], apologies)),
        acts=acts,
    )


def grouped(
    rows: Sequence[Labelled], judged: Sequence[Judged], key: Callable[[Labelled], str]
) -> dict[str, Scores]:
    """Agreement by language or source."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(key(row), []).append(number)
    return {
        name: compare([rows[number] for number in numbers], [judged[number] for number in numbers])
        for name, numbers in sorted(groups.items())
    }


_Pairs = Sequence[tuple[Labelled, Judged]]


def _counts(pairs: _Pairs, acts: frozenset[Act]) -> tuple[int, int, int]:
    """Labels found rightly, found wrongly, and missed."""
    right = sum(len(row.acts & found.acts & acts) for row, found in pairs)
    wrong = sum(len((found.acts - row.acts) & acts) for row, found in pairs)
    missed = sum(len((row.acts - found.acts) & acts) for row, found in pairs)
    return right, wrong, missed


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _precision(right: int, wrong: int, missed: int) -> float:
    return _share(right, right + wrong)


def _recall(right: int, wrong: int, missed: int) -> float:
    return _share(right, right + missed)


def _f1(right: int, wrong: int, missed: int) -> float:
    return _share(2 * right, 2 * right + wrong + missed)


def _act_score(act: Act, pairs: _Pairs) -> ActScore:
    right, wrong, missed = counts = _counts(pairs, frozenset({act}))
    total = len(pairs)
    neither = total - right - wrong - missed
    chance = ((right + wrong) * (right + missed) + (missed + neither) * (wrong + neither)) / total**2
    observed = (right + neither) / total
    overlaps = [
        _overlap(row.marked(act), found.marked(act))
        for row, found in pairs
        if act in row.acts & found.acts and row.marked(act) and found.marked(act)
    ]
    return ActScore(
        support=right + missed,
        precision=_precision(*counts),
        recall=_recall(*counts),
        f1=_f1(*counts),
        kappa=_share(observed - chance, 1 - chance),
        overlap=sum(overlaps) / len(overlaps) if overlaps else None,
    )


def _overlap(one: list[Span], other: list[Span]) -> float:
    """F1 over characters."""
    left = {at for start, end in one for at in range(start, end)}
    right = {at for start, end in other for at in range(start, end)}
    if not left and not right:
        return 1.0
    return _share(2 * len(left & right), len(left) + len(right))
