"""The conversations that each scenario brings along score what the rubric means by them."""

import pytest

from dialogues.turn import State
from tests.play import play
from tests.strategies import LIBRARY

SPOKEN = [(scenario.id, lang) for scenario in LIBRARY.scenarios.values() for lang in scenario.words]


def replies(scenario, lang, kind):
    return getattr(LIBRARY.scenarios[scenario].words[lang].conversations, kind)


@pytest.mark.parametrize(("scenario", "lang"), SPOKEN)
def test_the_model_conversation_resolves_with_90_points_or_more(reader, scenario, lang):
    session, card = play(reader, scenario, lang, replies(scenario, lang, "model"))
    assert session.state is State.RESOLVED
    assert card.score >= 90
    assert card.passed


@pytest.mark.parametrize(("scenario", "lang"), SPOKEN)
def test_the_hurried_conversation_scores_between_40_and_70(reader, scenario, lang):
    staff = replies(scenario, lang, "hurried")
    if not staff:
        pytest.skip("the scenario has no hurried conversation")
    _, card = play(reader, scenario, lang, staff)
    assert 40 <= card.score <= 70
    assert not card.passed


@pytest.mark.parametrize(("scenario", "lang"), SPOKEN)
def test_the_rude_conversation_escalates_under_25_points(reader, scenario, lang):
    session, card = play(reader, scenario, lang, replies(scenario, lang, "rude"))
    assert session.state is State.ESCALATED
    assert card.score < 25
