"""What a person does and is shown, whatever the surface."""

from itertools import pairwise

import pytest

from bot.actions import Verb, action
from bot.cards import bar
from bot.commands import COMMANDS, menu
from bot.errors import UnreadReply
from bot.inputs import Command, Input, Place, Said, Unsupported
from bot.messages import Kind, Message
from bot.render import plain
from dialogues.turn import State
from state.errors import NoSession
from tests import fakes
from tests.fakes import ANN, LI, MODEL, PRIVATE, RUDE, Talk, talk


def text(messages: list[Message]) -> str:
    return "\n".join(plain(message.text) for message in messages)


def labels(messages: list[Message]) -> list[str]:
    return [button.label for message in messages for row in message.buttons for button in row]


def retired(messages: list[Message]) -> set[str]:
    return {step for message in messages for step in message.retires}


def customer(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.kind is Kind.CUSTOMER]


def cards(messages: list[Message]) -> list[str]:
    return [plain(message.text) for message in messages if message.text.startswith("<blockquote>")]


def rows(someone) -> list[int]:
    return [someone.store._db[table].count for table in ("sessions", "events", "turns")]


@pytest.fixture
def ann():
    someone = talk()
    yield someone
    someone.store.close()


# Choosing and starting -------------------------------------------------------------------------------


def test_two_taps_lead_from_opening_the_chat_to_the_customer(ann):
    ann.command("start")
    said = ann.tap("lost-card")
    assert [plain(message.text)[:7] for message in customer(said)] == ["en vent", "en vent"]
    assert customer(said)[-1].text.endswith("⬜ 70")
    assert labels(said) == ["👂 Listen", "💡 Hint"]


def test_the_language_is_that_of_the_client_until_another_is_chosen_and_kept(ann):
    assert "Hi Ann" in text(ann.command("start"))
    ann.command("settings")
    assert "设置" in text(ann.tap("中文"))
    ann.restart()
    assert "选一个情况" in text(ann.command("practice"))
    li = Talk(ann.store, who=LI, where=Place(12))
    assert "小李，您好" in text(li.command("start"))


def test_a_language_that_is_not_spoken_is_answered_in_the_installations(ann):
    ann.who = fakes.Person(99, "Zoé", "fr")
    assert "Zoé，您好" in text(ann.command("start"))


def test_difficulty_and_mode_are_changed_in_place_and_kept(ann):
    ann.command("practice")
    (shown,) = ann.tap("Level: normal")
    assert shown.replaces
    assert "Level: hard" in labels([shown])
    ann.tap("Mode: coach")
    ann.restart()
    assert {"Level: hard", "Mode: exam"} <= set(labels(ann.command("practice")))


def test_a_surprise_is_another_scenario_than_last_time(ann):
    for _ in range(6):
        ann.command("practice")
        ann.tap("Surprise")
        ann.command("cancel")
    ids = [ann.store.sessions.run(number).setup.scenario.id for number in range(1, 7)]
    assert all(one != other for one, other in pairwise(ids))


def test_many_scenarios_come_in_pages():
    library = fakes.library()
    many = {name: fakes.scenario(name) for name in (f"case-{number}" for number in range(8))}
    someone = talk(library=type(library)(many, library.personas, []))
    first = labels(someone.command("practice"))
    second = labels(someone.tap("More cases"))
    shown = [label for label in first + second if label.startswith("case-")]
    assert shown == [f"case-{number} (en)" for number in range(8)]


def test_a_start_pressed_twice_starts_one_session(ann):
    ann.command("practice")
    pressed = ann.action("lost-card")
    said = ann.press(pressed)
    assert retired(said) == {"o11.1"}
    before = rows(ann)
    (answer,) = ann.press(pressed)
    assert answer.kind is Kind.TOAST
    assert rows(ann) == before
    ann.command("cancel")
    assert ann.press(pressed)[0].kind is Kind.TOAST
    assert rows(ann)[0] == 1


def test_nothing_new_starts_in_the_middle_of_a_session(ann):
    ann.command("practice")
    old = ann.action("lost-card")
    ann.begin("long-queue")
    assert "/cancel" in text(ann.press(old))
    assert rows(ann)[0] == 1


