"""Whole conversations with the whole bot, as people have them on their phones."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialogues.languages import Texts, texts
from dialogues.library import Library
from dialogues.scenario import Lang, Scenario
from dialogues.turn import State
from state.session import Session
from tests.bot.lobby import Lobby, lobby, model_replies
from tests.bot_api import BotApi, Person

LIBRARY = Library.read()
SCENARIOS = [
    (scenario, lang)
    for scenario in LIBRARY.scenarios.values()
    for lang in ("zh", "en")
    if lang in scenario.words
]
CLIENTS = {"zh": "zh-hans", "en": "en-GB"}


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@pytest.fixture
async def hall(api: BotApi, tmp_path: Path) -> AsyncIterator[Lobby]:
    async with lobby(api, tmp_path / "lobby.db") as opened:
        yield opened


def scenario(name: str = "window-outage") -> Scenario:
    return LIBRARY.scenarios[name]


def title(name: str = "window-outage", lang: Lang = "zh") -> str:
    return LIBRARY.scenarios[name].words[lang].title


def label(key: str, lang: Lang = "zh") -> str:
    """What a button says, up to its first placeholder."""
    return texts(lang).messages[key].split("{")[0].strip()


def words(key: str, lang: Lang = "zh") -> str:
    return texts(lang).messages[key]


async def begin(hall: Lobby, person: Person, name: str = "window-outage", lang: Lang = "zh") -> None:
    """Two taps: the chat is opened, a scenario is chosen (more where it stands on a later page)."""
    await hall.say(person, "/start")
    for _ in LIBRARY.scenarios:
        if any(title(name, lang) in text for text in live_buttons(person)):
            break
        await hall.press(person, label("button_more", lang))
    query = await hall.press(person, title(name, lang))
    assert query.answered


async def sessions(hall: Lobby, person: Person) -> list[Session]:
    """Every session of somebody, restored from the store."""
    assert hall.service is not None

    def restored(core: object) -> list[Session]:
        store = core.store  # type: ignore[attr-defined]
        rows = store._db.execute("SELECT id FROM sessions WHERE person = ? ORDER BY id", [person.id])
        return [store.sessions.restore(store.sessions.run(number)) for (number,) in rows.fetchall()]

    return await hall.service.core.run(restored)


def live_buttons(person: Person) -> list[str]:
    """The labels of every button that can still be tapped."""
    return [text for shown in person.chat.from_bot for text, _ in shown.buttons]


def nothing_refused(api: BotApi) -> None:
    assert [(call.method, call.params) for call in api.calls if call.status != 200] == []


@pytest.mark.parametrize(("played", "lang"), SCENARIOS, ids=lambda value: getattr(value, "id", value))
async def test_a_whole_conversation(api: BotApi, hall: Lobby, played: Scenario, lang: Lang) -> None:
    """Greeting, customer, cards, outcome, picture and scorecard: in both languages, nothing refused."""
    wang = api.person("王芳", language=CLIENTS[lang])
    await begin(hall, wang, played.id, lang)
    opening = wang.heard()
    assert label("button_listen", lang) in " ".join(live_buttons(wang))
    assert opening
    for reply in model_replies(played):
        if not await hall.say(wang, reply):
            pytest.fail("no answer")
        if any(shown.photo for shown in wang.chat.from_bot):
            break
    [session] = await sessions(hall, wang)
    assert session.state is State.RESOLVED
    [picture] = [shown for shown in wang.chat.from_bot if shown.photo]
    assert picture.photo is not None
    assert picture.photo.startswith(b"\x89PNG")
    left = live_buttons(wang)
    for key in ("button_again", "button_next", "button_transcript"):
        assert any(label(key, lang) in text for text in left), key
    for key in ("button_listen", "button_hint"):
        assert not any(label(key, lang) in text for text in left), key
    await hall.press(wang, label("button_transcript", lang))
    said = " ".join(shown.text for shown in wang.heard())
    assert session.opening[0] in said
    assert all(re.sub(r"\s+", " ", reply.text) in re.sub(r"\s+", " ", said) for reply in session.replies)
    for command in ("/history", "/progress", "/help", "/settings"):
        assert await hall.say(wang, command)
    nothing_refused(api)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_client_decides_the_language(api: BotApi, hall: Lobby, lang: Lang) -> None:
    """Nobody has to choose a language first; nothing of the other language is shown."""
    person = api.person("Ann", language=CLIENTS[lang])
    await begin(hall, person, lang=lang)
    await hall.say(person, model_replies(scenario())[1])
    shown = "".join(message.text + "".join(label for label, _ in message.buttons)
                    for message in person.chat.from_bot)  # fmt: skip
    own = re.sub(r"真对不起|\[\w+]", "", shown)
    chinese = re.findall(r"[\u4e00-\u9fff]", own)
    assert bool(chinese) == (lang == "zh")


async def test_a_changed_language_is_kept(api: BotApi, tmp_path: Path) -> None:
    """What is chosen in the settings holds after a restart, whatever the client says."""
    async with lobby(api, tmp_path / "lobby.db") as hall:
        wang = api.person(language="zh-hans")
        await hall.say(wang, "/settings")
        await hall.press(wang, "English")
        await hall.reopen()
        assert words("unknown_command", "en") == (await hall.say(wang, "/nosuch"))[0].text


async def test_a_conversation_survives_a_restart_after_every_message(api: BotApi, tmp_path: Path) -> None:
    """Started again after every message the session is the one that was never interrupted."""
    async with lobby(api, tmp_path / "straight.db") as hall:
        wang = api.person()
        await begin(hall, wang)
        for reply in model_replies(scenario()):
            await hall.say(wang, reply)
        [straight] = await sessions(hall, wang)
    async with lobby(api, tmp_path / "broken.db") as hall:
        li = api.person()
        await begin(hall, li)
        for reply in model_replies(scenario()):
            await hall.reopen()
            await hall.say(li, reply)
        [broken] = await sessions(hall, li)
    assert (broken.state, broken.anger, broken.turns) == (straight.state, straight.anger, straight.turns)
    assert [shown.text for shown in li.chat.from_bot] == [shown.text for shown in wang.chat.from_bot]


# Buttons


async def test_a_start_pressed_twice_starts_one_session(api: BotApi, hall: Lobby) -> None:
    """Two quick taps: one session, both answered."""
    wang = api.person()
    await hall.say(wang, "/start")
    shown, data = wang.chat.button(title())
    queries = [wang.press(shown=shown, data=data) for _ in range(3)]
    await hall.settle()
    assert len(await sessions(hall, wang)) == 1
    assert all(query.answered for query in queries)
    assert shown.buttons == []


async def test_listening_twice_is_one_turn(api: BotApi, hall: Lobby) -> None:
    """A turn's button works for that turn alone."""
    wang = api.person()
    await begin(hall, wang)
    shown, data = wang.chat.button(label("button_listen"))
    for _ in range(2):
        wang.press(shown=shown, data=data)
    await hall.settle()
    [session] = await sessions(hall, wang)
    assert len(session.turns) == 1
    late = wang.press(shown=shown, data=data)
    await hall.settle()
    assert late.toast == words("toast_answered")
    assert len((await sessions(hall, wang))[0].turns) == 1
    nothing_refused(api)


