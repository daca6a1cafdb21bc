"""The bot from start to end: updates are kept, restarts lose nothing, and what can't run says why."""

import asyncio
import gc
import logging
import os
import signal
import sqlite3
import ssl
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.inputs import Command, Press, Said, Unsupported
from bot.messages import Message, escape
from bot.settings import Settings
from bot.telegram.app import Service
from bot.telegram.errors import TelegramFailedError
from bot.telegram.sender import MOST_AT_ONCE
from dialogues.turn import Reading
from tests.bot.echo import EchoCoach
from tests.bot.lobby import Lobby, lobby
from tests.bot.proxies import proxy
from tests.bot_api import TOKEN, BotApi, push

CERTIFICATE = Path(__file__).parents[1] / "loopback.pem"


def texts_heard(coach: EchoCoach) -> list[str]:
    return [given.what.text for given in coach.heard if isinstance(given.what, Said)]


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


# What comes in


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"sticker": {"file_id": "a", "file_unique_id": "a", "type": "regular", "width": 1, "height": 1,
                      "is_animated": False, "is_video": False}}, "sticker"),
        ({"photo": [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]}, "photo"),
        ({"voice": {"file_id": "a", "file_unique_id": "a", "duration": 1}}, "voice"),
        ({"video": {"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1, "duration": 1}}, "video"),
        ({"document": {"file_id": "a", "file_unique_id": "a"}}, "document"),
        ({"location": {"latitude": 1.0, "longitude": 1.0}}, "location"),
        ({"contact": {"phone_number": "13800138000", "first_name": "李"}}, "contact"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "other"),
    ],
)  # fmt: skip
async def test_what_can_not_be_heard_is_named(
    api: BotApi, hall: Lobby, coach: EchoCoach, content: dict[str, Any], kind: str
) -> None:
    """Every other kind of message reaches the coach by its name, and nothing of its content is kept."""
    wang = api.person()
    wang.send(content)
    await hall.settle()
    assert coach.heard[-1].what == Unsupported(kind)
    assert len(wang.heard()) == 1


async def test_an_edit_is_no_reply(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """A changed message is heard as an edit, with none of its words."""
    wang = api.person()
    said = wang.say("您好")
    await hall.settle()
    wang.edit(said, "您好！")
    await hall.settle()
    assert [given.what for given in coach.heard] == [Said("您好", said.id), Unsupported("edited")]


async def test_service_messages_bots_and_channels_are_passed_over(
    api: BotApi, hall: Lobby, coach: EchoCoach
) -> None:
    """What nobody said needs no answer."""
    wang, group = api.person(), api.group(privacy=False)
    wang.send({"pinned_message": wang.say("钉").raw})
    wang.send({"new_chat_title": "新名字"}, chat=group)
    bot = api.person("机器")
    bot.raw["is_bot"] = True
    bot.say("我是机器", chat=group)
    channel = {"id": -100777, "type": "channel", "title": "公告"}
    api.post("channel_post", {"message_id": 1, "date": api.now(), "chat": channel, "text": "通知"})
    await hall.settle()
    assert texts_heard(coach) == ["钉"]


async def test_an_update_that_can_not_be_read_holds_nothing_up(
    api: BotApi, hall: Lobby, coach: EchoCoach, caplog: pytest.LogCaptureFixture
) -> None:
    """It is passed over, what comes with it is handled, and nobody's words are in the log."""
    wang = api.person()
    wang.say("一")
    wang.send({"poll": {"id": "1", "question": "秘密", "odd": True}})
    wang.say("二")
    await hall.settle()
    assert texts_heard(coach) == ["一", "二"]
    assert "update_unreadable" in caplog.text
    assert "秘密" not in caplog.text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("/start", Command("start")),
        ("/START deep-link", Command("start", "deep-link")),
        ("/help@lobby_drill_test_bot", Command("help")),
        ("/cancel\n真的", Command("cancel", "真的")),
        ("/nosuch", Command("nosuch")),
        ("/", Said("/", 1)),
        ("/etc/passwd", Said("/etc/passwd", 1)),
        ("/取消", Said("/取消", 1)),
    ],
)
async def test_commands_are_told_from_text(
    api: BotApi, hall: Lobby, coach: EchoCoach, text: str, what: object
) -> None:
    """A slash and a name is a command, with or without the bot's name; anything else is text."""
    await hall.say(api.person(), text)
    assert coach.heard[-1].what == what