# Playing ---------------------------------------------------------------------------------------------


def test_a_reply_gets_a_card_of_at_most_four_lines_and_the_customers_answer(ann):
    ann.begin()
    said = ann.say("[apologize] [ask_open]")
    (card,) = cards(said)
    assert len(card.splitlines()) <= 4
    assert "apology “[apologize]”" in card
    assert customer(said)[-1].step == "t1.2"
    assert "t1.1" in retired(said)


def test_the_card_names_every_fault_and_says_why_anger_moved(ann):
    ann.begin()
    (card,) = cards(ann.say("[ask_open] [hush] [deny]"))
    assert "hushing “[hush]” · denying “[deny]”" in card
    assert "Hushing fans the flames" in card
    assert "😠 Anger 70 →" in card
    (card,) = cards(ann.say("[ask_open]"))
    assert "Apologize first, then ask." in card


def test_an_exam_shows_the_bar_and_nothing_else(ann):
    ann.command("practice")
    ann.tap("Mode: coach")
    said = ann.tap("lost-card")
    assert "6 minutes" in text(said)
    assert labels(said) == ["👂 Listen"]
    said = ann.say("[hush]")
    assert cards(said) == []
    assert {message.kind for message in said} == {Kind.CUSTOMER}
    assert "No hints" in text(ann.command("hint"))


def test_listening_is_done_by_a_button_an_empty_reply_or_dots(ann):
    ann.begin()
    ann.tap("Listen")
    ann.silent()
    ann.say("……")
    run = ann.coach.in_play(ANN.id, PRIVATE)
    assert run.replies == 3
    assert [turn.reading.acts for turn in ann.store.sessions.turns(run)] == [{"listen"}] * 3


def test_listening_pressed_twice_or_late_happens_once(ann):
    ann.begin()
    pressed = ann.action("Listen")
    ann.press(pressed)
    before = rows(ann)
    (answer,) = ann.press(pressed)
    assert (answer.kind, answer.retires) == (Kind.TOAST, ("t1.1",))
    ann.say("[apologize]")
    ann.restart()
    assert ann.press(pressed)[0].kind is Kind.TOAST
    assert rows(ann) == [before[0], before[1] + 1, before[2] + 1]
    ann.command("cancel")
    assert "over" in text(ann.press(pressed))


def test_a_message_is_heard_once(ann):
    ann.begin()
    assert ann.say("[apologize]", message=5)
    before = rows(ann)
    assert ann.say("[apologize]", message=5) == []
    assert rows(ann) == before
    ann.say("[apologize]", message=6)
    assert rows(ann) != before


def test_a_reply_that_was_graded_for_another_turn_is_refused(ann):
    ann.begin()
    with pytest.raises(UnreadReply):
        ann.coach.handle(Input(ANN, PRIVATE, Said("[apologize]")))
    assert rows(ann) == [1, 0, 0]


def test_a_failed_transaction_leaves_the_session_as_it_was(ann):
    ann.begin()

    def fail():
        with ann.store.transaction():
            ann.say("[apologize]")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert rows(ann) == [1, 0, 0]
    assert customer(ann.say("[apologize]"))[-1].step == "t1.2"


def test_what_looks_private_is_masked_before_it_is_graded_and_stored(ann):
    ann.begin()
    ann.say("[follow_up] 13800138000")
    assert ann.store.sessions.turns(ann.coach.in_play(ANN.id, PRIVATE))[0].reading.text == "[follow_up] ****"


def test_what_a_person_writes_never_becomes_markup(ann):
    ann.who = fakes.Person(11, "<b>Ann</b> & co", "en")
    assert "&lt;b&gt;Ann&lt;/b&gt; &amp; co" in ann.command("start")[0].text
    ann.begin()
    ann.say("<i>[apologize]</i> & \ud800\0")
    ann.command("cancel")
    said = ann.tap("Scorecard") and ann.tap("Full conversation")
    assert "&lt;i&gt;[apologize]&lt;/i&gt; &amp; ?" in said[0].text


