"""Fixtures that every kind of test shares."""

import pytest

from dialogues.grading.grader import Grader
from dialogues.grading.model import ActModel
from dialogues.grading.reading import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The shipped grader with everything that the customer needs."""
    return Reader(ActModel.load())


@pytest.fixture(scope="session")
def grader(reader: Reader) -> Grader:
    """The shipped grader."""
    return reader.grader
