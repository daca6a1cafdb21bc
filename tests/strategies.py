"""Named generators of valid values for the property tests."""

from hypothesis import strategies as st

from dialogues.acts import FAULTS, PROPOSALS, QUESTIONS, RESTATEMENTS, Act
from dialogues.library import Library
from dialogues.scenario import DIFFICULTIES, NEED, Scenario
from dialogues.turn import Move, Reading
from state.session import Setup

LIBRARY = Library.read()

GOOD = frozenset(Act) - FAULTS


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Any scenario, persona, difficulty, language and seed."""
    scenario = draw(st.sampled_from(list(LIBRARY.scenarios.values())))
    return Setup(
        scenario=scenario,
        persona=LIBRARY.personas[draw(st.sampled_from(scenario.personas))],
        difficulty=draw(st.sampled_from(sorted(DIFFICULTIES))),
        lang=draw(st.sampled_from(sorted(scenario.words))),
        seed=draw(st.integers(0, 5)),
    )


def topics(scenario: Scenario, act: Act) -> st.SearchStrategy[str | None]:
    """What an act can be about in a scenario."""
    if act in PROPOSALS:
        return st.sampled_from([None, *(solution.id for solution in scenario.solutions)])
    if act in QUESTIONS | RESTATEMENTS:
        return st.sampled_from([None, NEED, *(fact.id for fact in scenario.facts)])
    return st.none()


@st.composite
def readings(draw: st.DrawFn, scenario: Scenario, acts: frozenset[Act] = frozenset(Act)) -> Reading:
    """A reply of some acts, as the grader could have read it."""
    chosen = draw(st.lists(st.sampled_from(sorted(acts)), max_size=6, unique=True))
    moves, text = [], ""
    for act in chosen:
        words = f"{act.value}{draw(st.integers(0, 9))},"
        moves.append(
            Move(
                act=act,
                start=len(text),
                end=len(text) + len(words) - 1,
                topic=draw(topics(scenario, act)),
                repeat=draw(st.booleans()) if act is not Act.LISTEN else False,
                formula=act is Act.APOLOGIZE and draw(st.booleans()),
            )
        )
        text += words
    return Reading(text, tuple(moves), parroted=draw(st.integers(0, 15)) == 0)


@st.composite
def sessions(
    draw: st.DrawFn, most: int = 25, acts: frozenset[Act] = frozenset(Act)
) -> tuple[Setup, list[Reading]]:
    """A setup and more replies than any session takes."""
    setup = draw(setups())
    return setup, draw(st.lists(readings(setup.scenario, acts), min_size=1, max_size=most))