def test_a_hint_is_a_sentence_for_this_moment(ann):
    ann.begin()
    assert "en better apologize" in text(ann.command("hint"))


def test_a_hint_button_answers_for_its_own_turn_only(ann):
    ann.begin()
    pressed = ann.action("Hint")
    assert "better" in text(ann.press(pressed))
    ann.say("[apologize]")
    assert ann.press(pressed)[0].kind is Kind.TOAST


# Picking up, giving up, running out -------------------------------------------------------------------


def test_a_session_goes_on_after_a_restart_as_if_nothing_had_been(ann):
    ann.begin()
    undisturbed = talk()
    undisturbed.begin()
    for reply in MODEL[:5]:
        ann.restart()
        assert ann.say(reply) == undisturbed.say(reply)
    undisturbed.store.close()


def test_opening_the_chat_in_the_middle_offers_to_carry_on(ann):
    said = ann.begin()
    asked = ann.command("start")
    assert "still in lost-card (en), reply 1" in text(asked)
    again = ann.tap("Carry on")
    assert text(customer(again)) == text(customer(said))
    ann.command("practice")
    left = ann.tap("pick another")
    assert "doesn't count" in text(left)
    assert "lost-card (en)" in labels(left)


def test_cancel_always_works(ann):
    assert "No session" in text(ann.command("cancel"))
    ann.begin()
    assert "doesn't count" in text(ann.command("cancel"))
    ann.begin()
    ann.say("[apologize]")
    said = ann.command("cancel")
    assert "t2.2" in retired(said)
    assert "points" in text(ann.tap("Scorecard"))
    assert ann.coach.in_play(ANN.id, PRIVATE) is None


def test_text_outside_a_session_leads_back_to_practice(ann):
    assert labels(ann.say("hello?")) == ["🗣 Practice"]
    assert "lost-card (en)" in labels(ann.tap("Practice"))


def test_an_exam_warns_and_ends_in_time(ann):
    ann.command("practice")
    ann.tap("Mode: coach")
    ann.tap("lost-card")
    ann.say("[apologize]")
    assert ann.coach.next_due() == ann.clock.now + 300
    ann.clock.now += 300
    ((where, said),) = ann.coach.due()
    assert where == PRIVATE
    assert "60 seconds left" in text(said)
    assert said[0].stale is not None
    assert ann.coach.due() == []
    ann.clock.now += 60
    ((_, said),) = ann.coach.due()
    assert "Time's up" in text(said)
    assert "points · unresolved" in text(said)
    assert ann.coach.next_due() is None


def test_a_reply_counts_by_when_it_was_sent(ann):
    ann.command("practice")
    ann.tap("Mode: coach")
    ann.tap("lost-card")
    start = ann.clock.now
    ann.clock.now += 400
    said = ann.do(Said("[apologize]"), at=start + 10)
    assert labels(said) == ["👂 Listen"]
    assert "Time's up" in text(ann.do(Said("[own]"), at=start + 361))
    assert ann.store.sessions.run(1).replies == 1


def test_a_session_left_alone_for_a_day_is_closed_as_unresolved(ann):
    ann.begin()
    ann.clock.now += 40_000
    ann.say("[apologize]")
    ann.clock.now += 50_000
    assert ann.coach.due() == []
    ann.clock.now += 36_401
    ((_, said),) = ann.coach.due()
    assert said[0].quiet
    assert "lost-card" in text(said)
    assert ann.store.sessions.run(1).outcome is State.UNRESOLVED


# The end, and looking back ----------------------------------------------------------------------------


def test_the_end_is_a_scene_a_picture_and_a_scorecard_with_what_to_do_next(ann):
    said = ann.play(["[hush]", *MODEL])
    assert "en ending resolved" in text(said)
    assert [message.picture for message in said if message.picture] == [1]
    shown = text(said)
    assert "points · resolved" in shown
    assert "Reply 1 “[hush]” (hushing)" in shown
    assert "rubric version" in shown
    assert labels(said[-1:]) == [
        "↩️ Retry from reply 1",
        "🔁 Same again",
        "⏭ Next one",
        "📜 Full conversation",
        "📖 Debrief",
        "⚖️ Not fair?",
    ]


