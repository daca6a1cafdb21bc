"""What can be played: the scenarios and personas that speak the person's language."""

from bot.desk import Visit
from dialogues.grading.rubric import PASS_MARK
from dialogues.scenario import Scenario


def playable(visit: Visit) -> dict[str, Scenario]:
    """Scenarios that can be played in the person's language by their ids, in the library's order."""
    return {
        scenario.id: scenario
        for scenario in visit.desk.library.scenarios.values()
        if visit.lang in scenario.words and personas(visit, scenario)
    }


def personas(visit: Visit, scenario: Scenario) -> list[str]:
    """Personas of a scenario that speak the person's language."""
    known = visit.desk.library.personas
    return [name for name in scenario.personas if name in known and visit.lang in known[name].words]


def surprise(visit: Visit) -> Scenario | None:
    """Any scenario, another than last time where there is one."""
    known = list(playable(visit).values())
    latest = visit.store.sessions.latest(visit.person.id)
    others = [it for it in known if latest is None or it.id != latest.setup.scenario.id]
    return visit.desk.random.choice(others or known) if known else None


def somebody(visit: Visit, scenario: Scenario) -> str:
    """Any persona of a scenario, another than last time where there is one."""
    known = personas(visit, scenario)
    latest = visit.store.sessions.latest(visit.person.id)
    others = [name for name in known if latest is None or name != latest.setup.persona.id]
    return visit.desk.random.choice(others or known)


def next_scenario(visit: Visit, after: str | None) -> Scenario | None:
    """The scenario that follows another in order; one that is not passed yet comes before others."""
    known = list(playable(visit).values())
    here = next((index for index, it in enumerate(known) if it.id == after), -1)
    following = known[here + 1 :] + known[: here + 1]
    best = visit.store.sessions.progress(visit.person.id).best_of
    return min(following, key=lambda it: best.get(it.id, 0) >= PASS_MARK, default=None)