async def test_an_old_button_after_a_restart_says_that_the_round_is_over(api: BotApi, hall: Lobby) -> None:
    """Nothing happens, and the person is told what to do."""
    wang = api.person()
    await begin(hall, wang)
    shown, data = wang.chat.button(label("button_listen"))
    await hall.say(wang, "/cancel")
    await hall.reopen()
    query = wang.press(shown=shown, data=data)
    await hall.settle()
    assert query.toast
    assert "/practice" in query.toast
    assert (await sessions(hall, wang))[0].turns[-1].reading is None


async def test_another_persons_button_does_nothing(api: BotApi, hall: Lobby) -> None:
    """Somebody else's session can't be played, read or ended by its buttons."""
    wang, li = api.person("王芳"), api.person("李强")
    await begin(hall, wang)
    await hall.say(wang, model_replies(scenario())[1])
    before = (await sessions(hall, wang))[0].turns
    stolen = [data for shown in wang.chat.from_bot for _, data in shown.buttons]
    stolen += ["1t:1", "1r:1", "1d:1", "1x:1", "1c:1", "1l:1:2", "1b:1:1:1"]
    [greeting] = await hall.say(li, "/help")
    queries = [li.press(shown=greeting, data=data) for data in stolen]
    await hall.settle()
    assert all(query.answered for query in queries)
    assert (await sessions(hall, wang))[0].turns == before
    assert await sessions(hall, li) == []
    customer = set(before[-1].lines)
    assert not any(line in shown.text for shown in li.chat.from_bot for line in customer)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "x",
        "1",
        "1z:1",
        "1l",
        "1l:999999999999:1",
        "1s:1:no-such-scenario",
        "2l:1:1",
        "1l:1:１",
        "💥" * 16,
    ],
)
async def test_forged_data_does_no_harm(api: BotApi, hall: Lobby, data: str) -> None:
    """Any data is answered, and the session goes on as it was."""
    wang = api.person()
    await begin(hall, wang)
    before = (await sessions(hall, wang))[0].turns
    query = wang.press(shown=wang.chat.from_bot[-1], data=data)
    await hall.settle()
    assert query.answered
    assert (await sessions(hall, wang))[0].turns == before
    assert len(await hall.say(wang, model_replies(scenario())[1])) >= 1


