"""Named small things: a scenario, personas, a library, a reader of tags, a clock, a coach at work.

Tests of code use these, so that they do not break when content improves.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bot.coach import Coach
from bot.desk import Desk
from bot.inputs import Command, Heard, Input, Person, Place, Press, Said, Silence, What
from bot.messages import Message
from dialogues.acts import Act
from dialogues.languages import LANGUAGES
from dialogues.library import Library
from dialogues.scenario import NEED, Lang, Persona, Scenario
from dialogues.turn import Move, Reading
from state.store import Store

ANN = Person(11, "Ann", "en-GB")
LI = Person(12, "小李", "zh-hans")
PRIVATE = Place(11)

MOMENT = 1_800_000_000.0
"""2027-01-15, eight in the morning in London, four in the afternoon in Shanghai."""


def _some(lang: Lang, name: str, count: int = 8) -> list[str]:
    return [f"{lang} {name} {number}" for number in range(1, count + 1)]


def _words(lang: Lang, name: str) -> dict[str, Any]:
    sets = (
        "demands", "balks", "interrupted", "too_soon", "calms", "waits", "guarded", "unknown", "confirms",
        "vague", "bargains", "closing", "goodbyes", "escalates", "storms_out", "gives_up", "repaired",
        "chases",
    )  # fmt: skip
    advice = (
        "listen", "empathize", "apologize", "own", "on_it", "ask_open", "ask_check", "summarize", "explain",
        "offer", "limits", "follow_up", "thank", "repair",
    )  # fmt: skip
    return {
        "title": f"{name} ({lang})",
        "briefing": f"{lang} briefing",
        "vents": [{"say": [f"{lang} vent {number}a", f"{lang} vent {number}b"]} for number in range(1, 8)],
        **{key: _some(lang, key) for key in sets},
        "facts": {
            f"fact_{number}": {
                "asked": _some(lang, f"asks {number}", 2),
                "answers": _some(lang, f"tells {number}", 3),
            }
            for number in range(1, 7)
        },
        "need": {"asked": _some(lang, "asks need", 3), "answers": _some(lang, "tells need", 3)},
        "solutions": {
            key: {"named": _some(lang, f"names {key}", 2), "answers": _some(lang, f"answers {key}", 3)}
            for key in ("refund", "wait", "bribe")
        },
        "advice": {key: _some(lang, f"better {key}", 3) for key in advice},
        "endings": {
            key: f"{lang} ending {key}" for key in ("resolved", "unresolved", "escalated", "rule_broken")
        },
        "debrief": {key: f"{lang} debrief {key}" for key in ("lesson", "risk", "improve")},
        "conversations": {"model": _some(lang, "model"), "rude": _some(lang, "rude")},
    }


@cache
def scenario(name: str = "lost-card", version: int = 1) -> Scenario:
    """A small scenario in both languages; ``refund`` fits, ``bribe`` breaks a rule."""
    return Scenario.model_validate(
        {
            "id": name,
            "version": version,
            "cause": "system",
            "bank_at_fault": True,
            "personas": ["calm_one", "hot_one", "other_one"],
            "facts": [{"id": f"fact_{number}"} for number in range(1, 7)],
            "solutions": [
                {"id": "refund", "fits": True},
                {"id": "wait"},
                {"id": "bribe", "breaks_rule": True},
            ],
            "crisis_part": "beginning",
            "words": {lang: _words(lang, name) for lang in LANGUAGES},
        }
    )


@cache
def persona(name: str, anger: int = 70) -> Persona:
    """A small persona in both languages."""
    manner = ("repeated", "apologized_enough", "silence", "nothing", "parroted", "out_of_place")
    return Persona.model_validate(
        {
            "id": name,
            "anger": anger,
            "words": {
                lang: {
                    "name": f"{name} {lang}",
                    "who": f"{lang} who",
                    "reactions": {act.value: _some(lang, f"hears {act.value}") for act in Act},
                    **{key: _some(lang, f"{name} {key}") for key in manner},
                }
                for lang in LANGUAGES
            },
        }
    )


@cache
def library() -> Library:
    """Two small scenarios and three personas."""
    scenarios = {name: scenario(name) for name in ("lost-card", "long-queue")}
    personas = {name: persona(name) for name in ("calm_one", "hot_one", "other_one")}
    return Library(scenarios, personas, [])


_TAG = re.compile(r"\[(\w+)(?::([\w-]+))?]")


class TagReader:
    """Reads acts that are written as ``[apologize]`` or ``[ask_need:need]``; anything else shows no act."""

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, text: str, context: str, scenario: Scenario, earlier: Sequence[Reading]) -> Reading:
        """As `Reader.read`."""
        self.read_texts.append(text)
        known = {NEED, *(fact.id for fact in scenario.facts), *(way.id for way in scenario.solutions)}
        moves = [
            Move(Act(found[1]), found.start(), found.end(), topic=found[2] if found[2] in known else None)
            for found in _TAG.finditer(text)
            if found[1] in set(Act)
        ]
        return Reading(text, tuple(moves))


MODEL = (
    "您说 [listen]",
    "[apologize] [empathize] [own]",
    "[ask_open]",
    "[ask_specific:fact_3] [ask_check:fact_3]",
    f"[ask_need:{NEED}]",
    "[explain] [offer:refund] [seek_agreement]",
    "[commit] [follow_up] [thank]",
    "[thank]",
)
"""Replies that resolve any of the small scenarios."""

RUDE = ("[provoke] 1", "[provoke] 2", "[provoke] 3")
"""Replies that escalate any of them."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: float = MOMENT) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Talk:
    """One person with a coach: what is typed is graded and handled as every surface does it."""

    store: Store
    clock: Clock = field(default_factory=Clock)
    who: Person = ANN
    where: Place = PRIVATE
    reader: Any = field(default_factory=TagReader)
    library: Library = field(default_factory=library)
    seed: int = 1
    owners: tuple[int, ...] = ()
    shown: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.coach = self.new_coach()

    def new_coach(self) -> Coach:
        """A coach that knows nothing but what is stored."""
        rng = random.Random(self.seed)
        desk = Desk(
            self.store,
            self.library,
            clock=self.clock,
            rng=rng,
            lang="zh",
            zone="Asia/Shanghai",
            owners=self.owners,
        )
        return Coach(desk)

    def restart(self) -> None:
        """The bot goes down and comes up again."""
        self.coach = self.new_coach()

    def do(self, what: What, *, who: Person | None = None, at: float | None = None) -> list[Message]:
        """Something is done; what is shown in answer."""
        given = Input(who or self.who, self.where, what, at)
        pending = self.coach.pending(given)
        heard = None
        if pending:
            reading = self.reader.read(pending.text, pending.context, pending.scenario, pending.earlier)
            heard = Heard(pending, reading)
        self.shown = self.coach.handle(given, heard)
        return self.shown

    def say(self, text: str, message: int | None = None) -> list[Message]:
        """Somebody types something."""
        return self.do(Said(text, message))

    def silent(self) -> list[Message]:
        """Somebody says nothing, on purpose."""
        return self.do(Silence())

    def command(self, name: str, args: str = "") -> list[Message]:
        """Somebody gives a command."""
        return self.do(Command(name, args))

    def press(self, action: str, who: Person | None = None) -> list[Message]:
        """Somebody presses a button."""
        return self.do(Press(action), who=who)

    def action(self, part: str, messages: list[Message] | None = None) -> str:
        """The action of the first button whose label has some words in it."""
        for message in messages if messages is not None else self.shown:
            for row in message.buttons:
                for button in row:
                    if part in button.label:
                        return button.action
        raise AssertionError(f"no button says {part!r} in {self.shown}")

    def tap(self, part: str, messages: list[Message] | None = None) -> list[Message]:
        """Somebody presses the button whose label has some words in it."""
        return self.press(self.action(part, messages))

    def begin(self, title: str = "lost-card") -> list[Message]:
        """A session is started by the menu."""
        self.command("practice")
        return self.tap(title)

    def play(self, replies: Sequence[str]) -> list[Message]:
        """A session is started and played; what the last reply was answered."""
        self.begin()
        for reply in replies:
            self.say(reply)
            if self.coach.in_play(self.who.id, self.where) is None:
                break
        return self.shown


def talk(path: Path | None = None, **changes: Any) -> Talk:
    """A person with a coach over a new store, in memory or in a file."""
    return Talk(Store.open(path), **changes)
