"""Whatever a person does, in any order: the bot answers, nothing happens twice, nothing is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions import Verb, action, parse
from bot.commands import COMMANDS
from bot.inputs import Command, Press, Said, Silence, Unsupported
from bot.messages import Kind
from bot.render import plain
from dialogues.acts import Act
from tests.fakes import ANN, LI, PRIVATE, talk

TAGS = [f"[{act.value}]" for act in Act] + ["[ask_need:need]", "[offer:refund]", "[ask_specific:fact_2]"]

texts = st.one_of(st.lists(st.sampled_from(TAGS), min_size=1, max_size=4).map(" ".join), st.text(max_size=40))
numbers = st.integers(0, 12)
things = st.one_of(
    texts.map(Said),
    st.builds(Said, texts, st.integers(1, 5)),
    st.sampled_from([Command(command.name) for command in COMMANDS]),
    st.just(Silence()),
    st.builds(Unsupported, st.sampled_from(["sticker", "edited", "?"])),
    st.builds(
        lambda verb, args: Press(action(verb, *args)), st.sampled_from(Verb), st.lists(numbers, max_size=4)
    ),
    st.text(max_size=70).map(Press),
)
choices = st.integers(0, 9)
"""Which of the buttons shown last is pressed."""

steps = st.one_of(things, choices, st.sampled_from(["restart", "a minute", "a day"]))


def take(someone, step):
    if step == "restart":
        someone.restart()
    elif isinstance(step, str):
        someone.clock.now += {"a minute": 70, "a day": 90_000}[step]
        someone.coach.due()
    elif isinstance(step, int):
        buttons = [button for message in someone.shown for row in message.buttons for button in row]
        if buttons:
            someone.press(buttons[step % len(buttons)].action)
    else:
        someone.do(step)


def everything(someone) -> list[list[tuple]]:
    tables = ("people", "sessions", "events", "turns", "points")
    return [someone.store._db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


@given(st.lists(steps, max_size=25))
@settings(max_examples=150, deadline=None)
def test_live_equals_restored_after_anything(script):
    someone = talk()
    for step in script:
        take(someone, step)
        run = someone.coach.in_play(ANN.id, PRIVATE)
        if run is not None:
            restored = someone.store.sessions.restore(run)
            live = someone.coach._desk.session(run)
            assert (restored.turns, restored.state, restored.anger) == (live.turns, live.state, live.anger)
            assert someone.store.sessions.turns(run) == live.turns
    assert someone.store.problems() == []
    someone.store.close()


@given(st.lists(steps, max_size=20), st.data())
@settings(max_examples=150, deadline=None)
def test_a_button_pressed_again_changes_no_session(script, data):
    someone = talk()
    for step in script:
        take(someone, step)
    buttons = [button for message in someone.shown for row in message.buttons for button in row]
    if buttons:
        pressed = data.draw(st.sampled_from(buttons)).action
        assert parse(pressed) is not None
        someone.press(pressed)
        before = everything(someone)[1:]
        assert someone.press(pressed)
        assert everything(someone)[1:] == before
        assert someone.press(pressed, who=LI)
        assert everything(someone)[1:] == before
    someone.store.close()


@given(st.lists(steps, max_size=15), things)
@settings(max_examples=150, deadline=None)
def test_everything_is_answered_in_short_messages_that_can_be_sent(script, thing):
    someone = talk()
    for step in script:
        take(someone, step)
    heard = isinstance(thing, Said) and thing.message is not None
    said = someone.do(thing)
    assert said or heard or thing in (Command("picture"), Command("quit"))
    for message in said:
        assert plain(message.text).strip()
        if message.kind is Kind.TOAST:
            assert len(plain(message.text)) <= 200
        for row in message.buttons:
            assert 1 <= len(row) <= 3
            for button in row:
                assert len(button.action.encode()) <= 64
                assert 1 <= len(button.label) <= 40
    someone.store.close()
