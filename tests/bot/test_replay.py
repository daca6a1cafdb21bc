"""Written replies played against the customer."""

import json
from pathlib import Path

import pytest

from bot.advice import advice
from bot.errors import CommandError
from bot.replay import Play, Player, setup_for
from dialogues.acts import Act
from dialogues.grading.reading import Reader
from dialogues.grading.rubric import PARTS, Criterion
from dialogues.languages import texts
from dialogues.scenario import Lang
from dialogues.turn import OUTCOMES, State
from tests.strategies import LIBRARY

DOCS = Path(__file__).parents[2] / "bot" / "docs"


@pytest.fixture(scope="module")
def player(reader: Reader) -> Player:
    return Player(LIBRARY, reader)


def play(player: Player, *staff: str, lang: Lang = "zh", scenario: str = "window-outage") -> Play:
    return player.play(setup_for(LIBRARY, scenario, lang), staff)


MODEL = {
    lang: json.loads((DOCS / f"replies-{lang}.json").read_text(encoding="utf-8")) for lang in ("zh", "en")
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_readmes_conversation_is_won(player: Player, lang: Lang) -> None:
    """The conversation that the README shows resolves the case and passes."""
    played = play(player, *MODEL[lang], lang=lang)
    assert (played.card.outcome, played.card.passed) == (State.RESOLVED, True)


def test_the_object_has_what_the_design_fixes(player: Player) -> None:
    """The JSON object names setup, result, opening, criteria and turns."""
    data = play(player, *MODEL["zh"]).data()
    assert list(data) == [
        *("scenario", "lang", "persona", "difficulty", "seed", "score", "outcome", "passed"),
        *("opening", "criteria", "turns", "unused"),
    ]
    assert [item["criterion"] for item in data["criteria"]] == [criterion.value for criterion in Criterion]
    assert data["score"] == sum(item["points"] for item in data["criteria"])
    assert sum(item["max"] for item in data["criteria"]) == 100
    assert all(item["advice"] for item in data["criteria"])
    assert data["opening"]


def test_turns_quote_the_reply(player: Player) -> None:
    """Each act's evidence is the text between its offsets, and evidence of the criteria is quoted."""
    data = play(player, *MODEL["zh"]).data()
    said = "".join(turn["staff"] for turn in data["turns"])
    for turn in data["turns"]:
        assert set(turn) == {"staff", "acts", "state", "anger", "customer"}
        assert 0 <= turn["anger"] <= 100
        assert turn["state"] in set(State)
        for act in turn["acts"]:
            assert turn["staff"][act["start"] : act["end"]] == act["evidence"]
            assert act["act"] in set(Act)
    assert all(words in said for item in data["criteria"] for words in item["evidence"])


def test_replies_after_the_end_are_counted(player: Player) -> None:
    """What is left when the session is over is ignored and counted."""
    played = play(player, *MODEL["zh"], "再见", "慢走")
    assert played.unused == 2
    assert len(played.turns) + played.unused == len(MODEL["zh"]) + 2


def test_running_out_of_replies_is_no_turn(player: Player) -> None:
    """With no reply left before an agreement the case is unresolved, and no turn is made up."""
    data = play(player, "真对不起，让您久等了。").data()
    assert (data["outcome"], len(data["turns"]), data["unused"]) == ("unresolved", 1, 0)


def test_running_out_in_the_closing_phase_resolves(player: Player) -> None:
    """With no reply left after the agreement the case is resolved."""
    played = play(player, *MODEL["zh"])
    agreed = next(turn.number for turn in played.turns if turn.agreed)
    shorter = play(player, *MODEL["zh"][:agreed])
    assert shorter.card.outcome is State.RESOLVED
    assert len(shorter.turns) == agreed


def test_no_reply_at_all_is_a_session(player: Player) -> None:
    """An empty file gives an opening and an unresolved case."""
    data = play(player).data()
    assert (data["turns"], data["outcome"], data["score"]) == ([], "unresolved", 0)


def test_an_empty_reply_is_silence(player: Player) -> None:
    """Saying nothing is listening."""
    data = play(player, "").data()
    assert data["turns"][0]["staff"] == ""
    assert data["turns"][0]["acts"] == [{"act": "listen", "evidence": "", "start": 0, "end": 0}]


def test_numbers_of_people_are_masked_first(player: Player) -> None:
    """A phone number never shows in what is played."""
    data = play(player, "真对不起，我的电话是13812345678，您记一下。").data()
    assert "13812345678" not in json.dumps(data, ensure_ascii=False)


def test_the_same_script_gives_the_same_bytes(reader: Reader) -> None:
    """Two players, and one player twice, say the same."""
    one, other = Player(LIBRARY, reader), Player(LIBRARY, reader)
    first, second, third = (
        json.dumps(play(each, *MODEL["en"], lang="en").data()) for each in (one, one, other)
    )
    assert first == second == third


def test_every_session_has_an_outcome(player: Player) -> None:
    """Whatever is said, the outcome is one of the three."""
    for staff in (["???"] * 25, ["你肯定搞错了"] * 25, ["真对不起"] * 25):
        assert play(player, *staff).card.outcome in OUTCOMES


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"scenario": "nowhere"}, "cli_unknown_scenario"),
        ({"persona": "farmer_of_mars"}, "cli_unknown_persona"),
        ({"difficulty": "brutal"}, "cli_one_of"),
    ],
)
def test_what_can_not_be_played_is_named(values: dict[str, str], key: str) -> None:
    """An unknown id is refused with the ids that there are."""
    with pytest.raises(CommandError) as caught:
        setup_for(LIBRARY, **{"scenario": "window-outage", "lang": "zh", **values})  # type: ignore[arg-type]
    assert caught.value.key == key
    assert caught.value.values["choices"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_part_of_the_rubric_has_its_words(lang: Lang) -> None:
    """Whatever part is missing, there is a sentence for it."""
    assert all(f"missing_{part.key}" in texts(lang).messages for part in PARTS)


def test_advice_names_the_slip_and_a_better_sentence(player: Player) -> None:
    """The coach quotes the fault, says in which reply, and what would have served."""
    played = play(player, "您冷静一下！", "真对不起，让您久等了。")
    conduct = next(item for item in played.card.results if item.criterion is Criterion.CONDUCT)
    said = advice(conduct, played.card, played.session.turns, played.session.setup.scenario, "zh")
    assert "第1句" in said
    assert "冷静" in said
    assert "可以说" in said


def test_advice_praises_what_is_all_there(player: Player) -> None:
    """A criterion with nothing missing is praised and not corrected."""
    played = play(player, *MODEL["zh"])
    for result, said in zip(played.card.results, played.advice(), strict=True):
        assert (said == texts("zh").say("advice_full")) == (not result.missing)
