"""What the coach would have said: a better sentence for a moment, and a remark on a reply.

Sentences come from the scenario's own advice and phrasings, so that they fit the case; which of
them is chosen goes by the turn, so that a session does not hear one twice in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dialogues.acts import FAULTS, Act
from dialogues.grading.rubric import Quote, all_at_once, quote, whole
from dialogues.scenario import NEED, Lang, Scenario, ScenarioWords
from dialogues.turn import Misfit, State, Turn

_FACTS_BEFORE_NEED = 2
"""Facts after which the coach turns from the story to the need."""


@dataclass(frozen=True, slots=True)
class Remark:
    """The coach's word on one reply.

    Attributes:
        did: What the reply did well, each act once, with its words.
        faults: What it did that the technique forbids, each act once, with its words.
        misfits: Good acts that did not fit, each reason once, with their words.
        better: A better sentence for that very moment; None where nothing was missing.
        missing: The act that was missing, as the better sentence does it; None likewise.
        anger_before: Anger (0–100) before the reply.
        anger_after: Anger (0–100) after it.
    """

    did: tuple[Quote, ...]
    faults: tuple[Quote, ...]
    misfits: tuple[tuple[Misfit, Quote], ...]
    better: str | None
    missing: Act | None
    anger_before: int
    anger_after: int


def remark(turns: Sequence[Turn], scenario: Scenario, lang: Lang) -> Remark:
    """The coach's word on the last of some turns.

    Raises:
        ValueError: There is no turn with a reply at the end.
    """
    if not turns or turns[-1].reading is None:
        raise ValueError("the last turn has no reply")
    turn = turns[-1]
    did: dict[Act, Quote] = {}
    faults: dict[Act, Quote] = {}
    misfits: dict[Misfit, Quote] = {}
    for effect in turn.effects:
        words = quote(turn, effect.move)
        if effect.move.act in FAULTS:
            faults.setdefault(effect.move.act, words)
        elif effect.misfit:
            misfits.setdefault(effect.misfit, words)
        else:
            did.setdefault(effect.move.act, words)
    if all_at_once(turn, need_known=any(NEED in earlier.told for earlier in turns[:-1])):
        misfits[Misfit.ALL_AT_ONCE] = whole(turn)
    act, sentence = better(turns[:-1], turn.before, scenario, lang)
    fine = act in did and not faults and not misfits
    return Remark(
        did=tuple(did.values()),
        faults=tuple(faults.values()),
        misfits=tuple(misfits.items()),
        better=None if fine else sentence,
        missing=None if fine else act,
        anger_before=turn.anger_before,
        anger_after=turn.anger_after,
    )


def hint(turns: Sequence[Turn], scenario: Scenario, lang: Lang) -> str:
    """A sentence that would serve now."""
    state = turns[-1].after if turns else State.VENTING
    return better(turns, state, scenario, lang)[1]


def better(turns: Sequence[Turn], state: State, scenario: Scenario, lang: Lang) -> tuple[Act, str]:
    """What serves best in a state after some turns: the act, and a sentence that does it."""
    words = scenario.words[lang]
    act, sentences = _moment(turns, state, scenario, words)
    said = {_letters(turn.reading.text) for turn in turns if turn.reading}
    fresh = [sentence for sentence in sentences if _letters(sentence) not in said] or list(sentences)
    return act, fresh[len(turns) % len(fresh)]


def model_for(slip_turn: Turn, turns: Sequence[Turn], scenario: Scenario, lang: Lang) -> str:
    """A better sentence for the moment of an earlier turn."""
    before = [turn for turn in turns if turn.number < slip_turn.number]
    return better(before, slip_turn.before, scenario, lang)[1]


def _moment(
    turns: Sequence[Turn], state: State, scenario: Scenario, words: ScenarioWords
) -> tuple[Act, tuple[str, ...]]:
    advice = words.advice
    done = {effect.move.act for turn in turns for effect in turn.effects if effect.misfit is None}
    told = {topic for turn in turns for topic in turn.told}
    match state:
        case State.ESCALATING:
            return Act.OWN, advice.repair
        case State.VENTING | State.DEMANDING if Act.APOLOGIZE not in done:
            return Act.APOLOGIZE, advice.apologize
        case State.VENTING:
            return (Act.LISTEN, advice.listen) if Act.EMPATHIZE in done else (Act.EMPATHIZE, advice.empathize)
        case State.DEMANDING:
            if Act.OWN not in done:
                return Act.OWN, advice.own
            return (Act.EXPLAIN, advice.explain) if Act.EXPLAIN not in done else (Act.COMMIT, advice.on_it)
        case State.CALMING | State.TELLING if NEED not in told:
            return _question(told, done, scenario, words)
        case State.AGREED:
            if Act.FOLLOW_UP not in done:
                return Act.FOLLOW_UP, advice.follow_up
            return Act.THANK, advice.thank
    return Act.OFFER, advice.offer


def _question(
    told: set[str], done: set[Act], scenario: Scenario, words: ScenarioWords
) -> tuple[Act, tuple[str, ...]]:
    if Act.ASK_OPEN not in done:
        return Act.ASK_OPEN, words.advice.ask_open
    if len(told) >= _FACTS_BEFORE_NEED:
        return Act.ASK_NEED, words.need.asked
    for fact in scenario.facts:
        if fact.id not in told:
            return Act.ASK_SPECIFIC, words.facts[fact.id].asked
    return Act.SUMMARIZE, words.advice.summarize


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