async def test_retry_from_a_turn_plays_on_as_a_new_session(api: BotApi, hall: Lobby) -> None:
    """The branch shares the turns before it, and pressing twice makes one branch."""
    wang = api.person()
    await begin(hall, wang)
    for reply in ("您冷静一下 [hush]", "真对不起 [apologize]", "[deny] 不是这样的", "爱投诉就投诉 [provoke]"):
        await hall.say(wang, reply)
    await hall.say(wang, "[provoke] 出去")
    [first] = await sessions(hall, wang)
    assert first.ended
    shown, data = wang.chat.button(label("button_branch"))
    for _ in range(2):
        wang.press(shown=shown, data=data)
    await hall.settle()
    _, branch = await sessions(hall, wang)
    turn = int(data.rsplit(":", 1)[1])
    assert branch.turns == first.turns[: turn - 1]
    assert await hall.say(wang, "真对不起 [apologize] [empathize]")
    nothing_refused(api)


# What people send


@pytest.mark.parametrize("after", range(6))
async def test_cancel_works_at_every_step(api: BotApi, hall: Lobby, after: int) -> None:
    """Before, during and after a session /cancel is answered, and /practice begins anew."""
    wang = api.person()
    replies = model_replies(scenario())
    if after:
        await begin(hall, wang)
        for reply in replies[: (0, 0, 1, 3, 5, len(replies))[after]]:
            await hall.say(wang, reply)
    wang.heard()
    assert await hall.say(wang, "/cancel")
    assert not any(
        label(key) in text for text in live_buttons(wang) for key in ("button_listen", "button_hint")
    )
    assert await hall.say(wang, "/cancel")
    assert await hall.say(wang, "/practice")
    assert title() in " ".join(live_buttons(wang))
    nothing_refused(api)


@pytest.mark.parametrize("in_session", [False, True])
async def test_what_can_not_be_heard_gets_a_kind_word(api: BotApi, hall: Lobby, in_session: bool) -> None:
    """Stickers, photos, voices and edits are answered and change nothing."""
    wang = api.person()
    await (begin(hall, wang) if in_session else hall.say(wang, "/start"))
    wang.heard()
    file = {"file_id": "a", "file_unique_id": "a"}
    wang.send({"photo": [file | {"width": 1, "height": 1}], "caption": "[apologize]"})
    wang.send({"voice": file | {"duration": 1}})
    wang.send({"dice": {"emoji": "🎲", "value": 3}})
    await hall.settle()
    kinds = ("photo", "voice", "other")
    assert [shown.text for shown in wang.heard()] == [words(f"unsupported_{kind}") for kind in kinds]
    assert all(not session.turns for session in await sessions(hall, wang))


async def test_an_edit_changes_no_reply(api: BotApi, hall: Lobby) -> None:
    """What was said stays said."""
    wang = api.person()
    await begin(hall, wang)
    said = wang.say("您冷静一下 [hush]")
    await hall.settle()
    wang.heard()
    wang.edit(said, "真对不起 [apologize]")
    await hall.settle()
    assert [shown.text for shown in wang.heard()] == [words("unsupported_edited")]
    assert [reply.text for reply in (await sessions(hall, wang))[0].replies] == ["您冷静一下 [hush]"]


@pytest.mark.parametrize(
    "text",
    [
        "气" * 4096,
        "😀" * 2048,
        "<b>对不起</b> &amp; <a href='x'>[apologize]</a> </blockquote> <",
        "*真* _对不起_ `[apologize]` [x](y)",
        "对不起\u202e起不对\u0000\u200b[apologize]",
        "……",
        "。",
        "\n \n[apologize]\n",
    ],
)
async def test_any_text_is_a_reply(api: BotApi, hall: Lobby, text: str) -> None:
    """Long, marked up, bidirectional or nearly empty: heard once, answered, shown as it was written."""
    wang = api.person()
    await begin(hall, wang)
    assert await hall.say(wang, text)
    assert len((await sessions(hall, wang))[0].turns) == 1
    await hall.say(wang, "/cancel")
    await hall.press(wang, label("button_scorecard"))
    wang.heard()
    await hall.press(wang, label("button_transcript"))
    assert "".join(shown.text for shown in wang.heard())
    nothing_refused(api)


