"""What a reply is about: which fact a question asks for, which solution a proposal names.

An author writes a few example phrasings; the nearest in meaning decides, if it is near enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from dialogues.acts import PROPOSALS, RESTATEMENTS, Act
from dialogues.grading.model import Floats
from dialogues.scenario import NEED, Scenario

NEAR: dict[Act, float] = {
    Act.ASK_SPECIFIC: 0.38,
    Act.ASK_NEED: 0.38,
    Act.ASK_CHECK: 0.38,
    Act.SUMMARIZE: 0.38,
    Act.OFFER: 0.46,
    Act.COMMIT: 0.55,
    Act.OVERPROMISE: 0.45,
}
"""The least likeness, a cosine, at which words are about a topic."""

PLAIN: dict[Act, float] = {Act.COMMIT: 0.8, Act.ASK_CHECK: 0.5, Act.SUMMARIZE: 0.5}
"""The likeness from which words are plainly about their topic; below, they may be about something else."""

_OWN_TOPIC = 0.05
"""How much nearer the need is taken to be when the question is one for the need."""

_TOGETHER = 2
"""Clauses of a reply that decide together which solution it names."""

_RULE_BREAKING = 0.08
"""How much nearer a way out that breaks a rule must be than any other, unless it is overpromised."""


@dataclass(frozen=True, slots=True)
class _Phrasings:
    """Example phrasings of some topics, with what they mean."""

    topics: tuple[str, ...]
    vectors: Floats

    @classmethod
    def of(cls, phrasings: Mapping[str, Iterable[str]], vectors: Mapping[str, Floats]) -> "_Phrasings":
        pairs = [(topic, text) for topic, texts in phrasings.items() for text in texts]
        return cls(tuple(topic for topic, _ in pairs), np.stack([vectors[text] for _, text in pairs]))

    def nearest(self, meaning: Floats) -> dict[str, float]:
        """Likeness of the nearest phrasing of each topic."""
        likeness: dict[str, float] = {}
        for topic, value in zip(self.topics, (self.vectors @ meaning).tolist(), strict=True):
            likeness[topic] = max(value, likeness.get(topic, -1.0))
        return likeness


class Topics:
    """The topics of one scenario, in every language that it speaks.

    Args:
        scenario: The scenario.
        vectors: What each of its phrasings means.
    """

    def __init__(self, scenario: Scenario, vectors: Mapping[str, Floats]) -> None:
        asked: dict[str, list[str]] = {}
        told: dict[str, list[str]] = {}
        named: dict[str, list[str]] = {}
        for words in scenario.words.values():
            for topic, fact in [*words.facts.items(), (NEED, words.need)]:
                asked.setdefault(topic, []).extend(fact.asked)
                told.setdefault(topic, []).extend(line.text for line in fact.answers)
            for topic, solution in words.solutions.items():
                named.setdefault(topic, []).extend(solution.named)
        self._asked = _Phrasings.of(asked, vectors)
        self._restated = _Phrasings.of({topic: [*asked[topic], *told[topic]] for topic in asked}, vectors)
        self._named = _Phrasings.of(named, vectors)
        self._breaking = {solution.id for solution in scenario.solutions if solution.breaks_rule}

    def topic(self, act: Act, meaning: Floats, *, refused: bool = False) -> tuple[str | None, float]:
        """What words are about that do an act, and how near they are to it (a cosine).

        The topic is None where it is nothing of the scenario's. An open question asks for the whole
        story and has no topic. What is refused breaks no rule.
        """
        if act not in NEAR:
            return None, 0.0
        likeness = self._likeness(act, meaning, refused=refused)
        best = max(likeness, key=lambda topic: likeness[topic])
        return (best if likeness[best] >= NEAR[act] else None), likeness[best]

    def proposed(self, meanings: Sequence[Floats]) -> str | None:
        """The solution that several clauses name together: the nearest to the two that are nearest to it.

        None of them is taken to break a rule: what does is said in the proposing words themselves.
        """
        found = [self._likeness(Act.OFFER, meaning, refused=True) for meaning in meanings]
        together = {
            topic: fmean(sorted((likeness[topic] for likeness in found), reverse=True)[:_TOGETHER])
            for topic in found[0]
        }
        best = max(together, key=lambda topic: together[topic])
        return best if max(likeness[best] for likeness in found) >= NEAR[Act.OFFER] else None

    def _likeness(self, act: Act, meaning: Floats, *, refused: bool) -> dict[str, float]:
        if act in PROPOSALS:
            likeness = self._named.nearest(meaning)
            if refused:
                return {topic: value for topic, value in likeness.items() if topic not in self._breaking}
            if act is not Act.OVERPROMISE:
                return {
                    topic: value - _RULE_BREAKING * (topic in self._breaking)
                    for topic, value in likeness.items()
                }
            return likeness
        if act in RESTATEMENTS:
            return self._restated.nearest(meaning)
        likeness = self._asked.nearest(meaning)
        likeness[NEED] += _OWN_TOPIC * (act is Act.ASK_NEED)
        return likeness
