"""Not fair? What somebody disputes, who decides, and what is told to whom."""

import json

import pytest

from bot.actions import Verb, action
from bot.cards import short
from bot.inputs import Person, Place
from bot.messages import Kind, Message
from bot.objections import rows
from bot.render import plain
from dialogues.acts import Act
from dialogues.grading.evaluation import read
from state.store import Claim, Status, Store
from tests.fakes import ANN, LI, MODEL, PRIVATE, RUDE, Talk, talk

ZHAO, SUN = Person(21, "Zhao", "en"), Person(22, "Sun", "en")
OWNERS = (ZHAO.id, SUN.id)


def text(messages: list[Message]) -> str:
    return "\n".join(plain(message.text) for message in messages)


def labels(messages: list[Message]) -> list[str]:
    return [button.label for message in messages for row in message.buttons for button in row]


@pytest.fixture
def ann():
    someone = talk(owners=OWNERS)
    for who in (ZHAO, SUN):
        owner(someone, who).command("help")
    yield someone
    someone.store.close()


def owner(ann: Talk, who: Person = ZHAO) -> Talk:
    return Talk(ann.store, ann.clock, who, Place(who.id), owners=OWNERS)


def dispute(ann: Talk, claim: str = "No hushing", reply: str = "[apologize] [hush]") -> list[Message]:
    """A session with a reply that is disputed."""
    if ann.coach.in_play(ann.who.id, ann.where) is None:
        ann.begin()
    ann.say(reply)
    ann.tap("Not fair?")
    return ann.tap(claim)


def told(ann: Talk) -> dict[int, list[Message]]:
    """What is due, by chat."""
    said: dict[int, list[Message]] = {}
    for where, messages in ann.coach.due():
        said.setdefault(where.chat, []).extend(messages)
    return said


# Claiming --------------------------------------------------------------------------------------------


def test_a_remark_can_be_disputed_by_the_acts_that_were_found(ann):
    ann.begin()
    ann.say("[apologize] [hush] 13800138000")
    (asked,) = ann.tap("Not fair?")
    assert labels([asked]) == ["✗ No apology", "✗ No hushing", "➕ Something was missed"]
    (answer,) = ann.tap("No hushing")
    assert "“hushing” isn't there" in plain(answer.text)
    assert answer.replaces
    kept = ann.store.disputes.find(1)
    assert (kept.person, kept.session, kept.turn, kept.lang) == (ANN.id, 1, 1, "en")
    assert (kept.act, kept.claim, kept.status) == (Act.HUSH, Claim.WRONG, Status.WAITING)
    assert kept.text == "[apologize] [hush] ****"
    assert [act for act, _, _ in kept.graded] == [Act.APOLOGIZE, Act.HUSH]
    assert kept.context == ann.store.sessions.restore(ann.store.sessions.run(1)).opening[-1]
    assert kept.situation == "lost-card"


def test_what_was_missed_is_chosen_from_the_other_acts_by_name(ann):
    ann.begin()
    ann.say("[apologize]")
    ann.tap("Not fair?")
    (asked,) = ann.tap("missed")
    assert len(labels([asked])) == len(Act) - 1 + 1
    assert "apology" not in labels([asked])
    (back,) = ann.tap("Back")
    assert back.replaces
    ann.tap("missed")
    assert "“empathy” was missed" in text(ann.tap("empathy"))
    assert ann.store.disputes.find(1).claim is Claim.MISSING


def test_the_scorecard_asks_which_reply_is_meant(ann):
    said = ann.play(["[listen]", "……", *RUDE])
    assert labels(said)[-1] == "⚖️ Not fair?"
    ann.tap("Not fair?", said[-1:])
    assert labels(ann.shown) == ["1", "3", "4"]
    assert "3. “[provoke] 1”" in text(ann.shown)
    ann.tap("3")
    assert "“provoking” isn't there" in text(ann.tap("No provoking"))
    assert "points" in text(ann.tap("Scorecard"))
    run = ann.store.sessions.run(1)
    assert ann.store.disputes.find(1).context == ann.store.sessions.turns(run)[1].lines[-1]


def test_silence_and_a_running_exam_have_nothing_to_dispute(ann):
    ann.begin()
    assert "⚖️ Not fair?" not in labels(ann.tap("Listen"))
    assert ann.press(action(Verb.UNFAIR, 1, 1))[0].kind is Kind.TOAST
    ann.command("cancel")
    ann.command("practice")
    ann.tap("Mode: coach")
    ann.tap("lost-card")
    ann.say("[apologize]")
    for pressed in (action(Verb.UNFAIR, 2), action(Verb.UNFAIR, 2, 1), action(Verb.CLAIM, 2, 1, "hush")):
        assert ann.press(pressed)[0].kind is Kind.TOAST
    assert ann.store.disputes.all() == []


