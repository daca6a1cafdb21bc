"""A reply as the customer hears it: graded, in order, related to the scenario and to what was said before."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

from dialogues.acts import PROPOSALS, QUESTIONS, Act
from dialogues.grading.borders import refuses
from dialogues.grading.grader import Evidence, Grade, Grader
from dialogues.grading.model import ActModel
from dialogues.grading.phrasings import vectors
from dialogues.grading.reply import normalize
from dialogues.grading.topics import PLAIN, Topics
from dialogues.languages import cues
from dialogues.scenario import Scenario
from dialogues.turn import Move, Reading

_REPEATABLE = frozenset({Act.LISTEN, Act.SEEK_AGREEMENT})
"""Acts that may be said in the same words again: attention is, and so is 'would that suit you?'."""

_CLAUSE = re.compile(r"[^，。！？；：,.!?;:\n]{4,}?(?=[，。！？；：,.!?;:\n]|(?<=[\u4e00-\u9fff]) |$)")
"""A clause of a reply, long enough to name something; without punctuation Chinese is cut at its blanks."""

_SAME = 0.8
"""Likeness of letters (0–1) from which a sentence is the same sentence again."""

_PARROTED = 0.85
"""Likeness of letters (0–1) from which a reply only says the customer's words again."""

_COMPARED = 600
"""Letters that are compared; comparing costs their square."""

_SHORTEST_PARROT = 4
"""Letters below which saying the same is no parroting."""


class Reader:
    """Grades replies and finds what they are about; safe to use from one thread at a time."""

    def __init__(self, model: ActModel) -> None:
        self._model = model
        self._grader = Grader(model)
        self._topics: dict[tuple[str, int], tuple[Scenario, Topics]] = {}

    @classmethod
    def load(cls) -> "Reader":
        """A reader with the shipped weights; takes about a second.

        Raises:
            WeightsError: The weights are missing or broken.
        """
        return cls(ActModel.load())

    @property
    def model(self) -> ActModel:
        """The weights."""
        return self._model

    @property
    def grader(self) -> Grader:
        """The grader alone: acts and evidence, no scenario."""
        return self._grader

    def read(self, text: str, context: str, scenario: Scenario, earlier: Sequence[Reading]) -> Reading:
        """Hear one reply.

        Args:
            text: The reply, masked.
            context: The customer's last line.
            scenario: What the session is about.
            earlier: The session's replies so far.
        """
        grade = self._grader.grade(text, context)
        moves = [self._move(item, text, grade, scenario, earlier) for item in grade.evidence]
        return Reading(text, _once_each(moves), _parrots(text, context), self._grader.version)

    def _move(
        self, item: Evidence, text: str, grade: Grade, scenario: Scenario, earlier: Sequence[Reading]
    ) -> Move:
        topic, near = None, 0.0
        words = text[item.start : item.end]
        if words:
            meaning = grade.meaning(item.start, item.end)
            topic, near = self._topics_of(scenario).topic(item.act, meaning, refused=refuses(words))
        return Move(
            act=item.act,
            start=item.start,
            end=item.end,
            topic=self._named(item.act, text, grade, scenario, topic, near),
            repeat=item.act not in _REPEATABLE and _said_before(item.act, words, earlier),
            formula=item.act is Act.APOLOGIZE and Act.OWN not in grade.acts and _names_nothing(words),
            vague=near < PLAIN.get(item.act, 0.0),
            sure=item.sure,
        )

    def _named(
        self, act: Act, text: str, grade: Grade, scenario: Scenario, topic: str | None, near: float
    ) -> str | None:
        """The solution that a proposal names, which may stand elsewhere in the reply.

        A commit names one elsewhere only where the reply asks for agreement, for then it is proposed.
        """
        proposes = act is Act.OFFER or (act is Act.COMMIT and Act.SEEK_AGREEMENT in grade.acts)
        if not proposes or near >= PLAIN[Act.COMMIT]:
            return topic
        meanings = [
            grade.meaning(*clause.span())
            for clause in _CLAUSE.finditer(text)
            if not _explains(grade, *clause.span())
        ]
        return (self._topics_of(scenario).proposed(meanings) if meanings else None) or topic

    def _topics_of(self, scenario: Scenario) -> Topics:
        key = (scenario.id, scenario.version)
        kept = self._topics.get(key)
        if kept is None or kept[0] is not scenario:
            kept = self._topics[key] = (scenario, Topics(scenario, vectors(scenario, self._model)))
        return kept[1]


def _explains(grade: Grade, start: int, end: int) -> bool:
    """Whether words give a reason; a reason names no way out."""
    return any(item.act is Act.EXPLAIN and item.start < end and item.end > start for item in grade.evidence)


def _once_each(moves: list[Move]) -> tuple[Move, ...]:
    """Each act once; a question or a proposal once for each topic."""
    kept: dict[tuple[Act, str | None], Move] = {}
    for move in moves:
        kept.setdefault((move.act, move.topic if move.act in QUESTIONS | PROPOSALS else None), move)
    named = {act for act, topic in kept if topic}
    return tuple(move for (act, topic), move in kept.items() if topic or act not in named)


def _letters(text: str) -> str:
    return "".join(char for char in normalize(text).lower() if char.isalnum())


def _like(one: str, other: str, least: float) -> bool:
    """Whether two texts share at least that much of their letters, compared up to a fair length."""
    matcher = SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False)
    return matcher.real_quick_ratio() >= least and matcher.ratio() >= least


def _said_before(act: Act, words: str, earlier: Sequence[Reading]) -> bool:
    letters = _letters(words)
    return any(
        move.act is act and _like(letters, _letters(reading.words(move)), _SAME)
        for reading in earlier
        for move in reading.moves
    )


def _parrots(text: str, context: str) -> bool:
    letters = _letters(text)
    return len(letters) >= _SHORTEST_PARROT and _like(letters, _letters(context), _PARROTED)


@cache
def _apology_words() -> tuple[str, ...]:
    """What an apology can be made of without naming what happened, the longest first."""
    words = {_letters(cue) for cue in cues("apology_words")}
    return tuple(sorted(words, key=len, reverse=True))


def _names_nothing(words: str) -> bool:
    """Whether an apology is made of set phrases alone."""
    rest = _letters(words)
    for word in _apology_words():
        rest = rest.replace(word, "")
    return len(rest) <= 1