async def test_quick_messages_are_turns_in_their_order(api: BotApi, hall: Lobby) -> None:
    """Whoever types faster than the customer is heard all the same, each message once."""
    wang = api.person()
    await begin(hall, wang)
    texts_said = [f"第{number}句 [listen]" for number in range(4)]
    for text in texts_said:
        wang.say(text)
    await hall.settle()
    [session] = await sessions(hall, wang)
    assert [reply.text for reply in session.replies] == texts_said[: len(session.replies)]
    assert len(session.turns) >= 3


async def test_a_private_number_is_graded_and_shown_masked(api: BotApi, hall: Lobby) -> None:
    """The bot itself never shows it again."""
    wang = api.person()
    await begin(hall, wang)
    await hall.say(wang, "[commit] 我的电话13800138000")
    [session] = await sessions(hall, wang)
    assert "13800138000" not in session.replies[0].text
    assert not any("13800138000" in shown.text for shown in wang.chat.from_bot)


# Time


async def test_an_exam_warns_and_ends_by_the_clock(api: BotApi, hall: Lobby) -> None:
    """The warning comes before the end, the end by itself, and a late reply is told so."""
    wang = api.person()
    await hall.say(wang, "/start")
    await hall.press(wang, label("button_mode"))
    await hall.press(wang, title())
    wang.heard()
    said = []
    for _ in range(30):
        hall.time.now += 30
        await hall.tick()
        said += [shown.text for shown in wang.heard()]
    warned = next(n for n, text in enumerate(said) if text.startswith(words("time_warning").split("{")[0]))
    ended = next(n for n, text in enumerate(said) if "时间到" in text)
    assert warned < ended
    [session] = await sessions(hall, wang)
    assert session.state is State.UNRESOLVED
    assert await hall.say(wang, "对不起 [apologize]")
    assert len((await sessions(hall, wang))[0].turns) == len(session.turns)


async def test_a_reply_in_time_counts_although_it_arrives_late(api: BotApi, tmp_path: Path) -> None:
    """What was sent before the time limit is heard after a restart that took longer."""
    async with lobby(api, tmp_path / "lobby.db") as hall:
        wang = api.person()
        await hall.say(wang, "/start")
        await hall.press(wang, label("button_mode"))
        await hall.press(wang, title())
        await hall.close()
        wang.say("真对不起 [apologize]")
        hall.time.now += 3_600
        await hall.open()
        await hall.settle()
        [session] = await sessions(hall, wang)
        assert [reply.text for reply in session.replies] == ["真对不起 [apologize]"]


async def test_a_session_left_alone_is_picked_up_and_closed_after_a_day(api: BotApi, hall: Lobby) -> None:
    """After hours it goes on; after a day without a word it is unresolved."""
    wang = api.person()
    await begin(hall, wang)
    hall.time.now += 20 * 3_600
    await hall.tick()
    await hall.say(wang, "真对不起 [apologize]")
    hall.time.now += 20 * 3_600
    await hall.tick()
    assert not (await sessions(hall, wang))[0].ended
    hall.time.now += 5 * 3_600
    await hall.tick()
    assert (await sessions(hall, wang))[0].state is State.UNRESOLVED


# Groups


async def test_in_a_group_practice_is_sent_to_the_private_chat(api: BotApi, hall: Lobby) -> None:
    """Commands are answered in the group with a way into the private chat; nothing else is."""
    wang, group = api.person(), api.group()
    wang.say("大家早", chat=group)
    wang.say("/practice@lobby_drill_test_bot", chat=group)
    await hall.settle()
    [shown] = group.heard()
    assert shown.buttons[0][1].startswith("https://t.me/lobby_drill_test_bot?start=")
    assert wang.heard() == []
    assert await hall.say(wang, "/start practice")


async def test_many_people_play_at_once(api: BotApi, hall: Lobby) -> None:
    """Twenty conversations at the same time are twenty separate ones."""
    people = [api.person(f"同事{number}") for number in range(20)]
    for person in people:
        person.say("/start")
    await hall.settle()
    for person in people:
        person.press(title())
    await hall.settle()
    for reply in model_replies(scenario())[:4]:
        for person in people:
            person.say(f"{reply} {person.id}")
        await hall.settle()
    for person in people:
        [session] = await sessions(hall, person)
        assert all(str(person.id) in reply.text for reply in session.replies)
        assert len(session.turns) == 4
    nothing_refused(api)


def test_both_languages_have_every_text_of_telegram() -> None:
    """What this surface says by itself is there in each language."""
    spoken: list[Texts] = [texts("zh"), texts("en")]
    keys = [{key for key in words.messages if key.startswith("telegram_")} for words in spoken]
    assert keys[0] == keys[1] != set()
