"""The corpus is sound, and the test part is not in it."""

import json
from pathlib import Path

import pytest

from dialogues.acts import Act
from dialogues.grading.evaluation import read

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "dialogues" / "grading" / "corpus").glob("*.jsonl"))
TEST = sorted((ROOT / "tests" / "labelled").glob("*.test.jsonl"))
NEAR_COPY = 0.8
"""Share of letter triples from which two replies count as copies."""
SET_PHRASE = 20
"""Letters up to which the same reply is nobody's: "Calm down", "您别激动"."""


def rows(files):
    return [row for file in files for row in read(file.read_text(encoding="utf-8").splitlines(), file.name)]


def letters(text):
    return "".join(char for char in text.lower() if char.isalnum())


def triples(text):
    said = letters(text)
    return {said[at : at + 3] for at in range(len(said) - 2)}


@pytest.mark.parametrize("file", [*CORPUS, *TEST], ids=lambda file: file.name)
def test_every_reply_is_labelled_and_its_spans_are_in_it(file):
    found = rows([file])
    assert len({row.id for row in found}) == len(found)
    for row in found:
        for act, start, end in row.spans:
            assert act in row.acts
            assert 0 <= start <= end <= len(row.text)


@pytest.mark.parametrize(("lang", "corpus", "test"), [("zh", 5_000, 500), ("en", 3_500, 500)])
def test_the_corpus_is_as_large_as_it_says(lang, corpus, test):
    assert sum(row.lang == lang for row in rows(CORPUS + TEST)) >= corpus
    assert sum(row.lang == lang for row in rows(TEST)) >= test


def test_no_reply_of_the_test_part_or_near_copy_stands_in_the_corpus():
    index: dict[str, list[set[str]]] = {}
    for row in rows(CORPUS):
        for triple in (found := triples(row.text)):
            index.setdefault(triple, []).append(found)
    copies = []
    for row in rows(TEST):
        mine = triples(row.text)
        others = {id(other): other for triple in mine for other in index.get(triple, ())}
        if any(len(mine & other) >= NEAR_COPY * len(mine | other) for other in others.values()):
            copies.append(row.text)
    assert [text for text in copies if len(letters(text)) > SET_PHRASE] == []


def test_both_raters_of_the_test_part_are_kept():
    for file in TEST:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert len(row["raters"]) == 2
            assert {Act(act) for rater in row["raters"] for act in rater} <= set(Act)
