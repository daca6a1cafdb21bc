"""Plays whole sessions with the shipped grader, as `lobby-drill replay` does."""

from collections.abc import Sequence

from dialogues.grading.reading import Reader
from dialogues.grading.rubric import Scorecard, score
from dialogues.scenario import Lang
from state.session import Session, Setup, Stop
from tests.strategies import LIBRARY


def play(
    reader: Reader, scenario: str, lang: Lang, staff: Sequence[str], *, persona: str | None = None
) -> tuple[Session, Scorecard]:
    """A session with those replies, and its scorecard; replies after its end are not heard."""
    case = LIBRARY.scenarios[scenario]
    session = Session(Setup(case, LIBRARY.personas[persona or case.personas[0]], lang=lang))
    for text in staff:
        if session.ended:
            break
        session.happen(reader.read(text, session.last_line, case, session.replies))
    if not session.ended:
        session.happen(Stop.GAVE_UP)
    return session, score(session.turns, case, rule_broken=session.rule_broken)
