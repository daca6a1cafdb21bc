"""Scenarios and personas as data: what happened, who is upset, and every line they can say.

A scenario is a folder: ``scenario.yaml`` (what happened, without prose) and one file of words a
language (``zh.yaml``, ``en.yaml``). A persona is a folder of the same kind: ``persona.yaml`` and
its words. The models here are the schema; they are exported as JSON Schema for editors.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dialogues.acts import Act
from dialogues.turn import Heat, State

Lang = Literal["zh", "en"]
Cause = Literal["product", "system", "quality", "feeling", "guarantee", "work_error", "deception"]
"""Why customers get upset, as the training deck classes it (the last five are service)."""
Part = Literal["preparing", "training", "beginning", "middle", "review"]
"""The five parts of crisis management, as the training deck names them."""

NEED = "need"
"""The topic of what the customer really wants."""

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,39}$")]


class Data(BaseModel):
    """Content read from a file: frozen, and nothing in it that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Data):
    """Something the customer may say, with the circumstances in which it is right.

    In a file a line without circumstances is just its text. ``{quote}`` stands for the words of
    the reply that the line answers.
    """

    text: str = Field(min_length=1, max_length=400)
    states: tuple[State, ...] = Field(default=(), description="Only in these states; empty for any.")
    heat: tuple[Heat, ...] = Field(default=(), description="Only at this heat of anger; empty for any.")
    personas: tuple[Identifier, ...] = Field(default=(), description="Only this persona; empty for any.")


