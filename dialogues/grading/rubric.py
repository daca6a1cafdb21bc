"""From a session's turns to its score: the criteria of the deck as one table of parts.

Weights, pass mark and blockers are data here and nowhere else; the version goes up whenever a
session could score differently.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialogues.acts import FAULTS, QUESTIONS, RESTATEMENTS, Act
from dialogues.scenario import NEED, Scenario
from dialogues.turn import Effect, Misfit, Move, State, Turn

VERSION = "2"

PASS_MARK = 80
CAP = 79
"""Highest score of a session with a blocker."""


class Criterion(StrEnum):
    """What the deck asks for, in its order."""

    LISTEN = "listen"
    APOLOGIZE_FIRST = "apologize_first"
    ASK = "ask"
    RESOLVE = "resolve"
    CLOSE = "close"
    CONDUCT = "conduct"


class Blocker(StrEnum):
    """What keeps a session under the pass mark, whatever else was good."""

    PROVOKED = "provoked"
    RULE_BROKEN = "rule_broken"
    ASKED_BEFORE_APOLOGY = "asked_before_apology"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a session that show an act.

    Attributes:
        turn: Number of the turn.
        act: The act.
        words: The very words; empty for silence.
    """

    turn: int
    act: Act
    words: str


@dataclass(frozen=True, slots=True)
class Result:
    """Points for one criterion.

    Attributes:
        criterion: Which.
        points: Points reached.
        max: Points that can be reached.
        evidence: Words that earned them, at most three.
        missing: Parts that were not fully reached, the costliest first.
    """

    criterion: Criterion
    points: int
    max: int
    evidence: tuple[Quote, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """A moment that cost points: a fault, a good act that did not fit, or a reply that was too much.

    Attributes:
        quote: The words.
        misfit: Why a good act did not help; None for a fault.
        cost: Points that it cost, about.
    """

    quote: Quote
    misfit: Misfit | None
    cost: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A session's grade.

    Attributes:
        version: Version of the rubric.
        score: 0–100.
        outcome: `resolved`, `unresolved` or `escalated`; a state for a session that goes on.
        passed: At least the pass mark, `resolved`, no blocker.
        results: One for each criterion, in order.
        blockers: What keeps the score under the pass mark.
        slips: Moments that cost points, the costliest first.
        best: The words that did most good, if any.
    """

    version: str
    score: int
    outcome: State
    passed: bool
    results: tuple[Result, ...]
    blockers: tuple[Blocker, ...]
    slips: tuple[Slip, ...]
    best: Quote | None


class Record:
    """What happened in a session, as the table of parts asks for it."""

    def __init__(self, turns: Sequence[Turn], scenario: Scenario) -> None:
        self.turns = [turn for turn in turns if turn.reading is not None]
        self.scenario = scenario
        self.fitting = [
            (turn, effect.move)
            for turn in self.turns
            for effect in turn.effects
            if effect.misfit is None and effect.move.act not in FAULTS
        ]
        self.slips = sorted(self._slips(), key=lambda slip: (-slip.cost, slip.quote.turn))
        self.told = {topic for turn in self.turns for topic in turn.told}
        self.agreed = next((turn for turn in self.turns if turn.agreed), None)
        self.outcome = turns[-1].after if turns else State.VENTING
        self.apology = self._apology()

    def quotes(self, *acts: Act, where: Callable[[Turn, Move], bool] | None = None) -> list[Quote]:
        """Fitting evidence of some acts."""
        return [
            quote(turn, move)
            for turn, move in self.fitting
            if move.act in acts and (where is None or where(turn, move))
        ]

    def misfits(self, misfit: Misfit) -> int:
        """How often good acts failed to fit in that way, counted once a reply."""
        return sum(misfit in turn.misfits() for turn in self.turns)

    @property
    def asked_before_apology(self) -> bool:
        """A question came before any sincere apology."""
        return self.misfits(Misfit.BEFORE_APOLOGY) > 0

    @property
    def reaction(self) -> list[tuple[Turn, Move]]:
        """What was said, fittingly, up to the reply after the first apology: the first reaction."""
        if self.apology is None:
            return []
        last = self.apology[0].number + 1
        return [(turn, move) for turn, move in self.fitting if turn.number <= last]

    @property
    def promise_broken(self) -> bool:
        """The customer had to ask what became of a promise, and was not told."""
        asked = next((turn.number for turn in self.turns if turn.promise_due), None)
        kept = (Act.EXPLAIN, Act.OFFER, Act.COMMIT, Act.DISCLOSE_LIMITS)
        return asked is not None and not self.quotes(*kept, where=lambda turn, _: turn.number > asked)

    @property
    def share(self) -> float:
        """How much of a conversation took place, 0–1: good conduct is earned by taking part."""
        spoken = {move.act for _, move in self.fitting if move.act is not Act.LISTEN}
        return min(1.0, len(spoken) / 4)

    def _apology(self) -> tuple[Turn, Move] | None:
        apologies = [
            (turn, effect.move)
            for turn in self.turns
            for effect in turn.effects
            if effect.move.act is Act.APOLOGIZE and not effect.move.repeat
        ]
        return apologies[0] if apologies else None

    def _slips(self) -> list[Slip]:
        slips = []
        told: set[str] = set()
        for turn in self.turns:
            seen: set[Act | Misfit] = set()
            if all_at_once(turn, need_known=NEED in told):
                cost = MISFIT_COST[Misfit.ALL_AT_ONCE]
                slips.append(Slip(whole(turn), Misfit.ALL_AT_ONCE, cost))
            told |= set(turn.told)
            for effect in turn.effects:
                kind = effect.misfit or effect.move.act
                cost = _cost(effect)
                if cost and kind not in seen:
                    seen.add(kind)
                    slips.append(Slip(quote(turn, effect.move), effect.misfit, cost))
        return slips


FAULT_COST: dict[Act, float] = {
    Act.HUSH: 6,
    Act.DENY: 6,
    Act.BLAME: 7,
    Act.DEFLECT: 6,
    Act.DISMISS: 6,
    Act.PROVOKE: 12,
    Act.OVERPROMISE: 6,
    Act.HOLLOW_APOLOGY: 6,
}
"""Points of conduct that a fault costs, once a reply."""

MISFIT_COST: dict[Misfit, float] = {
    Misfit.BEFORE_APOLOGY: 6,
    Misfit.INTERRUPTS: 3,
    Misfit.BEFORE_NEED: 2,
    Misfit.REPEATED: 1,
    Misfit.APOLOGIZED_ENOUGH: 1,
    Misfit.ALL_AT_ONCE: 2,
}
"""Points that a good act costs where it does not fit, once a reply."""

CONDUCT_SLIPS: tuple[Misfit | None, ...] = (None, Misfit.REPEATED, Misfit.APOLOGIZED_ENOUGH)
"""Slips that cost points of conduct; None stands for the faults."""


def _cost(effect: Effect) -> float:
    if effect.misfit:
        return MISFIT_COST.get(effect.misfit, 0)
    return FAULT_COST.get(effect.move.act, 0)


def quote(turn: Turn, move: Move) -> Quote:
    """A move of a turn with its words."""
    return Quote(turn.number, move.act, turn.reading.words(move) if turn.reading else "")


def whole(turn: Turn) -> Quote:
    """All the words of a turn, under the first of its acts."""
    return Quote(turn.number, turn.effects[0].move.act, turn.reading.text if turn.reading else "")


_STEPS: tuple[frozenset[Act], ...] = (
    frozenset({Act.LISTEN, Act.EMPATHIZE, Act.APOLOGIZE, Act.OWN, Act.COMFORT}),
    QUESTIONS | RESTATEMENTS,
    frozenset({Act.EXPLAIN, Act.OFFER, Act.COMMIT, Act.DISCLOSE_LIMITS, Act.SEEK_AGREEMENT}),
    frozenset({Act.FOLLOW_UP, Act.THANK}),
)
"""The steps of the deck: soothe, ask, solve, close; "I'm on it", which names no solution, is none."""

_STEPS_AT_ONCE, _ACTS_AT_ONCE = 3, 6
"""From how many steps and different acts on one reply is everything at once."""


def all_at_once(turn: Turn, *, need_known: bool) -> bool:
    """Whether a reply goes through the steps in one breath, before the need is known.

    Args:
        turn: The turn of the reply.
        need_known: Whether the customer had told the need before it.
    """
    moves = [effect.move for effect in turn.effects if effect.move.act not in FAULTS]
    on_it = {move for move in moves if move.act is Act.COMMIT and move.topic is None}
    gone_through = {
        number
        for move in moves
        for number, step in enumerate(_STEPS)
        if move.act in step and move not in on_it
    }
    return (
        not need_known
        and len(gone_through) >= _STEPS_AT_ONCE
        and len({move.act for move in moves}) >= _ACTS_AT_ONCE
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a criterion: what it is worth and how much of it a session reached (0–1)."""

    criterion: Criterion
    key: str
    points: float
    reached: Callable[[Record], float]


def _yes(value: object) -> float:
    return 1.0 if value else 0.0


def _attention(record: Record) -> float:
    hot = (State.VENTING, State.DEMANDING, State.ESCALATING)
    heard = record.quotes(Act.LISTEN, where=lambda turn, _: turn.before in hot)
    return _yes(heard or record.quotes(*RESTATEMENTS))


def _patience(record: Record) -> float:
    spoke = record.quotes(Act.LISTEN, Act.EMPATHIZE, Act.APOLOGIZE, Act.OWN, Act.COMFORT)
    return max(0.0, 1 - 0.75 * record.misfits(Misfit.INTERRUPTS)) if spoke else 0.0


def _apology(record: Record) -> float:
    if record.apology is None:
        return 0.0
    return 0.6 if record.apology[1].formula else 1.0


def _early(record: Record) -> float:
    """In the first or second reply; replies that only listen don't count as delay."""
    if record.apology is None:
        return 0.0
    before = [turn for turn in record.turns if turn.number < record.apology[0].number]
    return _yes(len([turn for turn in before if turn.reading and turn.reading.acts - {Act.LISTEN}]) <= 1)


def _before_questions(record: Record) -> float:
    return _yes(record.apology and not record.asked_before_apology)


def _in_reaction(act: Act) -> Callable[[Record], float]:
    return lambda record: _yes(any(move.act is act for _, move in record.reaction))


def _owned(record: Record) -> float:
    if not record.scenario.bank_at_fault:
        return _yes(record.apology)
    return _in_reaction(Act.OWN)(record)


def _on_it(record: Record) -> float:
    attends = (Act.COMMIT, Act.COMFORT, Act.LISTEN)
    return _yes(any(move.act in attends and move.topic is None for _, move in record.reaction))


def _ways(record: Record) -> float:
    ways = {move.act for _, move in record.fitting if move.act in QUESTIONS | RESTATEMENTS}
    return (0.0, 0.25, 0.69, 1.0)[min(3, len(ways))]


def _step_by_step(record: Record) -> float:
    """Something was asked, and never everything at once."""
    asked = record.quotes(*QUESTIONS, *RESTATEMENTS)
    return _yes(asked and all(slip.misfit is not Misfit.ALL_AT_ONCE for slip in record.slips))


def _found(record: Record) -> float:
    return min(1.0, len(record.told - {NEED}) / 3)


def _timely(record: Record) -> float:
    if NEED not in record.told:
        return 0.0
    return max(0.0, 1 - 0.5 * record.misfits(Misfit.BEFORE_NEED))


def _answered(record: Record) -> float:
    agreed = record.agreed
    if agreed is None:
        return 0.0
    acts = (Act.COMMIT, Act.EXPLAIN, Act.DISCLOSE_LIMITS, Act.FOLLOW_UP, Act.OFFER)
    done = record.quotes(*acts, where=lambda turn, _: turn.number >= agreed.number)
    return (0.5 if record.promise_broken else 1.0) * _yes(done)


def _conduct(record: Record) -> float:
    cost = sum(slip.cost for slip in record.slips if slip.misfit in CONDUCT_SLIPS)
    return record.share * max(0.0, 1 - cost / _CONDUCT)


_CONDUCT = 12.0

PARTS: tuple[Part, ...] = (
    Part(Criterion.LISTEN, "attention", 6, _attention),
    Part(Criterion.LISTEN, "empathy", 5, lambda record: _yes(record.quotes(Act.EMPATHIZE))),
    Part(Criterion.LISTEN, "patience", 4, _patience),
    Part(Criterion.APOLOGIZE_FIRST, "apology", 9, _apology),
    Part(Criterion.APOLOGIZE_FIRST, "before_questions", 6, _before_questions),
    Part(Criterion.APOLOGIZE_FIRST, "early", 4, _early),
    Part(Criterion.APOLOGIZE_FIRST, "with_empathy", 2, _in_reaction(Act.EMPATHIZE)),
    Part(Criterion.APOLOGIZE_FIRST, "with_own", 2, _owned),
    Part(Criterion.APOLOGIZE_FIRST, "with_on_it", 2, _on_it),
    Part(Criterion.ASK, "ways", 8, _ways),
    Part(Criterion.ASK, "step_by_step", 2, _step_by_step),
    Part(Criterion.ASK, "facts", 5, _found),
    Part(Criterion.ASK, "need", 5, lambda record: _yes(NEED in record.told)),
    Part(Criterion.RESOLVE, "solution", 10, lambda record: _yes(record.agreed)),
    Part(Criterion.RESOLVE, "explanation", 3, lambda record: _yes(record.quotes(Act.EXPLAIN))),
    Part(Criterion.RESOLVE, "agreement", 3, lambda record: _yes(record.quotes(Act.SEEK_AGREEMENT))),
    Part(Criterion.RESOLVE, "timely", 4, _timely),
    Part(Criterion.CLOSE, "answer", 2, _answered),
    Part(Criterion.CLOSE, "follow_up", 4, lambda record: _yes(record.quotes(Act.FOLLOW_UP))),
    Part(Criterion.CLOSE, "thanks", 2, lambda record: _yes(record.quotes(Act.THANK))),
    Part(Criterion.CONDUCT, "conduct", _CONDUCT, _conduct),
)
"""Everything that earns points; the parts add up to 100."""

_EVIDENCE: dict[Criterion, tuple[Act, ...]] = {
    Criterion.LISTEN: (Act.LISTEN, Act.EMPATHIZE, Act.SUMMARIZE, Act.ASK_CHECK),
    Criterion.APOLOGIZE_FIRST: (Act.APOLOGIZE, Act.OWN),
    Criterion.ASK: (Act.ASK_OPEN, Act.ASK_NEED, Act.ASK_CHECK, Act.ASK_SPECIFIC, Act.SUMMARIZE),
    Criterion.RESOLVE: (Act.OFFER, Act.EXPLAIN, Act.SEEK_AGREEMENT, Act.COMMIT, Act.DISCLOSE_LIMITS),
    Criterion.CLOSE: (Act.FOLLOW_UP, Act.THANK),
    Criterion.CONDUCT: (),
}
_MOST_EVIDENCE = 3


def score(turns: Sequence[Turn], scenario: Scenario, *, rule_broken: bool = False) -> Scorecard:
    """Grade a session, finished or not.

    Args:
        turns: Its turns, in order.
        scenario: What it was about.
        rule_broken: Staff named a way out that no bank may take.
    """
    record = Record(turns, scenario)
    blockers = _blockers(record, rule_broken=rule_broken)
    results = tuple(_result(criterion, record) for criterion in Criterion)
    total = sum(result.points for result in results)
    total = min(total, CAP) if blockers else total
    return Scorecard(
        version=VERSION,
        score=total,
        outcome=record.outcome,
        passed=total >= PASS_MARK and record.outcome is State.RESOLVED and not blockers,
        results=results,
        blockers=blockers,
        slips=tuple(record.slips),
        best=_best(record),
    )


def _blockers(record: Record, *, rule_broken: bool) -> tuple[Blocker, ...]:
    blockers = []
    if any(move.act is Act.PROVOKE for turn in record.turns if turn.reading for move in turn.reading.moves):
        blockers.append(Blocker.PROVOKED)
    if rule_broken:
        blockers.append(Blocker.RULE_BROKEN)
    early = [
        effect.move.sure
        for turn in record.turns
        for effect in turn.effects
        if effect.misfit is Misfit.BEFORE_APOLOGY
    ]
    if any(early):
        blockers.append(Blocker.ASKED_BEFORE_APOLOGY)
    return tuple(blockers)


def _result(criterion: Criterion, record: Record) -> Result:
    parts = [(part, part.points * part.reached(record)) for part in PARTS if part.criterion is criterion]
    missing = sorted(
        ((part.points - reached, part.key) for part, reached in parts if reached < part.points - 0.01),
        key=lambda item: -item[0],
    )
    return Result(
        criterion=criterion,
        points=round(sum(reached for _, reached in parts)),
        max=round(sum(part.points for part, _ in parts)),
        evidence=_evidence(criterion, record),
        missing=tuple(key for _, key in missing),
    )


def _evidence(criterion: Criterion, record: Record) -> tuple[Quote, ...]:
    """Words for the criterion: one of each act first, in the order of the session."""
    if criterion is Criterion.CONDUCT:
        return tuple(slip.quote for slip in record.slips if slip.misfit is None)[:_MOST_EVIDENCE]
    found = [item for item in record.quotes(*_EVIDENCE[criterion]) if item.words]
    first: dict[Act, Quote] = {}
    for item in found:
        first.setdefault(item.act, item)
    chosen = sorted(first.values(), key=lambda item: _EVIDENCE[criterion].index(item.act))[:_MOST_EVIDENCE]
    return tuple(sorted(chosen, key=lambda item: item.turn))


def _best(record: Record) -> Quote | None:
    """The words that took most anger away."""
    effects = [
        (effect.change, turn, effect.move)
        for turn in record.turns
        for effect in turn.effects
        if effect.misfit is None and effect.change < 0 and effect.move.end > effect.move.start
    ]
    if not effects:
        return None
    _, turn, move = min(effects, key=lambda item: item[0])
    return quote(turn, move)
