"""What to say to a criterion: what was missing, and a better sentence for that very moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dialogues.grading.coaching import hint, model_for
from dialogues.grading.rubric import CONDUCT_SLIPS, Criterion, Result, Scorecard, Slip
from dialogues.languages import texts
from dialogues.scenario import Advice, Lang, Scenario, ScenarioWords
from dialogues.turn import Misfit, Turn

_SENTENCES: dict[str, Callable[[Advice], tuple[str, ...]]] = {
    "attention": lambda advice: advice.listen,
    "empathy": lambda advice: advice.empathize,
    "patience": lambda advice: advice.listen,
    "apology": lambda advice: advice.apologize,
    "before_questions": lambda advice: advice.apologize,
    "early": lambda advice: advice.apologize,
    "with_empathy": lambda advice: advice.empathize,
    "with_own": lambda advice: advice.own,
    "with_on_it": lambda advice: advice.on_it,
    "ways": lambda advice: advice.ask_check,
    "step_by_step": lambda advice: advice.ask_open,
    "solution": lambda advice: advice.offer,
    "explanation": lambda advice: advice.explain,
    "agreement": lambda advice: advice.offer,
    "answer": lambda advice: advice.on_it,
    "follow_up": lambda advice: advice.follow_up,
    "thanks": lambda advice: advice.thank,
}
"""Which of the scenario's sentences does what a part of the rubric asks for."""

_SLIPS: dict[str, tuple[Misfit | None, ...]] = {
    "patience": (Misfit.INTERRUPTS,),
    "before_questions": (Misfit.BEFORE_APOLOGY,),
    "step_by_step": (Misfit.ALL_AT_ONCE,),
    "timely": (Misfit.BEFORE_NEED,),
    "conduct": CONDUCT_SLIPS,
}
"""Parts that are lost by slips, and by which; None for a fault."""


@dataclass(frozen=True, slots=True)
class _Session:
    card: Scorecard
    turns: Sequence[Turn]
    scenario: Scenario
    lang: Lang

    @property
    def words(self) -> ScenarioWords:
        return self.scenario.words[self.lang]


def advice(result: Result, card: Scorecard, turns: Sequence[Turn], scenario: Scenario, lang: Lang) -> str:
    """What the coach says to one criterion of a finished session.

    Args:
        result: The criterion's points; one of the scorecard's.
        card: The session's scorecard.
        turns: The session's turns, in order.
        scenario: What it was about.
        lang: Language of the answer.

    Returns:
        One line: praise where nothing was missing; else what was, by which rule where it was a slip,
        and a sentence that would have served.
    """
    say = texts(lang).say
    if not result.missing:
        return say("advice_full")
    part = result.missing[0]
    session = _Session(card, turns, scenario, lang)
    slip = _slip(part, session)
    if slip is not None:
        turn = next(turn for turn in turns if turn.number == slip.quote.turn)
        return say(
            "advice_slip",
            missing=say(f"missing_{part}"),
            turn=slip.quote.turn,
            words=slip.quote.words,
            rule=say(rule(slip)),
            sentence=model_for(turn, turns, scenario, lang),
        )
    if result.criterion is Criterion.CONDUCT:
        return say("advice_try", missing=say("missing_taking_part"), sentence=hint(turns, scenario, lang))
    return say("advice_try", missing=say(f"missing_{part}"), sentence=_sentence(part, session))


def rule(slip: Slip) -> str:
    """Key of the deck's rule that a slip went against."""
    return f"rule_{slip.misfit or slip.quote.act}"


def _slip(part: str, session: _Session) -> Slip | None:
    """The costliest slip by which a part was lost, if it was said in words."""
    if part not in _SLIPS:
        return None
    kinds = _SLIPS[part]
    return next((slip for slip in session.card.slips if slip.misfit in kinds and slip.quote.words), None)


def _sentence(part: str, session: _Session) -> str:
    if part in ("need", "timely"):
        return session.words.need.asked[0]
    if part == "facts":
        told = {topic for turn in session.turns for topic in turn.told}
        untold = next((fact.id for fact in session.scenario.facts if fact.id not in told), None)
        return session.words.facts[untold].asked[0] if untold else session.words.advice.ask_open[0]
    sentences = _SENTENCES[part](session.words.advice)
    return sentences[-1] if part.startswith("with_") else sentences[0]
