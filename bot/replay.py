"""Plays written replies against the customer, without a clock: same script, same session, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.advice import advice
from bot.errors import CommandError
from dialogues.grading.reading import Reader
from dialogues.grading.rubric import Scorecard, score
from dialogues.languages import LANGUAGES
from dialogues.library import Library
from dialogues.masking import mask
from dialogues.scenario import DIFFICULTIES, Lang, Persona, Scenario
from dialogues.turn import Reading, Turn
from state.session import Session, Setup, Stop


@dataclass(frozen=True, slots=True)
class Play:
    """A script that was played.

    Attributes:
        session: The session, ended.
        card: Its scorecard.
        unused: Replies that were left when it ended.
    """

    session: Session
    card: Scorecard
    unused: int

    @property
    def turns(self) -> list[Turn]:
        """The turns in which staff said something or kept silent."""
        return [turn for turn in self.session.turns if turn.reading is not None]

    def advice(self) -> list[str]:
        """What the coach says to each criterion, in the scorecard's order."""
        setup = self.session.setup
        return [
            advice(result, self.card, self.session.turns, setup.scenario, setup.lang)
            for result in self.card.results
        ]

    def data(self) -> dict[str, Any]:
        """The session as plain values, for JSON."""
        setup = self.session.setup
        return {
            "scenario": setup.scenario.id,
            "lang": setup.lang,
            "persona": setup.persona.id,
            "difficulty": setup.difficulty,
            "seed": setup.seed,
            "score": self.card.score,
            "outcome": self.card.outcome.value,
            "passed": self.card.passed,
            "opening": list(self.session.opening),
            "criteria": [
                {
                    "criterion": result.criterion.value,
                    "points": result.points,
                    "max": result.max,
                    "evidence": [quote.words for quote in result.evidence],
                    "advice": said,
                }
                for result, said in zip(self.card.results, self.advice(), strict=True)
            ],
            "turns": [_turn(turn, turn.reading) for turn in self.turns if turn.reading],
            "unused": self.unused,
        }


def _turn(turn: Turn, reading: Reading) -> dict[str, Any]:
    return {
        "staff": reading.text,
        "acts": [span(reading.text, move.act, move.start, move.end) for move in reading.moves],
        "state": turn.after.value,
        "anger": turn.anger_after,
        "customer": list(turn.lines),
    }


def span(text: str, act: str, start: int, end: int) -> dict[str, Any]:
    """An act with its evidence as plain values; offsets are characters of the text."""
    return {"act": str(act), "evidence": text[start:end], "start": start, "end": end}


class Player:
    """Plays scripts with one reader, so that a scenario's phrasings are embedded once.

    Args:
        library: What can be played.
        reader: Hears the replies.
    """

    def __init__(self, library: Library, reader: Reader) -> None:
        self.library = library
        self._reader = reader

    def play(self, setup: Setup, staff: Sequence[str]) -> Play:
        """Play replies until the session ends or no reply is left.

        Args:
            setup: What the session is made of.
            staff: The replies, in order; an empty text is silence. They are masked first.
        """
        session = Session(setup)
        for reply in staff:
            session.happen(self._read(session, mask(reply)))
            if session.ended:
                break
        unused = len(staff) - len(session.turns)
        if not session.ended:
            session.happen(Stop.GAVE_UP)
        card = score(session.turns, setup.scenario, rule_broken=session.rule_broken)
        return Play(session, card, unused)

    def _read(self, session: Session, reply: str) -> Reading:
        return self._reader.read(reply, session.last_line, session.setup.scenario, session.replies)


def setup_for(
    library: Library,
    scenario: str,
    lang: Lang,
    persona: str | None = None,
    difficulty: str = "normal",
    seed: int = 0,
) -> Setup:
    """What a session is made of, by the ids of its parts.

    Args:
        library: What can be played.
        scenario: Id of the scenario.
        lang: Language of the customer.
        persona: Id of one of the scenario's personas; None for its first.
        difficulty: A key of `dialogues.scenario.DIFFICULTIES`.
        seed: Chooses among lines that fit alike.

    Raises:
        CommandError: There is no such scenario or difficulty, or the scenario has no such persona or
            language.
    """
    if scenario not in library.scenarios:
        choices = ", ".join(library.scenarios)
        raise CommandError(
            "cli_unknown_scenario" if choices else "cli_no_scenarios", scenario=scenario, choices=choices
        )
    found = library.scenarios[scenario]
    return Setup(found, _persona(library, found, persona, lang), _difficulty(difficulty), lang, seed)


def _persona(library: Library, scenario: Scenario, persona: str | None, lang: Lang) -> Persona:
    chosen = persona or scenario.personas[0]
    if chosen not in scenario.personas:
        raise CommandError(
            "cli_unknown_persona", scenario=scenario.id, persona=chosen, choices=", ".join(scenario.personas)
        )
    found = library.personas[chosen]
    speaks = [known for known in LANGUAGES if known in scenario.words and known in found.words]
    if lang not in speaks:
        raise CommandError("cli_other_language", scenario=scenario.id, lang=lang, choices=", ".join(speaks))
    return found


def _difficulty(difficulty: str) -> str:
    if difficulty not in DIFFICULTIES:
        raise CommandError("cli_one_of", name="difficulty", value=difficulty, choices=", ".join(DIFFICULTIES))
    return difficulty
