"""``lobby-drill evaluate``: the grader against labelled replies, as JSON or as the README's table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dialogues.acts import Act
from dialogues.grading.evaluation import Judged, Labelled, Scores, compare, grouped
from dialogues.grading.grader import Grader
from dialogues.languages import Texts

_ERRORS_SHOWN = 40


def judge(grader: Grader, rows: Sequence[Labelled]) -> list[Judged]:
    """What the grader finds in each reply."""
    judged = []
    for row in rows:
        evidence = grader.grade(row.text, row.context).evidence
        spans = tuple((item.act, item.start, item.end) for item in evidence)
        judged.append(Judged(frozenset(item.act for item in evidence), spans))
    return judged


def data(rows: Sequence[Labelled], judged: Sequence[Judged]) -> dict[str, Any]:
    """All figures and every error, for programs."""
    return {
        "all": asdict(compare(rows, judged)),
        "languages": {name: asdict(scores) for name, scores in _by_language(rows, judged).items()},
        "sources": {
            name: asdict(scores) for name, scores in grouped(rows, judged, lambda row: row.source).items()
        },
        "errors": [
            {
                "id": row.id,
                "lang": row.lang,
                "context": row.context,
                "text": row.text,
                "missed": sorted(row.acts - found.acts),
                "wrong": sorted(found.acts - row.acts),
            }
            for row, found in _errors(rows, judged)
        ],
    }


def report(rows: Sequence[Labelled], judged: Sequence[Judged], texts: Texts) -> Iterator[str]:
    """The figures as Markdown tables, then some of the errors."""
    languages = _by_language(rows, judged)
    names = list(languages)
    yield f"| {texts.say('evaluate_figure')} | {' | '.join(names)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for key in ("replies", *_FIGURES):
        cells = [_cell(getattr(languages[name], key)) for name in names]
        yield f"| {texts.say(f'evaluate_{key}')} | {' | '.join(cells)} |"
    yield ""
    for name, scores in languages.items():
        yield from _acts(name, scores, texts)
    yield from _mistakes(rows, judged, texts)


_FIGURES = (
    "macro_f1",
    "micro_f1",
    "fault_precision",
    "fault_recall",
    "accused",
    "kept_empty",
    "apology_f1",
)


def _by_language(rows: Sequence[Labelled], judged: Sequence[Judged]) -> dict[str, Scores]:
    return grouped(rows, judged, lambda row: row.lang)


def _acts(name: str, scores: Scores, texts: Texts) -> Iterator[str]:
    yield f"| {name} | {texts.say('evaluate_columns')} |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for act in Act:
        score = scores.acts.get(act)
        if score is not None:
            figures = (score.precision, score.recall, score.f1, score.kappa, score.overlap)
            yield f"| `{act}` | {score.support} | {' | '.join(map(_cell, figures))} |"
    yield ""


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _errors(rows: Sequence[Labelled], judged: Sequence[Judged]) -> list[tuple[Labelled, Judged]]:
    pairs = zip(rows, judged, strict=True)
    return [(row, found) for row, found in pairs if row.acts != found.acts]


def _mistakes(rows: Sequence[Labelled], judged: Sequence[Judged], texts: Texts) -> Iterator[str]:
    errors = _errors(rows, judged)
    yield texts.say("evaluate_errors", count=len(errors), shown=min(len(errors), _ERRORS_SHOWN))
    for row, found in errors[:_ERRORS_SHOWN]:
        missed = "".join(f" -{act}" for act in sorted(row.acts - found.acts))
        wrong = "".join(f" +{act}" for act in sorted(found.acts - row.acts))
        yield f"{row.id}:{missed}{wrong}  {row.text}"
