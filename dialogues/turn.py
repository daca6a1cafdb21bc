"""What is heard in a reply and what comes of it: the plain values that every layer passes on."""

from dataclasses import dataclass
from enum import StrEnum

from dialogues.acts import FAULTS, Act


class State(StrEnum):
    """How far the customer has come."""

    VENTING = "venting"
    DEMANDING = "demanding"
    CALMING = "calming"
    TELLING = "telling"
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    ESCALATING = "escalating"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    ESCALATED = "escalated"


OUTCOMES = frozenset({State.RESOLVED, State.UNRESOLVED, State.ESCALATED})
"""The states that end a session."""


class Heat(StrEnum):
    """Anger as the customer's way of speaking shows it."""

    HOT = "hot"
    WARM = "warm"
    COOL = "cool"

    @staticmethod
    def of(anger: int) -> "Heat":
        """Anger (0–100) as one of three tones: hot from 65, cool below 35."""
        if anger >= 65:
            return Heat.HOT
        return Heat.WARM if anger >= 35 else Heat.COOL


class Misfit(StrEnum):
    """Why a good act does not help at this moment."""

    INTERRUPTS = "interrupts"
    """A question, an explanation or a solution while the customer vents."""
    BEFORE_APOLOGY = "before_apology"
    """A question before any sincere apology."""
    BEFORE_NEED = "before_need"
    """A solution before the need is known."""
    REPEATED = "repeated"
    """The same kind sentence again."""
    APOLOGIZED_ENOUGH = "apologized_enough"
    """The third apology and every later one."""
    OUT_OF_PLACE = "out_of_place"
    """Good in itself, and no use here."""
    ALL_AT_ONCE = "all_at_once"
    """Soothing, asking, solving and closing in one breath; the scorecard's judgement of a whole reply."""


@dataclass(frozen=True, slots=True)
class Move:
    """One act in a reply, with the words that show it and what they are about.

    Attributes:
        act: The act.
        start: Offset of the evidence in the reply, in characters.
        end: Offset behind the evidence.
        topic: Id of the fact that a question asks for or a restatement says back (``need`` for the
            need), or of the solution that a proposal names; None where it is none of the scenario's.
        repeat: Whether the speaker said nearly the same words for this act before.
        formula: For an apology: whether it is a set phrase that names nothing of what happened.
        vague: Whether the topic is only likely. A commit is then heard as "I'm on it" until the need is
            known, and a restatement is put right rather than confirmed.
        sure: Whether the grader is sure of the act; only then does it block a pass.
    """

    act: Act
    start: int
    end: int
    topic: str | None = None
    repeat: bool = False
    formula: bool = False
    vague: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A graded reply as the customer hears it: text, moves in the order of the words.

    Attributes:
        text: The reply, masked, as stored and shown.
        moves: Acts in the order in which they are said.
        parroted: Whether the reply only says the customer's own words again.
        grader: Version of the grader that found the moves; empty where none was asked.
    """

    text: str
    moves: tuple[Move, ...] = ()
    parroted: bool = False
    grader: str = ""

    @property
    def acts(self) -> frozenset[Act]:
        """The reply's labels."""
        return frozenset(move.act for move in self.moves)

    @property
    def faults(self) -> tuple[Move, ...]:
        """The moves that the technique forbids."""
        return tuple(move for move in self.moves if move.act in FAULTS)

    def words(self, move: Move) -> str:
        """The evidence: the very words that show the move."""
        return self.text[move.start : move.end]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one move did to the customer.

    Attributes:
        move: The move.
        change: Change of anger that it asked for, in points.
        misfit: Why a good act did not help; None where it fitted, and for faults.
    """

    move: Move
    change: float
    misfit: Misfit | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One staff reply with the customer's answer.

    Attributes:
        number: 1 for the first reply.
        reading: The graded reply; None where time ran out or staff gave up.
        before: State in which the reply was heard.
        after: State in which it left the customer.
        anger_before: Anger (0–100) before the reply.
        anger_after: Anger (0–100) after it.
        effects: What each move did, in the order of the words.
        told: Ids of the facts told in answer (``need`` for the need).
        agreed: Id of the solution that the customer agreed to in this turn.
        promise_due: Whether the customer had to ask what became of an earlier promise.
        lines: What the customer says.
    """

    number: int
    reading: Reading | None
    before: State
    after: State
    anger_before: int
    anger_after: int
    effects: tuple[Effect, ...] = ()
    told: tuple[str, ...] = ()
    agreed: str | None = None
    promise_due: bool = False
    lines: tuple[str, ...] = ()

    def misfits(self) -> frozenset[Misfit]:
        """The ways in which good acts of this reply did not fit."""
        return frozenset(effect.misfit for effect in self.effects if effect.misfit)
