"""Every example of the training material, and every border rule, by the shipped grader."""

import json
from pathlib import Path

import pytest

from dialogues.grading.grader import Grader

EXAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "labelled" / "technique.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['rule']}-{example['text'][:20]}")
def test_an_example_of_the_training_material_is_graded_as_it_says(grader: Grader, example):
    acts = {act.value for act in grader.grade(example["text"]).acts}
    assert set(example["has"]) <= acts
    assert not set(example["lacks"]) & acts