def test_pressed_twice_late_by_another_or_after_a_restart_it_is_answered_and_kept_once(ann):
    ann.begin()
    said = ann.say("[hush]")
    ann.tap("Not fair?")
    pressed = ann.action("No hushing")
    ann.press(pressed)
    assert "You've raised this one" in text(ann.press(pressed))
    ann.restart()
    assert ann.press(pressed)[0].kind is Kind.TOAST
    (stolen,) = ann.press(pressed, who=LI)
    assert (stolen.kind, "别人" in stolen.text) == (Kind.TOAST, True)
    assert ann.press(ann.action("Not fair?", said), who=LI)[0].kind is Kind.TOAST
    owner(ann).press(action(Verb.DECIDE, 1, "y"))
    ann.clock.now += 90 * 86_400
    ann.coach.due()
    assert "you were right" in text(ann.press(pressed))
    assert len(ann.store.disputes.all()) == 1


@pytest.mark.parametrize("data", ["1k:1:1", "1k:1:1:nonsense", "1k:1:9:hush", "1f:1:9", "1f:1:1:?", "1v:1:y"])
def test_a_forged_dispute_is_answered_and_does_nothing(ann, data):
    ann.begin()
    ann.say("[hush]")
    assert ann.press(data)
    assert ann.store.disputes.all() == []


def test_a_dispute_changes_no_turn_and_no_score_but_the_scorecard_tells(ann):
    ann.play(RUDE)
    before = ann.store.sessions.run(1), ann.store.sessions.turns(ann.store.sessions.run(1))
    ann.press(action(Verb.CLAIM, 1, 1, "provoke"))
    assert "upheld" not in text(ann.press(action(Verb.SCORECARD, 1)))
    owner(ann).press(action(Verb.DECIDE, 1, "y"))
    assert (ann.store.sessions.run(1), ann.store.sessions.turns(before[0])) == before
    assert "upheld: 1. The score stays" in text(ann.press(action(Verb.SCORECARD, 1)))


def test_the_session_goes_on_after_a_dispute(ann):
    dispute(ann)
    ann.tap("Carry on")
    assert "👂 Listen" in labels(ann.shown)
    assert ann.say("[own]")


# Deciding --------------------------------------------------------------------------------------------


def test_every_owner_is_told_with_reply_context_claim_and_a_choice(ann):
    dispute(ann)
    said = told(ann)
    assert set(said) == set(OWNERS)
    (asked,) = said[ZHAO.id]
    shown = plain(asked.text)
    for part in ("no. 1", "en vent", "[apologize] [hush]", "hushing “[hush]”", "“hushing” isn't there"):
        assert part in shown
    assert ANN.name not in shown
    assert labels([asked]) == ["👍 Agree", "👎 Disagree"]
    assert told(ann) == {}


@pytest.mark.parametrize(("label", "words"), [("Agree", "You were right"), ("Disagree", "the grade stands")])
def test_the_first_decision_counts_and_everybody_is_told(ann, label, words):
    dispute(ann)
    asked = told(ann)
    zhao, sun = owner(ann), owner(ann, SUN)
    (answer,) = zhao.tap(label, asked[ZHAO.id])
    assert answer.replaces
    assert "No objections are waiting" in plain(answer.text)
    (late,) = sun.tap("Agree", asked[SUN.id])
    assert (late.kind, late.retires) == (Kind.TOAST, ("v1",))
    assert "decided by Zhao" in plain(late.text)
    assert zhao.tap("Disagree", asked[ZHAO.id])[0].kind is Kind.TOAST
    said = told(ann)
    assert set(said) == {ANN.id, SUN.id}
    assert words in text(said[ANN.id])
    assert said[SUN.id][0].retires == ("v1",)
    assert ann.store.disputes.find(1).decided_by == ZHAO.id


def test_owners_go_through_what_waits_one_by_one(ann):
    zhao = owner(ann)
    assert "No objections" in text(zhao.command("disputes"))
    dispute(ann)
    dispute(ann, "No blaming", "[blame]")
    assert "no. 1" in text(zhao.command("disputes"))
    assert "no. 2" in text(zhao.tap("Next one"))
    assert "no. 1" in text(zhao.tap("Next one"))
    assert "1 more to decide" in text(zhao.tap("Agree"))
    assert "no. 2" in text(zhao.tap("Next one"))
    zhao.tap("Disagree")
    assert "No objections" in text(zhao.command("disputes"))


def test_only_owners_decide_and_are_shown_the_command(ann):
    dispute(ann)
    assert "owners" in text(ann.command("disputes"))
    assert ann.press(action(Verb.DECIDE, 1, "y"))[0].kind is Kind.TOAST
    assert "owners" in text(ann.press(action(Verb.REVIEW, 0)))
    assert ann.store.disputes.find(1).status is Status.WAITING
    assert "/disputes" not in text(ann.command("help"))
    assert "/disputes" in text(owner(ann).command("help"))


