"""`python -m dialogues.grading.training`: from the corpus to the weights that the product ships.

Trains first without the replies of one writer, so that the figures and the thresholds hold for replies by
other people; then trains the same network further on everything and writes the weights. `--ablate` only
compares: the recipe with one part left out at a time, judged on the same writer's replies.
"""

import argparse
import logging
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import torch

from dialogues.grading.training import export, fit, likeness, scores
from dialogues.grading.training.batches import CONTEXT_TOKENS, MOST_TOKENS, Collator
from dialogues.grading.training.container import Floats, pretrained
from dialogues.grading.training.data import ACTS, Row, fingerprint, read, writer
from dialogues.grading.training.encoder import Recogniser

log = logging.getLogger("dialogues.grading.training")

CORPUS = Path(__file__).parents[1] / "corpus"
PHRASINGS = "phrasings/phrasings.jsonl"
WEIGHTS = Path(__file__).parents[1] / "weights"

VERSION = "2"
MARK_THRESHOLD = 0.5
DOUBT = 0.35
"""From which distance between probability and threshold a label is doubted."""

SPECIFICATION = "technique"
"""The writer whose few rows are the specification's own; they are read several times an epoch."""
EMPHASIS = 3

FINISHING = 0.6
"""Rate at which training goes on with everything, against the rate before."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dialogues.grading.training", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of labelled replies")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights")
    parser.add_argument("--hold", default="branch", help="the writer whose replies are held out at first")
    parser.add_argument("--finish", type=int, default=2, help="epochs over everything at the end")
    parser.add_argument("--ablate", action="store_true", help="only compare what each part contributes")
    parser.add_argument("--threads", type=int, help="threads to train with")
    parser.add_argument("--doubts", type=Path, help="file for the rows whose labels the held-out folds doubt")
    for field in fields(fit.Recipe):
        default = field.default
        kind = type(default)
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=kind, default=default, help=f"see Recipe (default: {default})")
    return parser.parse_args()


def emphasised(rows: Sequence[Row]) -> list[Row]:
    """The rows, those of the specification several times."""
    return [row for row in rows for _ in range(EMPHASIS if writer(row) == SPECIFICATION else 1)]


def split(rows: Sequence[Row], name: str) -> tuple[list[Row], list[Row]]:
    """The rows of other writers and those of this one, in every language."""
    return [row for row in rows if writer(row) != name], [row for row in rows if writer(row) == name]


def judged(model: Recogniser, bench: fit.Bench, rows: Sequence[Row]) -> Floats:
    """The probabilities that a network gives."""
    logits, _ = fit.judge(model, bench.tokenizer, rows)
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def figures(rows: Sequence[Row], probabilities: Floats, chosen: Floats) -> dict[str, scores.Scores]:
    """Scores by language, which are logged as well."""
    expected, found = scores.labels(rows), scores.decide(probabilities, chosen)
    result = {}
    for lang in sorted({row.lang for row in rows}):
        inside = np.array([row.lang == lang for row in rows])
        result[lang] = scores.compare(expected[inside], found[inside])
        log.info("lang=%s %s", lang, result[lang])
        log.info("lang=%s %s", lang, " ".join(f"{act}={f1:.2f}" for act, f1 in result[lang].per_act.items()))
    return result


def doubts(rows: Sequence[Row], probabilities: Floats, chosen: Floats) -> list[str]:
    """Rows whose labels are doubted, the strongest doubt first, as lines of tab-separated values."""
    expected = scores.labels(rows)
    doubt = np.where(expected, chosen - probabilities, probabilities - chosen)
    lines = []
    for at in np.argsort(-doubt.max(axis=1)):
        doubted = [number for number in np.argsort(-doubt[at]) if doubt[at, number] > DOUBT]
        if not doubted:
            break
        row = rows[at]
        said = " ".join(
            f"{'-' if expected[at, number] else '+'}{ACTS[number]}:{probabilities[at, number]:.2f}"
            for number in doubted
        )
        label = " ".join(act for act in ACTS if act in row.acts) or "-"
        lines.append("\t".join((row.id, row.text, row.context, label, said)))
    return lines


def ablate(bench: fit.Bench, corpus: Path, rows: Sequence[Row], recipe: fit.Recipe, name: str) -> None:
    """Logs the scores of the recipe and of the recipe without each of its parts."""
    bare = [replace(row, context="") for row in rows]
    raw = read(corpus, normalise=False)
    few = [row for row in rows if writer(row) == name or random.Random(row.id).random() < 0.5]
    fewer = [row for row in few if writer(row) == name or random.Random(row.id).random() < 0.25]
    variants: list[tuple[str, Sequence[Row], fit.Recipe]] = [
        ("everything", rows, recipe),
        ("no marked words", rows, replace(recipe, marks=0.0)),
        ("no output for any fault", rows, replace(recipe, fault=0.0)),
        ("no likeness", rows, replace(recipe, meaning=0.0)),
        ("no variation", rows, replace(recipe, vary=0, forget=0.0)),
        ("no context", bare, recipe),
        ("no normalisation", raw, recipe),
        ("half of the rows", few, recipe),
        ("a quarter of the rows", fewer, recipe),
    ]
    for title, some, changed in variants:
        others, held = split(some, name)
        probabilities = judged(fit.fit(bench, emphasised(others), changed), bench, held)
        log.info("ablation=%r rows=%d", title, len(others))
        figures(held, probabilities, scores.thresholds(scores.labels(held), probabilities))


def main() -> None:
    """Trains, and writes the weights."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    began = time.monotonic()
    recipe = fit.Recipe(**{field.name: getattr(arguments, field.name) for field in fields(fit.Recipe)})
    rows, topics = read(arguments.corpus), likeness.read(arguments.corpus / PHRASINGS)
    bench = fit.prepare(pretrained(), rows, topics)
    if arguments.ablate:
        ablate(bench, arguments.corpus, rows, recipe, arguments.hold)
        return
    others, held = split(rows, arguments.hold)
    model = fit.fit(bench, emphasised(others), recipe)
    probabilities = judged(model, bench, held)
    chosen = scores.thresholds(scores.labels(held), probabilities)
    reached = figures(held, probabilities, chosen)
    if arguments.doubts:
        lines = doubts(held, probabilities, chosen)
        arguments.doubts.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    finish = replace(
        recipe,
        epochs=arguments.finish,
        rate=recipe.rate * FINISHING,
        frozen=recipe.frozen + 1,
        meaning_every=recipe.meaning_every + 2,
        seed=recipe.seed + 1,
    )
    fit.fit(bench, emphasised(rows), finish, model)
    likeness.settle(model, Collator(bench.tokenizer), topics)
    export.export(model, bench.tokenizer, meta(rows, recipe, chosen, reached), arguments.out)
    log.info("minutes=%.0f", (time.monotonic() - began) / 60)


def meta(
    rows: Sequence[Row], recipe: fit.Recipe, chosen: Floats, reached: dict[str, scores.Scores]
) -> dict[str, object]:
    """What the weights say about themselves."""
    return {
        "version": VERSION,
        "acts": list(ACTS),
        "thresholds": [round(float(limit), 3) for limit in chosen],
        "mark_threshold": MARK_THRESHOLD,
        "context_tokens": CONTEXT_TOKENS,
        "most_tokens": MOST_TOKENS,
        "corpus": fingerprint(rows),
        "rows": len(rows),
        "recipe": asdict(recipe),
        "figures": {lang: asdict(score) for lang, score in reached.items()},
    }


if __name__ == "__main__":
    main()
