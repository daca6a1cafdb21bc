"""Disputes with the whole bot: from the button under a remark to the owners and back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.actions import Verb, action
from dialogues.languages import texts
from dialogues.library import Library
from tests.bot.lobby import Lobby, lobby
from tests.bot_api import BotApi, Person

TITLE = Library.read().scenarios["window-outage"].words["zh"].title
MESSAGES = texts("zh").messages


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@pytest.fixture
def owners(api: BotApi) -> list[Person]:
    return [api.person("赵主任"), api.person("孙行长")]


@pytest.fixture
async def hall(api: BotApi, tmp_path: Path, owners: list[Person]) -> AsyncIterator[Lobby]:
    ids = ",".join(str(owner.id) for owner in owners)
    async with lobby(api, tmp_path / "lobby.db", LOBBY_DRILL_OWNERS=ids) as opened:
        yield opened


async def disputed(hall: Lobby, person: Person) -> None:
    """A reply whose hush is disputed."""
    await hall.say(person, "/start")
    await hall.press(person, TITLE)
    await hall.say(person, "您先别急 [hush] <b>13800138000</b>")
    await hall.press(person, MESSAGES["button_dispute"])
    await hall.press(person, "✗")
    await hall.tick()


def nothing_refused(api: BotApi) -> None:
    assert [(call.method, call.params) for call in api.calls if call.status != 200] == []


async def test_from_the_remark_to_the_owners_and_back(api: BotApi, hall: Lobby, owners: list[Person]) -> None:
    """Told to each owner, decided once, told to the person; used buttons are gone."""
    wang = api.person("王芳")
    await disputed(hall, wang)
    assert "记下了" in wang.heard()[-1].text
    zhao, sun = owners
    [asked] = zhao.heard()
    assert "<b>****</b>" in asked.text.replace("&lt;", "<").replace("&gt;", ">")
    assert "让人冷静" in asked.text
    assert "13800138000" not in asked.text
    [other] = sun.heard()
    pressed = next(data for label, data in other.buttons if label == MESSAGES["button_agree"])
    query = await hall.press(zhao, MESSAGES["button_agree"])
    assert query.answered
    await hall.tick()
    assert asked.buttons == []
    assert other.buttons == []
    assert "您说得对" in wang.heard()[-1].text
    assert "赵主任" in sun.heard()[-1].text
    late = sun.press(shown=other, data=pressed)
    await hall.settle()
    assert "赵主任" in late.toast
    await hall.say(wang, "/cancel")
    await hall.press(wang, MESSAGES["button_scorecard"])
    assert MESSAGES["result_upheld"].split("{")[0].strip() in wang.heard()[-1].text
    nothing_refused(api)


async def test_pressed_twice_and_after_a_restart_one_dispute_stands(
    api: BotApi, hall: Lobby, owners: list[Person]
) -> None:
    """Every tap is answered; the owners hear of it once."""
    wang, li = api.person("王芳"), api.person("李强")
    await hall.say(wang, "/start")
    await hall.press(wang, TITLE)
    await hall.say(wang, "您先别急 [hush]")
    await hall.press(wang, MESSAGES["button_dispute"])
    shown, data = wang.chat.button("✗")
    queries = [wang.press(shown=shown, data=data) for _ in range(2)]
    await hall.settle()
    await hall.reopen()
    queries.append(wang.press(shown=shown, data=data))
    await hall.say(li, "/help")
    queries.append(li.press(shown=li.chat.from_bot[-1], data=data))
    queries.append(li.press(shown=li.chat.from_bot[-1], data=action(Verb.DECIDE, 1, "y")))
    await hall.settle()
    await hall.tick()
    assert all(query.answered for query in queries)
    assert queries[2].toast == MESSAGES["toast_dispute_waiting"]
    assert queries[3].toast == MESSAGES["toast_not_yours"]
    assert queries[4].toast == MESSAGES["disputes_owners"]
    assert [len(owner.heard()) for owner in owners] == [1, 1]
    nothing_refused(api)


async def test_owners_go_through_what_waits_and_others_can_not(
    api: BotApi, hall: Lobby, owners: list[Person]
) -> None:
    """`/disputes` shows one after the other until none is left."""
    wang, li = api.person("王芳"), api.person("李强")
    await disputed(hall, wang)
    await disputed(hall, li)
    zhao = owners[0]
    zhao.heard()
    [first] = await hall.say(zhao, "/disputes")
    assert "第 1 号" in first.text
    await hall.press(zhao, MESSAGES["button_disagree"])
    [second] = await hall.say(zhao, "/disputes")
    assert "第 2 号" in second.text
    await hall.press(zhao, MESSAGES["button_agree"])
    assert (await hall.say(zhao, "/disputes"))[0].text == MESSAGES["disputes_none"]
    assert (await hall.say(li, "/disputes"))[-1].text == MESSAGES["disputes_owners"]
    nothing_refused(api)


async def test_owners_have_the_command_in_their_menu(api: BotApi, hall: Lobby, owners: list[Person]) -> None:
    """Nobody else's menu names it."""
    await hall.settle()
    await api.until(lambda: len(api.called("setMyCommands")) == 12)
    menus = [(call.params["scope"], call.params["commands"]) for call in api.called("setMyCommands")]
    for scope, commands in menus:
        named = "disputes" in [command["command"] for command in commands]
        assert named == (scope["type"] == "chat")