def test_an_owner_who_practises_is_answered_once(ann):
    zhao = owner(ann)
    dispute(zhao)
    zhao.tap("Agree", told(ann)[ZHAO.id])
    assert set(told(ann)) == {SUN.id}


def test_progress_shows_the_share_that_was_upheld(ann):
    ann.play([*MODEL])
    for act in ("hush", "blame", "deny"):
        ann.press(action(Verb.CLAIM, 1, 2, act))
    assert "objections" not in text(ann.command("progress"))
    zhao = owner(ann)
    zhao.press(action(Verb.DECIDE, 1, "y"))
    zhao.press(action(Verb.DECIDE, 2, "n"))
    assert "3 objections, 2 decided, 1 upheld (50%)" in text(ann.command("progress"))


def test_at_the_terminal_it_is_claimed_with_numbers_and_answered_there():
    someone = talk(who=Person(0, language="en"), where=Place(0, "terminal"), owners=OWNERS)
    dispute(someone)
    assert set(told(someone)) == set(OWNERS)
    owner(someone).press(action(Verb.DECIDE, 1, "y"))
    someone.coach._desk.terminal = True
    ((where, said),) = someone.coach.due()
    assert where == Place(0, "terminal")
    assert "You were right" in text(said)
    someone.coach._desk.terminal = False
    assert [place.chat for place, _ in someone.coach.due()] == [SUN.id]
    someone.store.close()


def test_the_terminal_and_the_chats_leave_each_others_jobs_alone(ann):
    ann.begin()
    ann.clock.now += 90_000
    ann.coach._desk.terminal = True
    assert (ann.coach.due(), ann.coach.next_due()) == ([], None)
    ann.coach._desk.terminal = False
    ((where, _),) = ann.coach.due()
    assert where == PRIVATE


# Exporting -------------------------------------------------------------------------------------------


def test_the_corpus_gets_the_acts_as_they_were_upheld(ann):
    ann.begin()
    ann.say("[apologize] [hush] [deny]")
    for act in ("hush", "deny", "empathize"):
        ann.press(action(Verb.CLAIM, 1, 1, act))
    zhao = owner(ann)
    for number, word in ((1, "y"), (2, "n"), (3, "y")):
        zhao.press(action(Verb.DECIDE, number, word))
    exported = list(rows(ann.store.disputes.all()))
    assert [row["status"] for row in exported] == ["upheld", "refused", "upheld"]
    assert all(row["acts"] == ["empathize", "apologize", "deny"] for row in exported)
    assert exported[0]["spans"] == [["apologize", 0, 11], ["deny", 19, 25]]
    (once,) = rows(ann.store.disputes.all(), upheld=True)
    assert once == exported[0]
    (labelled,) = read([json.dumps(once)], "disputes.jsonl")
    assert (labelled.id, labelled.lang, labelled.source) == ("dispute-0001", "en", "dispute")


# The rule and a better sentence ------------------------------------------------------------------------


def test_every_correction_names_the_rule_and_a_better_sentence(ann):
    shown = text(ann.play(["[hush]", "[ask_open]", *RUDE]))
    corrections = shown.split("Say it differently")[1].split("⭐")[0]
    assert "No dares, no threats, ever." in corrections
    assert corrections.count("✏️") == corrections.count("en better") == 3


def test_everything_at_once_is_named_on_the_card_and_costs_two_points_of_asking(ann):
    reply = "[apologize] [empathize] [own] [ask_open] [explain] [follow_up] [thank]"
    ann.begin()
    said = ann.say(reply)
    assert "everything at once" in text(said)
    ann.command("cancel")
    shown = text(ann.tap("Scorecard"))
    assert f"“{short(reply, 'en')}” (everything at once)" in shown or "everything was said at once" in shown
    slips = ann.coach.review(1).card.slips
    assert [slip.cost for slip in slips if slip.misfit == "all_at_once"] == [2]


def test_the_same_steps_one_after_the_other_or_after_the_need_cost_nothing(ann):
    ann.begin()
    for reply in MODEL[:5]:
        ann.say(reply)
    said = ann.say("[apologize] [summarize] [explain] [offer:refund] [seek_agreement] [follow_up] [thank]")
    assert "everything at once" not in text(said)
    other = talk()
    other.begin()
    assert "everything at once" not in text(
        other.say("[listen] [apologize] [empathize] [own] [commit] [ask_open]")
    )
    other.store.close()


def test_disputes_survive_on_the_disk(tmp_path):
    someone = talk(tmp_path / "drill.db", owners=OWNERS)
    dispute(someone)
    someone.store.close()
    store = Store.open(tmp_path / "drill.db")
    assert store.disputes.waiting() == 1
    assert store.problems() == []
    store.close()
