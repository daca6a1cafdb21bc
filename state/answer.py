"""What the customer sets out to say: beats, chosen by what was heard and by the state that it left."""

from dataclasses import dataclass, field
from typing import Literal

from dialogues.acts import Act
from dialogues.turn import OUTCOMES, Effect, Misfit, Reading, State
from state.temper import RISE

Said = Literal[
    "react", "silence", "nothing", "parroted", "repeated", "apologized_enough", "out_of_place",
    "vent", "demand", "balk", "interrupted", "too_soon", "calm", "wait", "fact", "need", "guarded",
    "unknown", "confirm", "solution", "vague", "bargain", "closing", "goodbye", "escalate",
    "storm_out", "give_up", "repaired", "chase",
]  # fmt: skip
"""What a customer can set out to say; each names a set of lines."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that the customer sets out to say.

    Attributes:
        said: Which set of lines it is taken from.
        key: The act, fact or solution, where the set has one for each.
        quote: Words of the staff that the line may quote.
    """

    said: Said
    key: str = ""
    quote: str = ""


@dataclass(slots=True)
class Heard:
    """What one event did: effects on anger, facts told, beats to be said."""

    effects: list[Effect] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    agreed: str | None = None
    promise_due: bool = False
    answered: int = 0
    progress: bool = False
    interrupted: bool = False
    vented: bool = False
    escalated: bool = False

    def say(self, said: Said, key: str = "", quote: str = "") -> None:
        """Set out to say something, once."""
        if not any(beat.said == said and beat.key == key for beat in self.beats):
            self.beats.append(Beat(said, key, quote))


_MOST_TOLD = 2
"""Answers in one go; the customer is no information desk."""

_UPSET = (State.VENTING, State.DEMANDING, State.ESCALATING)

_ENDINGS: dict[State, Said] = {
    State.RESOLVED: "goodbye",
    State.UNRESOLVED: "give_up",
    State.ESCALATED: "storm_out",
}


def answer(before: State, after: State, reading: Reading, heard: Heard, *, rule_broken: bool) -> list[Beat]:
    """The customer's answer: a reaction, what is told, and an ending or a prompt.

    Args:
        before: State in which the reply was heard.
        after: State in which it left the customer.
        reading: The reply.
        heard: What it did, with the beats that it brought out.
        rule_broken: Staff named a way out that no bank may take.
    """
    reaction = _reaction(before, reading, heard)
    chase = [beat for beat in heard.beats if beat.said == "chase"]
    told = [beat for beat in heard.beats if beat.said != "chase"][:_MOST_TOLD]
    if rule_broken:
        return [beat for beat in heard.beats if beat.said == "solution"]
    if after in OUTCOMES:
        return [*([reaction] if reaction and reading.faults else []), Beat(_ENDINGS[after])]
    prompt = None if chase else _prompt(before, after, told)
    if (reaction and reading.faults) or after is State.VENTING:
        told = told[: _MOST_TOLD - 1]
    elif reaction and told and before not in _UPSET:
        reaction = None
    return [*([reaction] if reaction else []), *told, *chase, *([prompt] if prompt else [])]


def _reaction(before: State, reading: Reading, heard: Heard) -> Beat | None:
    """The one thing in the reply that the customer reacts to first."""
    if reading.parroted:
        return Beat("parroted")
    if reading.faults:
        worst = max(reading.faults, key=lambda move: RISE[move.act])
        return Beat("react", worst.act.value, reading.words(worst))
    if not reading.moves:
        return Beat("nothing")
    silent = not any(char.isalnum() for char in reading.text)
    fitting = [effect for effect in heard.effects if effect.misfit is None]
    if fitting:
        best = min(fitting, key=lambda effect: effect.change).move
        if best.act is Act.LISTEN and before is State.VENTING:
            return None
        return Beat("silence") if silent else Beat("react", best.act.value, reading.words(best))
    misfits = {effect.misfit: effect.move for effect in heard.effects}
    if Misfit.REPEATED in misfits:
        return Beat("repeated", quote=reading.words(misfits[Misfit.REPEATED]))
    if Misfit.APOLOGIZED_ENOUGH in misfits:
        return Beat("apologized_enough")
    if set(misfits) == {Misfit.OUT_OF_PLACE}:
        return Beat("silence") if silent else Beat("out_of_place")
    return None


def _prompt(before: State, after: State, told: list[Beat]) -> Beat | None:
    """What keeps the talk going, by the state that the reply left."""
    said = {beat.said for beat in told}
    quiet = after is not before or not said
    if after is State.VENTING or (before is State.VENTING and "interrupted" in said):
        return Beat("vent")
    match after:
        case State.DEMANDING if quiet:
            return Beat("demand")
        case State.CALMING if quiet:
            return Beat("calm")
        case State.TELLING if not said:
            return Beat("calm")
        case State.NEGOTIATING if "need" in said or not said:
            return Beat("wait")
        case State.ESCALATING:
            return Beat("escalate")
        case State.AGREED if after is before:
            return Beat("closing")
    return None
