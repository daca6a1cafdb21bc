"""What the command line prints for people: graded replies, transcripts, lists; colour is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.replay import Play
from dialogues.acts import FAULTS
from dialogues.grading.grader import Evidence
from dialogues.languages import Texts
from dialogues.scenario import Lang, Scenario
from dialogues.turn import Effect, Reading, Turn

_CODES = {"strong": "1", "quiet": "2", "good": "34", "fault": "1;31", "misfit": "33", "customer": "36"}
"""ANSI colours by what they stand for."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text by its meaning, where colours are wanted."""

    on: bool

    def __call__(self, name: str, text: str) -> str:
        """The text in the colour of a name."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.on else text


def graded(text: str, evidence: tuple[Evidence, ...], texts: Texts, paint: Paint) -> Iterator[str]:
    """A reply and its acts, a line each."""
    yield paint("strong", text if text.strip() else texts.say("cli_silence"))
    for item in evidence:
        fault = item.act in FAULTS
        yield _act(
            "fault" if fault else "good", texts.acts[item.act], text[item.start : item.end], texts, paint
        )
    if not evidence:
        yield "  " + paint("quiet", texts.say("cli_nothing"))


_MARKS = {"good": "✓", "fault": "✗", "misfit": "○"}


def _act(kind: str, name: str, words: str, texts: Texts, paint: Paint) -> str:
    quoted = texts.say("cli_evidence", words=words) if words.strip() else ""
    return f"  {paint(kind, f'{_MARKS[kind]} {name}')} {paint('quiet', quoted)}".rstrip()


def transcript(play: Play, texts: Texts, paint: Paint) -> Iterator[str]:
    """A played session as a trainer reads it: the talk, then the scorecard."""
    setup = play.session.setup
    yield paint(
        "strong",
        texts.say(
            "cli_head",
            title=setup.scenario.words[setup.lang].title,
            persona=setup.persona.words[setup.lang].name,
            difficulty=texts.say(f"difficulty_{setup.difficulty}"),
        ),
    )
    yield from _customer(play.session.opening, texts, paint)
    for turn in play.session.turns:
        yield ""
        yield from _turn(turn, texts, paint)
    yield ""
    yield from _scorecard(play, texts, paint)


def _customer(lines: tuple[str, ...], texts: Texts, paint: Paint) -> Iterator[str]:
    for line in lines:
        yield paint("customer", texts.say("cli_customer", text=line))


def _turn(turn: Turn, texts: Texts, paint: Paint) -> Iterator[str]:
    if turn.reading is not None:
        text = turn.reading.text if turn.reading.text.strip() else texts.say("cli_silence")
        yield paint("strong", texts.say("cli_staff", number=turn.number, text=text))
        for effect in turn.effects:
            yield _effect(turn.reading, effect, texts, paint)
        mood = texts.say(
            "cli_mood", before=turn.anger_before, after=turn.anger_after, state=texts.states[turn.after]
        )
        yield "  " + paint("quiet", mood)
    yield from _customer(turn.lines, texts, paint)


def _effect(reading: Reading, effect: Effect, texts: Texts, paint: Paint) -> str:
    name, kind = texts.acts[effect.move.act], "fault" if effect.move.act in FAULTS else "good"
    if effect.misfit:
        kind = "misfit"
        name = texts.say("cli_out_of_step", act=name, misfit=texts.say(f"misfit_{effect.misfit}"))
    return _act(kind, name, reading.words(effect.move), texts, paint)


def _scorecard(play: Play, texts: Texts, paint: Paint) -> Iterator[str]:
    card = play.card
    passed = texts.say("passed" if card.passed else "not_passed")
    yield paint(
        "strong",
        texts.say("cli_result", outcome=texts.states[card.outcome], score=card.score, passed=passed),
    )
    for blocker in card.blockers:
        yield paint("fault", texts.say(f"blocker_{blocker}"))
    for result, said in zip(card.results, play.advice(), strict=True):
        name = texts.say(f"criterion_{result.criterion}")
        yield texts.say("cli_criterion", name=name, points=result.points, max=result.max)
        for quote in result.evidence:
            if quote.words.strip():
                yield "  " + paint("quiet", texts.say("cli_evidence", words=quote.words))
        yield f"  {said}"
    if play.unused:
        yield texts.say("cli_unused", count=play.unused)
    yield paint("quiet", texts.say("cli_rubric", version=card.version))


def scenario_row(scenario: Scenario, lang: Lang, texts: Texts, paint: Paint) -> Iterator[str]:
    """A scenario in a list."""
    yield texts.say("cli_scenario_row", id=paint("strong", scenario.id), title=title(scenario, lang))
    facts = texts.say(
        "cli_scenario_facts",
        cause=texts.say(f"cause_{scenario.cause}"),
        difficulty=texts.say(f"difficulty_{scenario.difficulty}"),
        languages=" ".join(scenario.words),
        personas=", ".join(scenario.personas),
    )
    yield "  " + paint("quiet", facts)


def title(scenario: Scenario, lang: Lang) -> str:
    """The scenario's title, in another language where it has none in this one."""
    words = scenario.words.get(lang) or next(iter(scenario.words.values()))
    return words.title
