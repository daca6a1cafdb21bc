"""One person against one customer: events in, turns out, and the same again from the same events."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from dialogues.languages import texts
from dialogues.scenario import Lang, Persona, Scenario
from dialogues.turn import Reading, State, Turn
from state.answer import Heard
from state.customer import Customer
from state.voice import Moment, Voice

Mode = Literal["coach", "exam"]


class Stop(StrEnum):
    """Why no more replies come."""

    TIME_OUT = "time_out"
    GAVE_UP = "gave_up"


Event = Reading | Stop
"""What can happen in a session: a graded reply, or the end of replies."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a session is made of, before the first word.

    Attributes:
        scenario: What happened, in the version that was current at the start.
        persona: Who is upset.
        difficulty: A key of `dialogues.scenario.DIFFICULTIES`.
        lang: Language of the customer.
        seed: Chooses among lines that fit alike.
    """

    scenario: Scenario
    persona: Persona
    difficulty: str = "normal"
    lang: Lang = "zh"
    seed: int = 0


class Session:
    """A session as it stands.

    The same setup and the same events give the same session, byte for byte; a stored session is
    restored by replaying its events, and nothing is graded again.

    Attributes:
        setup: What it is made of.
        opening: What the customer says first.
        opening_anger: Anger (0–100) before the first reply.
        events: What happened, in order.
        turns: What came of it, one for each event.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._customer = Customer(setup.scenario, setup.persona, setup.difficulty)
        self._voice = Voice(setup.scenario, setup.persona, setup.lang, setup.seed, texts(setup.lang))
        self.opening_anger = self._customer.anger
        self.opening = self._voice.open(self._customer.anger)
        self.events: list[Event] = []
        self.turns: list[Turn] = []

    @classmethod
    def replay(cls, setup: Setup, events: list[Event]) -> "Session":
        """The session in which those events happened."""
        session = cls(setup)
        for event in events:
            session.happen(event)
        return session

    @property
    def state(self) -> State:
        """How far the customer has come."""
        return self._customer.state

    @property
    def anger(self) -> int:
        """The customer's anger, 0–100."""
        return self._customer.anger

    @property
    def ended(self) -> bool:
        """No more replies are heard."""
        return self._customer.ended

    @property
    def rule_broken(self) -> bool:
        """Staff named a way out that no bank may take."""
        return self._customer.rule_broken

    @property
    def last_line(self) -> str:
        """What the customer said last; the context of the next reply."""
        for turn in reversed(self.turns):
            if turn.lines:
                return turn.lines[-1]
        return self.opening[-1]

    @property
    def replies(self) -> tuple[Reading, ...]:
        """The graded replies so far."""
        return tuple(event for event in self.events if isinstance(event, Reading))

    def happen(self, event: Event) -> Turn:
        """Take in what happened and answer it.

        Raises:
            ValueError: The session is over.
        """
        if self.ended:
            raise ValueError("the session is over")
        before, anger = self.state, self.anger
        heard = self._customer.hear(event) if isinstance(event, Reading) else self._customer.run_out()
        turn = self._turn(event, before, anger, heard)
        self.events.append(event)
        self.turns.append(turn)
        return turn

    def _turn(self, event: Event, before: State, anger: int, heard: Heard) -> Turn:
        lines = self._voice.say(heard.beats, Moment(self.state, self.anger))
        return Turn(
            number=len(self.turns) + 1,
            reading=event if isinstance(event, Reading) else None,
            before=before,
            after=self.state,
            anger_before=anger,
            anger_after=self.anger,
            effects=tuple(heard.effects),
            told=tuple(heard.told),
            agreed=heard.agreed,
            promise_due=heard.promise_due,
            lines=lines,
        )
