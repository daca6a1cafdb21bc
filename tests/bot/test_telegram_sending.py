"""What is to be said arrives: in order, once, again after failures, and not faster than Telegram allows."""

from pathlib import Path

import pytest

from bot.inputs import Input, Place, Said
from bot.messages import Button, Kind, Message, bold, escape
from bot.telegram.pace import Limit, Limits
from tests.bot.echo import EchoCoach
from tests.bot.lobby import UNLIMITED, FakeTime, Lobby, lobby
from tests.bot_api import BotApi


def says(*messages: Message) -> object:
    """A coach's answer that is always the same."""
    return lambda _: list(messages)


async def test_what_a_person_wrote_comes_back_as_they_wrote_it(api: BotApi, hall: Lobby) -> None:
    """HTML, Markdown and emoji in a text are shown, not obeyed."""
    wang = api.person()
    text = "<b>您好</b> & *_`[x](y) 😀 &lt; \"'</blockquote>"
    assert [shown.text for shown in await hall.say(wang, text)] == [text]


async def test_messages_arrive_in_order(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """Several messages of one answer keep their order."""
    coach.answer = says(*(Message(escape(str(number))) for number in range(10)))
    assert [shown.text for shown in await hall.say(api.person(), "喂")] == [str(n) for n in range(10)]


async def test_a_long_text_is_split(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """A text that is too long comes in parts, each whole HTML, with the buttons under the last."""
    coach.answer = says(Message(bold("长文 😀\n" * 1500), buttons=((Button("好", "1n"),),)))
    shown = await hall.say(api.person(), "喂")
    assert len(shown) > 1
    assert "".join("".join(part.text.split()) for part in shown) == "长文😀" * 1500
    assert [bool(part.buttons) for part in shown] == [False] * (len(shown) - 1) + [True]


async def test_four_thousand_characters_are_heard(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """The longest message that Telegram lets through comes in whole."""
    await hall.say(api.person(), "气" * 4096)
    assert coach.heard[-1].what == Said("气" * 4096, 1)


async def test_a_429_is_waited_out(api: BotApi, hall: Lobby) -> None:
    """The bot waits as long as it is told to, then sends; nothing is lost or doubled."""
    wang = api.person()
    api.fail("sendMessage", status=429, retry_after=7, times=2)
    assert [shown.text for shown in await hall.say(wang, "喂")] == ["喂"]
    assert hall.time.slept == [7.0, 7.0]
    assert [call.status for call in api.called("sendMessage")] == [429, 429, 200]


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 502}, {"cut": True}])
async def test_a_failure_is_tried_again_with_growing_waits(
    api: BotApi, hall: Lobby, how: dict[str, object]
) -> None:
    """Errors of the server and dead connections are waited out, each time longer."""
    api.fail("sendMessage", times=4, **how)
    assert [shown.text for shown in await hall.say(api.person(), "喂")] == ["喂"]
    assert hall.time.slept == [0.375, 0.75, 1.5, 3.0]


async def test_a_lost_answer_repeats_the_message_and_nothing_else(api: BotApi, hall: Lobby) -> None:
    """When Telegram's answer is lost the message may show twice; what follows shows once."""
    wang = api.person()
    api.fail("sendMessage", lost=True, times=1)
    assert [shown.text for shown in await hall.say(wang, "一")] == ["一", "一"]
    assert [shown.text for shown in await hall.say(wang, "二")] == ["二"]


async def test_one_chats_trouble_is_not_anothers(api: BotApi, coach: EchoCoach) -> None:
    """While one chat waits out a 429, others are served."""
    async with lobby(api, coach=coach) as hall:
        wang, li = api.person("王芳"), api.person("李强")
        api.fail("sendMessage", chat=wang.id, hang=True)
        wang.say("一")
        li.say("二")
        await api.until(lambda: li.chat.from_bot)
        assert wang.heard() == []
        assert [shown.text for shown in li.heard()] == ["二"]
        api.mend()
        api.cut_off()
        await hall.settle()
        assert [shown.text for shown in wang.heard()] == ["一"]


