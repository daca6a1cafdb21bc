"""Prints the agreement of the test part's two raters as a Markdown table: the human ceiling.

``python tests/labelled/agreement.py > dialogues/grading/corpus/agreement.md``
"""

import json
from pathlib import Path

from dialogues.acts import Act
from dialogues.grading.evaluation import Judged, Labelled, Scores, compare

HERE = Path(__file__).parent


def agreement(lang: str) -> Scores:
    """The first rater's labels as truth, the second's as judgement; F1 and kappa are symmetric."""
    first, second = [], []
    for line in (HERE / f"{lang}.test.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        one, other = (frozenset(map(Act, acts)) for acts in row["raters"])
        first.append(Labelled(row["id"], lang, row["source"], row["text"], row["context"], one))
        second.append(Judged(other))
    return compare(first, second)


def main() -> None:
    """Print the table."""
    scores = {lang: agreement(lang) for lang in ("zh", "en")}
    print("# Agreement of the two raters of the test part\n")
    print("| act | zh F1 | zh kappa | en F1 | en kappa |")
    print("| --- | --- | --- | --- | --- |")
    for act in Act:
        cells = [
            f"{value:.2f}" for one in scores.values() for value in (one.acts[act].f1, one.acts[act].kappa)
        ]
        print(f"| `{act}` | {' | '.join(cells)} |")
    zh, en = scores.values()
    print(f"| macro-F1 | {zh.macro_f1:.2f} | | {en.macro_f1:.2f} | |")
    print(f"| micro-F1 | {zh.micro_f1:.2f} | | {en.micro_f1:.2f} | |")


if __name__ == "__main__":
    main()