def test_a_rude_session_escalates_and_names_at_most_three_corrections(ann):
    said = ann.play(RUDE)
    assert "escalated" in text(said)
    assert text(said).count("✏️") <= 3


def test_a_broken_rule_is_told_as_such(ann):
    ann.begin()
    said = ann.say("[apologize] [empathize] [overpromise:bribe]")
    assert "en ending rule_broken" in text(said)
    assert ann.store.sessions.run(1).rule_broken


def test_a_retry_plays_on_from_just_before_the_turn_and_does_not_count(ann):
    ann.play(["[listen]", "[apologize] [hush]", *RUDE])
    original = ann.store.sessions.run(1)
    said = ann.tap("Retry from reply")
    run = ann.coach.in_play(ANN.id, PRIVATE)
    turn = run.branched.turn
    assert run.branched.session == 1
    assert ann.store.sessions.turns(run) == ann.store.sessions.turns(original)[: turn - 1]
    assert f"reply {turn}" in text(said)
    for reply in MODEL:
        ann.say(reply)
        if ann.coach.in_play(ANN.id, PRIVATE) is None:
            break
    assert "doesn't count" in text(ann.shown)
    assert ann.store.sessions.progress(ANN.id).played == 1
    assert ann.store.sessions.run(1) == original


def test_what_a_scorecard_offers_happens_once(ann):
    ended = ann.play(RUDE)
    retry, again, following = (ann.action(part, ended) for part in ("Retry", "Same again", "Next one"))
    said = ann.press(again)
    assert {step for message in ended for step in [message.step] if step} <= retired(said)
    for pressed in (retry, again, following):
        assert ann.press(pressed)[0].kind is Kind.TOAST
    ann.command("cancel")
    for pressed in (retry, again, following):
        assert ann.press(pressed)[0].kind is Kind.TOAST
    assert rows(ann)[0] == 2


def test_the_same_again_has_the_same_customer_and_the_next_one_another_case(ann):
    ann.play(RUDE)
    ann.tap("Same again")
    first, second = ann.store.sessions.run(1).setup, ann.store.sessions.run(2).setup
    assert (first.scenario, first.persona) == (second.scenario, second.persona)
    for reply in RUDE:
        if ann.coach.in_play(ANN.id, PRIVATE):
            ann.say(reply)
    ann.tap("Next one")
    assert ann.store.sessions.run(3).setup.scenario.id == "long-queue"


def test_history_replays_any_session_with_one_tap(ann):
    assert "Nothing here" in text(ann.command("history"))
    for _ in range(8):
        ann.play(RUDE)
        ann.clock.now += 3600
    shown = ann.command("history")
    assert text(shown).count("lost-card (en)") == 6
    said = ann.tap("1")
    assert "1. You: [provoke] 1" in text(said)
    assert "✗ provoking" in text(said)
    ann.command("history")
    older = ann.tap("Earlier")
    assert older[0].replaces
    assert text(older).count("lost-card (en)") == 2


def test_progress_says_where_somebody_stands_and_what_to_do_next(ann):
    assert "No scores" in text(ann.command("progress"))
    ann.play(RUDE)
    ann.clock.now += 86_400
    ann.play(MODEL)
    shown = text(ann.command("progress"))
    assert "2 played, 1 passed" in shown
    assert "Best 100, last 100" in shown
    assert "Days in a row: 2" in shown
    assert "Lately 0 · 100" in shown
    assert "Try next: long-queue (en)" in shown
    assert "Work on:" in shown


def test_days_are_counted_by_the_persons_own_clock(ann):
    ann.clock.now = fakes.MOMENT + 7.5 * 3600  # half past eleven at night in Shanghai
    ann.play(RUDE)
    ann.clock.now += 3600
    ann.play(RUDE)
    assert "Days in a row: 2" in text(ann.command("progress"))
    ann.command("settings")
    ann.tap("Time zone")
    ann.tap("London")
    assert "Days in a row: 1" in text(ann.command("progress"))


def test_a_broken_streak_starts_again(ann):
    ann.play(RUDE)
    ann.clock.now += 3 * 86_400
    assert "Days in a row: 0" in text(ann.command("progress"))