def _line(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


AnyLine = Annotated[Line, BeforeValidator(_line)]
Lines = tuple[AnyLine, ...]


class Burst(Data):
    """Messages that the customer sends in one go while venting."""

    say: tuple[Annotated[str, Field(min_length=1, max_length=400)], ...] = Field(min_length=1, max_length=3)
    personas: tuple[Identifier, ...] = ()
    opening: bool = Field(default=False, description="The session can start with it.")


class Fact(Data):
    """Something that the vents do not tell and a question can bring out."""

    id: Identifier
    open: bool = Field(default=True, description="Told when the customer is asked for the whole story.")


class Solution(Data):
    """A way out that staff may name.

    A solution that neither fits nor breaks a rule is turned down; one that breaks a rule ends the
    session as failed.
    """

    id: Identifier
    fits: bool = False
    breaks_rule: bool = False


class Thresholds(Data):
    """Where anger and patience turn; the defaults serve all scenarios."""

    calm: int = Field(default=76, description="Below this anger an apology can calm the venting customer.")
    simmer: int = Field(default=45, description="From this anger a fault makes a calm customer accuse again.")
    boil: int = Field(default=92, description="From this anger a fault makes the customer escalate.")
    stalls: int = Field(default=4, description="Replies in a row without progress that end the session.")
    turns: int = Field(default=20, description="Replies after which the session ends.")
    closing: int = Field(default=2, description="Replies of the closing phase.")
    unrepaired: int = Field(default=2, description="Replies that the escalating customer waits for a repair.")


class Words(Data):
    """A fact's or the need's words in one language."""

    asked: tuple[str, ...] = Field(
        min_length=2, description="How staff may ask for it: a few differently worded examples."
    )
    answers: Lines = Field(min_length=1, description="How the customer tells it.")


class SolutionWords(Data):
    """A solution's words in one language."""

    named: tuple[str, ...] = Field(
        min_length=2, description="How staff may name it: a few differently worded examples."
    )
    answers: Lines = Field(
        min_length=1, description="The customer accepts it, turns it down, or cheers (a broken rule)."
    )


class Advice(Data):
    """Better sentences for this scenario, by the moment that wants them."""

    listen: tuple[str, ...] = Field(min_length=1)
    empathize: tuple[str, ...] = Field(min_length=1)
    apologize: tuple[str, ...] = Field(min_length=2, description="Names what happened.")
    own: tuple[str, ...] = Field(min_length=1, description="The bank's failing, or one's manner.")
    on_it: tuple[str, ...] = Field(min_length=1, description="'I am on it', with no solution yet.")
    ask_open: tuple[str, ...] = Field(min_length=1)
    ask_check: tuple[str, ...] = Field(min_length=1)
    summarize: tuple[str, ...] = Field(min_length=1)
    explain: tuple[str, ...] = Field(min_length=1, description="The matter's real cause.")
    offer: tuple[str, ...] = Field(
        min_length=1, description="A fitting solution with the question whether it suits."
    )
    limits: tuple[str, ...] = Field(min_length=1)
    follow_up: tuple[str, ...] = Field(min_length=1)
    thank: tuple[str, ...] = Field(min_length=1)
    repair: tuple[str, ...] = Field(min_length=1, description="Owning, apologizing and listening in one.")


class Endings(Data):
    """The outcome told as a scene, a few sentences each."""

    resolved: str
    unresolved: str
    escalated: str
    rule_broken: str


class Debrief(Data):
    """What the deck teaches here (复盘)."""

    lesson: str
    risk: str
    improve: str


class Conversations(Data):
    """Staff replies of whole sessions, played in the tests: what they score is what the rubric means."""

    model: tuple[str, ...] = Field(
        min_length=5, description="One to be proud of: resolved, 90 points or more."
    )
    hurried: tuple[str, ...] = Field(default=(), description="Well meant and too fast: 40 to 70 points.")
    rude: tuple[str, ...] = Field(min_length=3, description="A typical bad one: escalated, under 25 points.")


class ScenarioWords(Data):
    """Everything that is said in a scenario, in one language."""

    title: str = Field(max_length=40)
    briefing: str = Field(max_length=600, description="What the staff member knows before the first word.")
    vents: tuple[Burst, ...] = Field(min_length=5)
    demands: Lines = Field(
        min_length=3, description="Vented out and nobody has apologized, or accusing again."
    )
    balks: Lines = Field(min_length=3, description="Asked a question before any apology.")
    interrupted: Lines = Field(min_length=3, description="Cut short while venting.")
    too_soon: Lines = Field(
        min_length=3, description="Offered a solution before the need is known; hints at it."
    )
    calms: Lines = Field(min_length=3, description="The apology has arrived; ready to be asked.")
    waits: Lines = Field(min_length=3, description="The need is out; what will the bank do?")
    facts: dict[Identifier, Words] = Field(min_length=6)
    need: Words
    guarded: Lines = Field(min_length=2, description="Asked for the need too early: holds it back.")
    unknown: Lines = Field(min_length=3, description="Answers a question that no fact answers.")
    confirms: Lines = Field(min_length=3, description="Was understood rightly.")
    solutions: dict[Identifier, SolutionWords] = Field(min_length=3)
    vague: Lines = Field(min_length=3, description="A proposal that names nothing the customer can use.")
    bargains: Lines = Field(min_length=2, description="Wants more certainty before agreeing.")
    closing: Lines = Field(min_length=3, description="In the closing phase, between agreement and goodbye.")
    goodbyes: Lines = Field(min_length=3, description="Leaves, helped.")
    escalates: Lines = Field(
        min_length=3, description="Reaches for the hotline, the phone camera, the manager."
    )
    storms_out: Lines = Field(min_length=3, description="The complaint is out of the house.")
    gives_up: Lines = Field(min_length=3, description="Leaves with nothing settled.")
    repaired: Lines = Field(min_length=2, description="Brought back from escalating.")
    chases: Lines = Field(min_length=3, description="Asks what became of a promise; {quote} is the promise.")
    advice: Advice
    endings: Endings
    debrief: Debrief
    conversations: Conversations


class Scenario(Data):
    """What happened, to whom it can happen, and what can settle it."""

    id: Identifier
    version: int = Field(ge=1)
    cause: Cause
    difficulty: Literal["easy", "normal", "hard"] = "normal"
    bank_at_fault: bool
    personas: tuple[Identifier, ...] = Field(min_length=3)
    facts: tuple[Fact, ...] = Field(min_length=6)
    solutions: tuple[Solution, ...] = Field(min_length=3)
    crisis_part: Part
    thresholds: Thresholds = Thresholds()
    words: dict[Lang, ScenarioWords] = Field(min_length=1)

    def __repr__(self) -> str:
        return f"Scenario({self.id!r}, version={self.version})"

    def solution(self, identifier: str) -> Solution:
        """The solution with that id (KeyError where there is none)."""
        for solution in self.solutions:
            if solution.id == identifier:
                return solution
        raise KeyError(identifier)


class PersonaWords(Data):
    """How a persona speaks, in one language, whatever the scenario."""

    name: str = Field(max_length=20)
    who: str = Field(max_length=60, description="Age, trade, temper, in one line.")
    reactions: dict[Act, Lines] = Field(description="To each act that is heard.")
    repeated: Lines = Field(min_length=4, description="Heard that sentence before.")
    apologized_enough: Lines = Field(min_length=3, description="The third apology.")
    silence: Lines = Field(min_length=4, description="Staff say nothing when it is their turn.")
    nothing: Lines = Field(min_length=4, description="The reply does nothing that helps.")
    parroted: Lines = Field(min_length=2, description="Hears their own words come back.")
    out_of_place: Lines = Field(min_length=3, description="A good act at the wrong moment.")


class Persona(Data):
    """Who is upset: temper as numbers, ways of speaking as words."""

    id: Identifier
    anger: int = Field(ge=40, le=85, description="Opening anger at normal difficulty.")
    rise: float = Field(default=1.0, ge=0.5, le=2.0, description="How quickly anger rises.")
    soothed_by: dict[Act, float] = Field(default={}, description="What helps more (>1) or less (<1).")
    provoked_by: dict[Act, float] = Field(default={}, description="Which faults hurt more or less.")
    bargains: bool = Field(default=False, description="Wants more certainty before agreeing.")
    words: dict[Lang, PersonaWords] = Field(min_length=1)

    def __repr__(self) -> str:
        return f"Persona({self.id!r})"


class Difficulty(Data):
    """How hard the customer is: different in kind, not in points."""

    vents: int = Field(description="Units of listening the customer needs after the opening burst.")
    anger: int = Field(description="Added to the persona's opening anger.")
    rise: float = Field(description="How quickly anger rises.")
    relief: float = Field(description="How much kindness helps.")
    hides: int = Field(description="Facts that must be out before the need is told.")
    volunteers: int | None = Field(
        description="Answered questions after which the need slips out; None for never."
    )
    facts_at_once: int = Field(description="Facts told in answer to one open question.")
    bargains: int = Field(description="Times a fitting solution is haggled over.")


DIFFICULTIES: dict[str, Difficulty] = {
    "easy": Difficulty(
        vents=1, anger=-10, rise=0.8, relief=1.2, hides=0, volunteers=2, facts_at_once=2, bargains=0
    ),
    "normal": Difficulty(
        vents=2, anger=0, rise=1.0, relief=1.0, hides=0, volunteers=3, facts_at_once=2, bargains=0
    ),
    "hard": Difficulty(
        vents=3, anger=8, rise=1.2, relief=0.85, hides=2, volunteers=None, facts_at_once=1, bargains=1
    ),
}