async def test_a_blocked_bot_gives_up_and_comes_back(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """What waits for who has blocked the bot is dropped and noted; when they return they are served."""
    wang = api.person()
    coach.answer = says(Message(escape("一")), Message(escape("二")))
    wang.chat.gone = None
    wang.say("喂")
    wang.chat.gone = "Forbidden: bot was blocked by the user"
    await hall.settle()
    assert hall.service is not None
    assert await hall.service.core.run(lambda core: core.store.people.is_gone(wang.id))
    assert await hall.service.core.run(lambda core: core.store.outbox.chats()) == []
    wang.unblock()
    await hall.settle()
    assert not await hall.service.core.run(lambda core: core.store.people.is_gone(wang.id))
    assert len(await hall.say(wang, "又来了")) == 2


async def test_a_refused_message_does_not_hold_up_the_next(
    api: BotApi, hall: Lobby, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that Telegram will never take is noted and left out."""
    api.fail("sendMessage", status=400, description="Bad Request: message is too odd", times=1)
    wang = api.person()
    assert await hall.say(wang, "一") == []
    assert len(await hall.say(wang, "二")) == 1
    assert "send_refused" in caplog.text


async def test_what_went_stale_is_not_sent(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """A message that is worth something only now is dropped when it is late."""
    coach.answer = says(Message(escape("还有一分钟"), stale=30), Message(escape("时间到")))
    api.fail("sendMessage", status=429, retry_after=31, times=1)
    assert [shown.text for shown in await hall.say(api.person(), "喂")] == ["时间到"]


async def test_buttons_of_a_finished_step_are_taken_away(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """When a step is over its message loses its buttons, others keep theirs."""
    wang = api.person()
    coach.answer = says(
        Message(escape("一"), buttons=((Button("听", "1l"),),), step="t1"),
        Message(escape("甲"), buttons=((Button("看", "1y"),),)),
    )
    first, kept = await hall.say(wang, "喂")
    assert first.buttons == [("听", "1l")]
    coach.answer = says(Message(escape("二"), buttons=((Button("听", "1l2"),),), step="t2", retires=("t1",)))
    [second] = await hall.say(wang, "喂")
    assert (first.buttons, kept.buttons, second.buttons) == ([], [("看", "1y")], [("听", "1l2")])
    await hall.say(wang, "喂")
    assert len(api.called("editMessageReplyMarkup")) == 1


async def test_buttons_are_taken_from_a_message_that_is_not_sent_yet(
    api: BotApi, hall: Lobby, coach: EchoCoach
) -> None:
    """A step that is over before its message was sent loses its buttons right afterwards."""
    wang = api.person()
    coach.answer = lambda given: [
        Message(
            escape("问"),
            buttons=((Button("听", "1l"),),),
            step=f"t{len(coach.heard)}",
            retires=(f"t{len(coach.heard) - 1}",),
        )
    ]
    api.fail("sendMessage", status=429, retry_after=1, times=3)
    for text in "一二三":
        wang.say(text)
    await hall.settle()
    assert [bool(shown.buttons) for shown in wang.heard()] == [False, False, True]


async def test_a_pressed_message_is_changed_in_place(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """What replaces the pressed message edits it; where it is gone, it is sent anew."""
    wang = api.person()
    keys = ((Button("下一页", "1m"),),)
    coach.answer = says(Message(escape("第一页"), buttons=keys, step="o1"))
    [page] = await hall.say(wang, "喂")
    coach.answer = says(Message(escape("第二页"), buttons=keys, step="o1", retires=("o1",), replaces=True))
    await hall.press(wang, "下一页")
    assert page.text == "第二页"
    assert page.buttons
    assert wang.heard() == []
    assert api.called("editMessageReplyMarkup") == []
    await hall.press(wang, "下一页")
    assert wang.heard() == []
    del wang.chat.shown[page.id]
    wang.press(shown=page, data="1m")
    await hall.settle()
    assert [shown.text for shown in wang.heard()] == ["第二页"]


async def test_a_tap_is_answered_once_and_at_once(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """A toast rides on the answer to the tap; a tap that is too old does no harm."""
    wang = api.person()
    coach.answer = says(Message(escape("选"), buttons=((Button("好", "1n"),),)))
    await hall.say(wang, "喂")
    coach.answer = says(Message(escape("这一轮已经结束 <&>"), kind=Kind.TOAST))
    query = await hall.press(wang, "好")
    assert [answer.get("text") for answer in query.answers] == ["这一轮已经结束 <&>"]
    late = wang.press("好")
    late.expired = True
    await hall.settle()
    assert wang.heard() == []


async def test_typing_is_shown_before_the_customers_line(api: BotApi, coach: EchoCoach) -> None:
    """The customer types as long as a line takes, the coach does not."""
    coach.answer = says(
        Message(escape("你们怎么回事！"), kind=Kind.CUSTOMER), Message(escape("先道歉"), kind=Kind.COACH)
    )
    async with lobby(api, coach=coach, typing=1.5) as hall:
        await hall.say(api.person(), "喂")
        assert hall.time.slept == [1.5]
        methods = [call.method for call in api.called("sendChatAction", "sendMessage")]
        assert methods == ["sendChatAction", "sendMessage", "sendMessage"]


async def test_typing_that_fails_holds_nothing_up(api: BotApi, coach: EchoCoach) -> None:
    """A "typing…" that can't be shown is left out."""
    coach.answer = says(Message(escape("喂！"), kind=Kind.CUSTOMER))
    api.fail("sendChatAction", status=500)
    async with lobby(api, coach=coach, typing=1) as hall:
        assert len(await hall.say(api.person(), "喂")) == 1


async def test_a_message_to_a_topic_stays_in_it(api: BotApi, hall: Lobby) -> None:
    """What is said in a topic of a group is answered there."""
    wang, group = api.person(), api.group(forum=True, privacy=False)
    topic = group.topic(17)
    wang.say("大家早", chat=group, topic=topic)
    await hall.settle()
    [shown] = group.heard()
    assert shown.raw["message_thread_id"] == 17


async def test_a_placeholder_asks_for_an_answer(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """An expected answer opens the reply field."""
    coach.answer = says(Message(escape("您怎么说？"), force_reply="请回复这位客户"))
    [shown] = await hall.say(api.person(), "喂")
    assert shown.markup == {"force_reply": True, "input_field_placeholder": "请回复这位客户"}


async def test_a_picture_that_fails_leaves_the_words(
    api: BotApi, hall: Lobby, coach: EchoCoach, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the picture can't be drawn its words are sent, with their buttons."""
    coach.answer = says(Message(escape("成绩单"), picture=99, buttons=((Button("再来", "1a"),),)))
    [shown] = await hall.say(api.person(), "喂")
    assert (shown.text, shown.buttons) == ("成绩单", [("再来", "1a")])
    assert "picture_failed" in caplog.text


async def test_a_group_gets_twenty_messages_a_minute(api: BotApi, coach: EchoCoach) -> None:
    """Telegram's limits are kept without its having to say so."""
    coach.answer = says(*(Message(escape(str(number))) for number in range(45)))
    async with lobby(api, coach=coach, limits=Limits(overall=UNLIMITED.overall)) as hall:
        api.clock = hall.time
        api.flood = True
        group = api.group(privacy=False)
        api.person().say("喂", chat=group)
        await hall.settle()
        assert len(group.heard()) == 45
        assert {call.status for call in api.called("sendMessage")} == {200}
        assert sum(hall.time.slept) == pytest.approx(120)


async def test_everybody_together_gets_thirty_a_second(api: BotApi, coach: EchoCoach) -> None:
    """A flood of one chat holds up no other for more than its share."""
    coach.answer = lambda given: [
        Message(escape(str(number))) for number in range(60 if given.who.name == "王芳" else 1)
    ]
    limits = Limits(Limit(30, 1), UNLIMITED.private, UNLIMITED.group)
    async with lobby(api, coach=coach, limits=limits) as hall:
        api.clock = hall.time
        api.flood = True
        people = [api.person("王芳"), *(api.person(f"同事{n}") for n in range(20))]
        for person in people:
            person.say("喂")
        await hall.settle()
        assert {call.status for call in api.called("sendMessage")} == {200}
        order = [call.chat for call in api.called("sendMessage")]
        assert len(order) == 80
        assert max(order.index(person.id) for person in people[1:]) < 60


async def test_what_is_due_is_said(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """What the coach says by itself is sent at the next look at the clock."""
    wang = api.person()
    coach.spoken = [(Place(wang.id), [Message(escape("还有一分钟"))])]
    await hall.tick()
    assert [shown.text for shown in wang.heard()] == ["还有一分钟"]


async def test_an_error_is_logged_and_told(
    api: BotApi, hall: Lobby, coach: EchoCoach, caplog: pytest.LogCaptureFixture
) -> None:
    """Something unexpected is in the log first, then the person hears of it, once, in their language."""

    def broken(_: Input) -> list[Message]:
        raise ZeroDivisionError

    coach.answer = broken
    wang, ann = api.person(), api.person("Ann", language="en")
    [told] = await hall.say(wang, "喂")
    [told_too] = await hall.say(ann, "hi")
    assert "再发一次" in told.text
    assert "again" in told_too.text
    assert "ZeroDivisionError" in caplog.text
    assert "喂" not in caplog.text


async def test_a_tap_that_fails_is_answered_too(
    api: BotApi, hall: Lobby, coach: EchoCoach, caplog: pytest.LogCaptureFixture
) -> None:
    """The little clock goes away whatever happens."""
    wang = api.person()
    coach.answer = says(Message(escape("选"), buttons=((Button("好", "1n"),),)))
    await hall.say(wang, "喂")

    def broken(_: Input) -> list[Message]:
        raise ZeroDivisionError

    coach.answer = broken
    assert (await hall.press(wang, "好")).answered
    assert "update_failed" in caplog.text


def test_a_clock_of_the_tests_moves_only_by_sleeping() -> None:
    """Nothing here waits for real."""
    assert FakeTime(5.0)() == 5.0


async def test_the_store_is_on_the_disk(api: BotApi, coach: EchoCoach, tmp_path: Path) -> None:
    """With a file the same is kept there."""
    async with lobby(api, tmp_path / "lobby.db", coach=coach) as hall:
        assert len(await hall.say(api.person(), "喂")) == 1
    assert (tmp_path / "lobby.db").stat().st_size > 0