def test_the_debrief_tells_lesson_risk_and_what_to_change(ann):
    ann.play(RUDE)
    shown = text(ann.tap("Debrief"))
    assert all(f"en debrief {part}" in shown for part in ("lesson", "risk", "improve"))


def test_a_review_is_given_to_its_owner_alone(ann):
    ann.play(RUDE)
    assert ann.coach.review(1, ANN.id).card.score == 0
    assert ann.coach.latest(ANN.id).run.id == 1
    with pytest.raises(NoSession):
        ann.coach.review(1, LI.id)
    with pytest.raises(NoSession):
        ann.coach.latest(LI.id)


# What can't be done ------------------------------------------------------------------------------------


def test_a_button_belongs_to_whom_it_was_meant_for(ann):
    ann.begin()
    listen = ann.action("Listen")
    for data in (listen, *(action(verb, 1, 1) for verb in (Verb.HINT, Verb.RESUME, Verb.LEAVE))):
        (answer,) = ann.press(data, who=LI)
        assert (answer.kind, answer.retires) == (Kind.TOAST, ())
        assert "别人的练习" in answer.text
    ann.command("cancel")
    for verb in (Verb.TRANSCRIPT, Verb.SCORECARD, Verb.DEBRIEF):
        assert ann.press(action(verb, 1), who=LI)[0].kind is Kind.TOAST


@pytest.mark.parametrize(
    "data", ["", "1", "1?", "2l:1:1", "1l", "1l:x:y", "1b:1:1:99", "1p:lang:xx", "1o:1:0:mode:x"]
)
def test_a_forged_button_is_answered_and_does_nothing(ann, data):
    ann.begin()
    before = rows(ann)
    assert [message.kind for message in ann.press(data)] == [Kind.TOAST]
    assert rows(ann) == before


@pytest.mark.parametrize("kind", ["sticker", "photo", "voice", "edited", "something new"])
def test_what_can_not_be_heard_gets_a_kind_word(ann, kind):
    ann.begin()
    before = rows(ann)
    (answer,) = ann.do(Unsupported(kind))
    assert answer.text
    assert rows(ann) == before


def test_an_unknown_command_is_answered(ann):
    assert "/help" in text(ann.command("makemerich"))


def test_practising_alone_is_done_in_private(ann):
    ann.where = Place(-5, "group", 3)
    for name in ("start", "practice", "history"):
        (answer,) = ann.command(name)
        assert answer.buttons[0][0].start == "practice"
    assert ann.press(action(Verb.CHOOSE))[0].kind is Kind.TOAST
    assert ann.say("hello everybody") == []
    assert ann.do(Unsupported("sticker")) == []


def test_help_and_menus_follow_from_the_table(ann):
    shown = text(ann.command("help"))
    private = [name for name, _ in menu("private", "en")]
    assert private == ["practice", "hint", "progress", "history", "settings", "cancel", "help"]
    assert all(f"/{name} " in shown for name in private)
    assert "/quit" not in shown
    ann.where = Place(0, "terminal")
    assert "/quit" in text(ann.command("help"))


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.run])
def test_every_command_answers_at_every_moment(ann, command):
    moments = [lambda: None, ann.begin, lambda: ann.say("[apologize]"), lambda: ann.play(RUDE)]
    for moment in moments:
        if ann.coach.in_play(ANN.id, PRIVATE) and moment in (moments[1], moments[3]):
            ann.command("cancel")
        moment()
        assert ann.do(Command(command.name))


def test_the_bar_reads_at_a_glance():
    assert [bar(anger) for anger in (0, 4, 34, 50, 72, 100)] == [
        "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜ 0",
        "🟩⬜⬜⬜⬜⬜⬜⬜⬜⬜ 4",
        "🟩🟩🟩⬜⬜⬜⬜⬜⬜⬜ 34",
        "🟧🟧🟧🟧🟧⬜⬜⬜⬜⬜ 50",
        "🟥🟥🟥🟥🟥🟥🟥⬜⬜⬜ 72",
        "🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥 100",
    ]