async def test_another_bots_command_is_not_ours(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """In a group a command that names another bot is passed over."""
    api.person().say("/help@another_bot", chat=api.group(privacy=False))
    await hall.settle()
    assert coach.heard == []


async def test_private_numbers_are_hidden_before_anything_is_written(api: BotApi, tmp_path: Path) -> None:
    """Cards, identity cards and phone numbers reach neither the coach nor the disk."""
    numbers = ["13800138000", "11010519491231002X", "6222021234567890123"]
    coach = EchoCoach()
    async with lobby(api, tmp_path / "lobby.db", coach=coach) as hall:
        wang = api.person("王芳13800138000")
        api.fail("sendMessage", hang=True)
        wang.say("我的号码是" + "，卡号是".join(numbers))
        wang.say("/start " + numbers[0])
        wang.send({"contact": {"phone_number": numbers[0], "first_name": "李"}})
        await api.until(lambda: len(coach.heard) == 3)
        raw = everything_in(tmp_path)
        assert not any(number.encode() in raw for number in numbers)
        assert not any(number in str(coach.heard) for number in numbers)
        api.cut_off()
        api.mend()
        await hall.settle()


async def test_any_button_data_is_passed_on(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """Forged data, and a button on a message that Telegram shows no more, are the coach's to answer."""
    wang = api.person()
    [shown] = await hall.say(wang, "喂")
    queries = [
        wang.press(shown=shown, data="'; DROP TABLE sessions;--"),
        wang.press(shown=shown, data="1s:x", inaccessible=True),
    ]
    await hall.settle()
    assert [given.what for given in coach.heard[1:]] == [
        Press("'; DROP TABLE sessions;--"),
        Press("1s:x"),
    ]
    assert all(query.answered for query in queries)


# Once, and in order


async def test_an_update_that_comes_twice_is_handled_once(
    api: BotApi, coach: EchoCoach, tmp_path: Path
) -> None:
    """The number of the update decides, also after a restart."""
    async with lobby(api, tmp_path / "lobby.db", coach=coach) as hall:
        wang = api.person()
        shown = wang.say("一")
        await hall.settle()
        api.post("message", shown.raw, update_id=700_000_001)
        wang.say("二")
        await hall.settle()
        await hall.reopen()
        api.post("message", shown.raw, update_id=700_000_001)
        wang.say("三")
        await hall.settle()
    assert texts_heard(coach) == ["一", "二", "三"]


class SlowReader:
    """Reads a text when it is let."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def read(self, text: str, *_: object) -> Reading:
        """The first text takes longer than the second."""
        time.sleep(0.05 if "慢" in text else 0)
        self.order.append(text)
        return Reading(text)


async def test_messages_of_one_chat_stay_in_order(api: BotApi, coach: EchoCoach) -> None:
    """A second message waits for the first of its chat, however long that takes."""
    coach.graded = True
    opened = Lobby(api, None, coach=coach)
    opened.reader = SlowReader()  # type: ignore[assignment]
    original = coach.pending
    coach.pending = lambda given: None if "[x]" in given.what.text else original(given)  # type: ignore[union-attr, method-assign]
    coach.answer = lambda given: [Message(escape(given.what.text))]  # type: ignore[union-attr]
    await opened.open()
    try:
        wang, li = api.person("王芳"), api.person("李强")
        wang.say("慢慢说")
        wang.say("[x]快说")
        li.say("[x]我也说")
        await opened.settle()
        assert [shown.text for shown in wang.heard()] == ["慢慢说", "[x]快说"]
        assert texts_heard(coach)[0] == "[x]我也说"
    finally:
        await opened.close()


async def test_updates_out_of_order_are_all_handled(api: BotApi, hall: Lobby, coach: EchoCoach) -> None:
    """Numbers that jump about lose nothing."""
    wang = api.person()
    for number, text in ((700_000_050, "乙"), (700_000_040, "甲"), (700_000_060, "丙")):
        shown = wang.say(text)
        api._updates[number] = {"update_id": number, "message": shown.raw}
        api._updates.pop(shown.id + 700_000_000, None)
    wang.say("丁")
    await hall.settle()
    assert sorted(texts_heard(coach)) == sorted("甲乙丙丁")


# Restarts


async def test_what_was_not_handled_is_handled_after_a_restart(
    api: BotApi, coach: EchoCoach, tmp_path: Path
) -> None:
    """An update that was kept but not done is taken up by the next start; nothing is asked for again."""
    file = tmp_path / "lobby.db"
    async with lobby(api, file, coach=coach) as hall:
        await hall.settle()
    async with lobby(api, file, coach=EchoCoach()) as hall:
        assert hall.service is not None
        stuck = asyncio.Event()

        async def handle(update: object, context: object) -> None:
            stuck.set()
            await asyncio.sleep(3600)

        for handlers in hall.service.application.handlers.values():
            handlers[0].callback = handle
        wang = api.person()
        wang.say("别丢了我")
        await stuck.wait()
        await api.until(lambda: not api.waiting)
    assert wang.heard() == []
    async with lobby(api, file, coach=coach) as hall:
        await hall.settle()
        assert [shown.text for shown in wang.heard()] == ["别丢了我"]


async def test_what_was_not_sent_is_sent_after_a_restart(
    api: BotApi, coach: EchoCoach, tmp_path: Path
) -> None:
    """A message that Telegram had not accepted is sent by the next start, once, in order."""
    file = tmp_path / "lobby.db"
    wang = api.person()
    async with lobby(api, file, coach=coach):
        api.fail("sendMessage", hang=True)
        wang.say("一")
        wang.say("二")
        await api.until(lambda: len(coach.heard) == 2)
    api.mend()
    async with lobby(api, file, coach=coach) as hall:
        await hall.settle()
    assert [shown.text for shown in wang.heard()] == ["一", "二"]
    assert len(coach.heard) == 2


async def test_an_update_that_brings_the_bot_down_is_given_up(
    api: BotApi, coach: EchoCoach, tmp_path: Path
) -> None:
    """After five starts that did not finish it the person is told, and the bot goes on."""
    file = tmp_path / "lobby.db"
    wang = api.person()
    async with lobby(api, file, coach=coach) as hall:
        await hall.say(wang, "毒")
    with sqlite3.connect(file) as db:
        body = (
            '{"chat":%d,"here":null,"who":[%d,"",null],"where":[%d,"private",0],"what":["Said","毒"],"at":1}'
        )
        db.execute(
            "INSERT INTO inbox (id, chat, body, received_at, tries) VALUES (5, ?, ?, 0, 5)",
            (wang.id, body % (wang.id, wang.id, wang.id)),
        )
        db.execute("INSERT INTO inbox (id, chat, body, received_at) VALUES (6, 1, '{\"odd\":1}', 0)")
    db.close()
    async with lobby(api, file, coach=coach) as hall:
        await hall.settle()
    assert len(coach.heard) == 1
    assert "再发一次" in wang.heard()[-1].text


async def test_an_update_that_can_not_be_kept_is_asked_for_again(
    api: BotApi, coach: EchoCoach, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the database is locked nothing is confirmed; then everything is handled once."""
    file = tmp_path / "lobby.db"
    wang = api.person()
    async with lobby(api, file, coach=coach) as hall:
        await hall.say(wang, "一")
        assert hall.service is not None
        await hall.service.core.run(
            lambda core: core.store._db.conn.execute("PRAGMA busy_timeout = 10").fetchall()
        )
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        wang.say("二")
        await api.until(lambda: "polling_failed" in caplog.text)
        assert api.waiting == 1
        other.execute("ROLLBACK")
        other.close()
        await hall.settle()
    assert texts_heard(coach) == ["一", "二"]
    assert [shown.text for shown in wang.heard()] == ["二"]


async def test_a_network_that_comes_and_goes_loses_nothing(
    api: BotApi, hall: Lobby, coach: EchoCoach
) -> None:
    """Polling goes on by itself after the line was dead."""
    wang = api.person()
    api.fail("getUpdates", cut=True, times=2)
    api.cut_off()
    wang.say("在吗")
    await hall.settle()
    assert texts_heard(coach) == ["在吗"]


# Processes


async def child(api: BotApi, file: Path, *args: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bot.child",
        *args,
        env={
            **os.environ,
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
            "LOBBY_DRILL_DB": str(file),
            "LOBBY_DRILL_TYPING": "0",
            **environ,
        },
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_killed_bot_answers_everything_after_its_restart(api: BotApi, tmp_path: Path) -> None:
    """Whatever was said before, during and after a kill is answered once (one answer may be doubled)."""
    file = tmp_path / "lobby.db"
    people = [api.person(f"同事{number}") for number in range(10)]
    first = await child(api, file, "--echo")
    for round_ in range(4):
        for person in people:
            person.say(str(round_))
    await api.until(lambda: len(api.called("sendMessage")) >= 12)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    second = await child(api, file, "--echo")
    try:
        await api.until(lambda: all(person.chat.from_bot and person.chat.from_bot[-1].text == "3"
                                    for person in people))  # fmt: skip
    finally:
        second.terminate()
        await second.communicate()
    for person in people:
        answers = [shown.text for shown in person.heard()]
        assert sorted(set(answers)) == ["0", "1", "2", "3"]
        assert answers == sorted(answers)
        assert len(answers) <= 5


async def test_sigterm_ends_within_five_seconds_and_keeps_everything(api: BotApi, tmp_path: Path) -> None:
    """Even when Telegram does not answer any more."""
    file = tmp_path / "lobby.db"
    people = [api.person(f"同事{number}") for number in range(MOST_AT_ONCE)]
    bot = await child(api, file, "--echo")
    await api.until(lambda: api.polls)
    api.fail("sendMessage", hang=True)
    for person in people:
        person.say("喂")
    await api.until(lambda: len(api.called("sendMessage")) == MOST_AT_ONCE)
    api.fail("getUpdates", hang=True)
    start = time.monotonic()
    bot.terminate()
    _, errors = await bot.communicate()
    assert time.monotonic() - start < 5
    assert (bot.returncode, b"Traceback" in errors) == (0, False)
    api.mend()
    bot = await child(api, file, "--echo")
    await api.until(lambda: all(person.chat.from_bot for person in people))
    bot.terminate()
    await bot.communicate()


async def test_a_token_that_is_taken_back_ends_the_bot(api: BotApi, tmp_path: Path) -> None:
    """The bot does not live on in silence."""
    bot = await child(api, tmp_path / "lobby.db", "--echo")
    await api.until(lambda: api.polls)
    api.token = "123456:another"
    api.cut_off()
    _, errors = await bot.communicate()
    assert bot.returncode == 1
    assert b"telegram_wrong_token" in errors
    assert TOKEN.encode() not in errors


# The start


async def start(api: BotApi, **environ: str) -> None:
    opened = Lobby(api, None, coach=EchoCoach(), **environ)
    try:
        await opened.open()
    finally:
        await opened.close()


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"TELEGRAM_BOT_TOKEN": ""}, "telegram_no_token"),
        ({"TELEGRAM_BOT_TOKEN": "my token"}, "telegram_wrong_token"),
        ({"TELEGRAM_BOT_TOKEN": "99:wrong"}, "telegram_wrong_token"),
        ({"TELEGRAM_API_URL": "http://127.0.0.1:9"}, "telegram_unreachable"),
        ({"TELEGRAM_PROXY_URL": "socks5://127.0.0.1:9"}, "telegram_unreachable"),
        ({"TELEGRAM_PROXY_URL": "http://127.0.0.1:9"}, "telegram_unreachable"),
    ],
)
async def test_what_can_not_run_says_why(
    api: BotApi, environ: dict[str, str], key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No token, a wrong one, no network: a message that names it, without the token."""
    with pytest.raises(TelegramFailedError) as failed:
        await start(api, **environ)
    assert failed.value.key == key
    assert "wrong" not in str(failed.value.values)
    assert "Traceback" not in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_webhook_address_in_use_is_named(api: BotApi) -> None:
    """The port that is taken is in the message."""
    listen = f"127.0.0.1:{api.port}"
    with pytest.raises(TelegramFailedError) as failed:
        await start(api, LOBBY_DRILL_WEBHOOK_URL="http://127.0.0.1/hook", LOBBY_DRILL_WEBHOOK_LISTEN=listen)
    assert failed.value.key == "telegram_listen"
    assert failed.value.values["listen"] == listen
    del failed
    gc.collect()  # the web server leaves its socket behind when it can't listen


async def test_the_token_is_in_no_log(
    api: BotApi, coach: EchoCoach, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor anything that was said is logged while people talk and calls fail."""
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with lobby(api, coach=coach) as hall:
        api.fail("sendMessage", status=500, times=1)
        api.fail("sendMessage", cut=True, times=1)
        api.fail("getUpdates", cut=True, times=1)
        await hall.say(api.person("王芳"), "秘密的话")
    assert "update id=" in caplog.text
    assert not any(secret in caplog.text for secret in (TOKEN, "秘密", "王芳"))


async def test_menus_are_set_in_each_language_and_scope(api: BotApi, hall: Lobby) -> None:
    """Private chats and groups get their own commands, Chinese by default."""
    await api.until(lambda: len(api.commands) == 6)
    private = {
        command["command"]: command["description"] for command in api.commands["all_private_chats", ""]
    }
    assert {"practice", "progress", "history", "settings", "cancel", "help"} <= set(private)
    assert api.commands["all_private_chats", ""] == api.commands["all_private_chats", "zh"]
    assert api.commands["all_private_chats", ""] != api.commands["all_private_chats", "en"]
    groups = {command["command"] for command in api.commands["all_group_chats", "en"]}
    assert "help" in groups
    assert "settings" not in groups


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("user", ["", "teller"])
async def test_a_proxy_carries_everything(api: BotApi, coach: EchoCoach, kind: str, user: str) -> None:
    """A whole exchange goes through an HTTP or a SOCKS5 proxy, with a password where one is asked for."""
    async with (
        proxy(kind, user, "pa55" if user else "") as way,
        lobby(api, coach=coach, TELEGRAM_PROXY_URL=way.url) as hall,
    ):
        assert [shown.text for shown in await hall.say(api.person(), "喂")] == ["喂"]
        assert way.targets
        assert set(way.targets) == {("127.0.0.1", api.port)}
        assert way.refused == 0


async def test_https_goes_through_a_tunnel(coach: EchoCoach, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the real Telegram: the proxy opens a tunnel and sees no more than the host."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE)
    async with (
        BotApi(tls=tls) as api,
        proxy("http", "teller", "pa55") as way,
        lobby(api, coach=coach, TELEGRAM_PROXY_URL=way.url) as hall,
    ):
        assert api.url.startswith("https://")
        assert [shown.text for shown in await hall.say(api.person(), "喂")] == ["喂"]
        assert set(way.targets) == {("127.0.0.1", api.port)}
        assert (way.tunnels, way.refused) == (len(way.targets), 0)


# The webhook


@pytest.fixture
async def hooked(api: BotApi, coach: EchoCoach) -> AsyncIterator[Lobby]:
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    async with lobby(
        api,
        coach=coach,
        LOBBY_DRILL_WEBHOOK_URL=f"http://127.0.0.1:{port}/hook",
        LOBBY_DRILL_WEBHOOK_LISTEN=f"127.0.0.1:{port}",
        LOBBY_DRILL_WEBHOOK_SECRET="s3cret",
    ) as opened:
        yield opened


async def test_a_webhook_is_answered_when_the_update_is_kept(
    api: BotApi, hooked: Lobby, coach: EchoCoach
) -> None:
    """Updates that are pushed are handled as those that are asked for."""
    assert [shown.text for shown in await hooked.say(api.person(), "喂")] == ["喂"]
    assert api.polls == 0


async def test_a_forged_push_is_refused(api: BotApi, hooked: Lobby, coach: EchoCoach) -> None:
    """Without the secret, or with another, nothing comes in; a repeated push is handled once."""
    assert api.webhook is not None
    url = api.webhook["url"]
    wang = api.person()
    shown = wang.say("一")
    await hooked.settle()
    again = f'{{"update_id": 700000001, "message": {{"message_id": {shown.id}, "date": 1, "text": "一", '
    again += f'"chat": {{"id": {wang.id}, "type": "private"}}}}}}'
    assert await push(url, again.encode()) == 403
    assert await push(url, again.encode(), "guess") == 403
    assert await push(url, again.encode(), "s3cret") == 200
    assert await push(url, b"no json", "s3cret") >= 400
    await hooked.settle()
    assert texts_heard(coach) == ["一"]


def test_the_service_is_not_built_without_a_token() -> None:
    """It is seen before anything is opened."""
    with pytest.raises(TelegramFailedError):
        Service(Settings.read({}), None)
