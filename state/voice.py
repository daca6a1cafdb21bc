"""The customer's lines: puts beats into words of the scenario and the persona, never twice the same."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from dialogues.acts import Act
from dialogues.languages import Texts
from dialogues.scenario import Burst, Lang, Line, Persona, PersonaWords, Scenario, ScenarioWords
from dialogues.turn import Heat, State
from state.answer import Beat

_T = TypeVar("_T")

_QUOTABLE = {"zh": 14, "en": 48}
"""Longest quotation, in characters, that a customer throws back."""

_EDGES = " \t\n,.!?;:…、，。！？；：~～\"'“”‘’()（）"


@dataclass(frozen=True, slots=True)
class Moment:
    """The circumstances in which a line is said."""

    state: State
    anger: int


class Voice:
    """Chooses lines, by seed and circumstances; remembers what was said.

    The same scenario, persona, language and seed with the same beats give the same lines.
    """

    def __init__(self, scenario: Scenario, persona: Persona, lang: Lang, seed: int, texts: Texts) -> None:
        self._words: ScenarioWords = scenario.words[lang]
        self._manner: PersonaWords = persona.words[lang]
        self._persona = persona.id
        self._lang = lang
        self._seed = seed
        self._fallbacks = texts.customer_fallbacks
        self._said: set[str] = set()
        self._drawn = 0

    def open(self, anger: int) -> tuple[str, ...]:
        """The burst that starts the session."""
        return self._vent(Moment(State.VENTING, anger), opening=True)

    def say(self, beats: Iterable[Beat], moment: Moment) -> tuple[str, ...]:
        """The lines for some beats; a beat without a line left falls back on a gesture."""
        return tuple(line for beat in beats for line in self._lines(beat, moment))

    def _lines(self, beat: Beat, moment: Moment) -> tuple[str, ...]:
        if beat.said == "vent":
            return self._vent(moment, opening=False)
        for lines in self._sets(beat):
            line = self._choose(lines, beat.quote, moment)
            if line:
                return (line,)
        fallback = self._choose(self._fallbacks, "", moment)
        return (fallback,) if fallback else ()

    def _sets(self, beat: Beat) -> Iterator[tuple[Line, ...]]:
        """The sets of lines that can serve a beat, the best first."""
        words, manner = self._words, self._manner
        match beat.said:
            case "react":
                yield manner.reactions.get(Act(beat.key), ())
                yield manner.nothing
            case "silence" | "nothing" | "parroted" | "repeated" | "apologized_enough" | "out_of_place":
                yield getattr(manner, beat.said)
                yield manner.nothing
            case "fact":
                yield words.facts[beat.key].answers
                yield words.unknown
            case "need":
                yield words.need.answers
                yield words.waits
            case "solution":
                yield words.solutions[beat.key].answers
                yield words.vague
            case _:
                yield getattr(words, _SETS[beat.said])

    def _vent(self, moment: Moment, *, opening: bool) -> tuple[str, ...]:
        bursts = [
            burst
            for burst in self._words.vents
            if self._suits(burst.personas) and not any(line in self._said for line in burst.say)
        ]
        if opening:
            bursts = [burst for burst in bursts if burst.opening] or bursts
        else:
            bursts = [burst for burst in bursts if not burst.opening] or bursts
        if bursts:
            own: list[Burst] = [burst for burst in bursts if burst.personas] or bursts
            burst = self._draw(own)
            self._said.update(burst.say)
            return burst.say
        line = self._choose(self._words.demands, "", moment) or self._choose(self._fallbacks, "", moment)
        return (line,) if line else ()

    def _choose(self, lines: tuple[Line, ...], quote: str, moment: Moment) -> str | None:
        quote = quote.strip(_EDGES)
        quotable = 0 < len(quote) <= _QUOTABLE[self._lang]
        heat = Heat.of(moment.anger)
        fitting: list[tuple[bool, str]] = []
        for line in lines:
            if "{quote}" in line.text and not quotable:
                continue
            text = line.text.replace("{quote}", quote)
            if text in self._said or not self._suits(line.personas):
                continue
            if (line.states and moment.state not in line.states) or (line.heat and heat not in line.heat):
                continue
            fitting.append((bool(line.personas), text))
        if not fitting:
            return None
        own = [text for personal, text in fitting if personal]
        text = self._draw(own or [text for _, text in fitting])
        self._said.add(text)
        return text

    def _suits(self, personas: tuple[str, ...]) -> bool:
        return not personas or self._persona in personas

    def _draw(self, choices: list[_T]) -> _T:
        self._drawn += 1
        return random.Random(f"{self._seed}/{self._drawn}").choice(choices)


_SETS = {
    "demand": "demands",
    "balk": "balks",
    "interrupted": "interrupted",
    "too_soon": "too_soon",
    "calm": "calms",
    "wait": "waits",
    "guarded": "guarded",
    "unknown": "unknown",
    "confirm": "confirms",
    "vague": "vague",
    "bargain": "bargains",
    "closing": "closing",
    "goodbye": "goodbyes",
    "escalate": "escalates",
    "storm_out": "storms_out",
    "give_up": "gives_up",
    "repaired": "repaired",
    "chase": "chases",
}
