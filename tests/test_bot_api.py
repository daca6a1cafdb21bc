"""The Bot API server of the tests refuses what Telegram refuses."""

import asyncio
import json

import httpx
import pytest

from tests.bot_api import BotApi, push
from tests.telegram_html import BrokenHtmlError, parse


async def call(api: BotApi, method: str, **params: object) -> dict[str, object]:
    """One call, as a bot makes it."""
    data = {key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{api.url}/bot{api.token}/{method}", data=data, timeout=5)
    return dict(answer.json())


async def test_updates_stay_until_they_are_confirmed() -> None:
    """An update is handed out until a later offset confirms it."""
    async with BotApi() as api:
        api.person().say("一")
        api.person().say("二")
        first = await call(api, "getUpdates")
        again = await call(api, "getUpdates")
        assert first == again
        number = first["result"][0]["update_id"]  # type: ignore[index]
        rest = await call(api, "getUpdates", offset=number + 1)
        assert [update["message"]["text"] for update in rest["result"]] == ["二"]  # type: ignore[attr-defined]
        assert api.waiting == 1


async def test_a_poll_waits_for_an_update() -> None:
    """A long poll is answered when somebody writes, and a second poll ends the first."""
    async with BotApi() as api:
        first = asyncio.create_task(call(api, "getUpdates", timeout=5))
        await api.until(lambda: api.polls == 1)
        second = asyncio.create_task(call(api, "getUpdates", timeout=5))
        assert (await first)["error_code"] == 409
        api.person().say("喂")
        assert len((await second)["result"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "字" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<p>x</p>", "parse_mode": "HTML"}, "Unsupported start tag"),
        ({"text": "x", "message_thread_id": 3}, "message thread not found"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "数" * 22}]]}},
            "BUTTON_DATA_INVALID",
        ),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "x"}]]}}, "BUTTON_URL"),
    ],
)
async def test_what_telegram_refuses_is_refused(params: dict[str, object], words: str) -> None:
    """Lengths, HTML, buttons, threads and replies are checked as Telegram checks them."""
    async with BotApi() as api:
        answer = await call(api, "sendMessage", chat_id=api.person().id, **params)
        assert answer["error_code"] == 400
        assert words in str(answer["description"])


async def test_a_blocked_chat_and_an_unknown_one_are_refused() -> None:
    """403 for who has blocked the bot or never started it, 400 for who is not there."""
    async with BotApi() as api:
        wang = api.person()
        wang.block()
        assert (await call(api, "sendMessage", chat_id=wang.id, text="x"))["error_code"] == 403
        li = api.person(started=False)
        assert (await call(api, "sendMessage", chat_id=li.id, text="x"))["error_code"] == 403
        assert (await call(api, "sendMessage", chat_id=5, text="x"))["error_code"] == 400


async def test_an_edit_must_change_something() -> None:
    """The same text, or taking away buttons that are gone, is refused."""
    async with BotApi() as api:
        wang = api.person()
        keys = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
        await call(api, "sendMessage", chat_id=wang.id, text="x", reply_markup=keys)
        [shown] = wang.heard()
        assert shown.buttons == [("a", "b")]
        target = {"chat_id": wang.id, "message_id": shown.id}
        assert (await call(api, "editMessageReplyMarkup", **target))["ok"]
        assert shown.buttons == []
        assert "not modified" in str((await call(api, "editMessageReplyMarkup", **target))["description"])
        assert (await call(api, "editMessageText", text="y", **target))["ok"]
        assert "not modified" in str((await call(api, "editMessageText", text="y", **target))["description"])


async def test_privacy_mode_hides_what_is_not_for_the_bot() -> None:
    """In a group only commands and replies to the bot arrive; in an open group everything does."""
    async with BotApi() as api:
        wang, group = api.person(), api.group()
        wang.say("大家早", chat=group)
        wang.say("/other@another_bot", chat=group)
        assert api.waiting == 0
        wang.say("/drill", chat=group)
        wang.say("/drill@lobby_drill_test_bot 3", chat=group)
        await call(api, "sendMessage", chat_id=group.id, text="请回复")
        wang.say("对不起", chat=group, reply_to=group.heard()[0])
        assert api.waiting == 3
        wang.say("大家早", chat=api.group(privacy=False))
        assert api.waiting == 4


async def test_faults_hit_the_calls_they_are_made_for() -> None:
    """An error, a cut connection, a lost answer: so many times, for that method and chat."""
    async with BotApi() as api:
        wang = api.person()
        api.fail("sendMessage", status=429, retry_after=3, times=1)
        refused = await call(api, "sendMessage", chat_id=wang.id, text="x")
        assert refused["parameters"] == {"retry_after": 3}
        api.fail("sendMessage", cut=True, times=1)
        with pytest.raises(httpx.HTTPError):
            await call(api, "sendMessage", chat_id=wang.id, text="x")
        assert wang.heard() == []
        api.fail("sendMessage", lost=True, times=1)
        with pytest.raises(httpx.HTTPError):
            await call(api, "sendMessage", chat_id=wang.id, text="x")
        assert len(wang.heard()) == 1
        assert (await call(api, "sendMessage", chat_id=wang.id, text="x"))["ok"]


async def test_flood_limits_hold_when_they_are_switched_on() -> None:
    """The 31st message within a second is told to wait, the 21st within a minute in a group."""
    async with BotApi(clock=lambda: 1_800_000_000.0) as api:
        api.flood = True
        group = api.group()
        answers = [await call(api, "sendMessage", chat_id=group.id, text="x") for _ in range(21)]
        assert [answer["ok"] for answer in answers] == [True] * 20 + [False]
        assert answers[-1]["parameters"] == {"retry_after": 61}


async def test_a_webhook_is_tried_until_it_is_taken() -> None:
    """Updates are pushed with the secret token, again after a failure, and polling is refused meanwhile."""
    got: list[bytes] = []

    async def hook(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        status = b"500 no" if len(got) == 1 else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hook, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with BotApi() as api, server:
        await call(api, "setWebhook", url=f"http://127.0.0.1:{port}/hook", secret_token="s3cret")
        assert (await call(api, "getUpdates"))["error_code"] == 409
        api.person().say("喂")
        await api.until(lambda: not api.waiting)
        assert len(got) == 2
        assert b"X-Telegram-Bot-Api-Secret-Token: s3cret" in got[1]
        assert await push(f"http://127.0.0.1:{port}/hook", b"{}") == 200


async def test_files_can_be_fetched() -> None:
    """A file is found by its id and fetched by its path."""
    async with BotApi() as api:
        name = api.keep_file(b"abc")
        found = await call(api, "getFile", file_id=name)
        async with httpx.AsyncClient(trust_env=False) as client:
            path = found["result"]["file_path"]  # type: ignore[index]
            answer = await client.get(f"{api.url}/file/bot{api.token}/{path}")
        assert answer.content == b"abc"


async def test_a_wrong_token_is_unauthorized() -> None:
    """A token that looks right is refused with 401."""
    async with BotApi() as api, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{api.url}/bot999:wrong/getMe")).status_code == 401


def test_html_is_read_as_telegram_reads_it() -> None:
    """Text without tags, entities in UTF-16 units, white space cut at the ends."""
    text, entities = parse(" <b>😀&lt;x</b> <blockquote><i>您好</i></blockquote>\n")
    assert text == "😀<x 您好"
    assert entities == [
        {"type": "bold", "offset": 0, "length": 4},
        {"type": "italic", "offset": 5, "length": 2},
        {"type": "blockquote", "offset": 5, "length": 2},
    ]


@pytest.mark.parametrize(
    "html", ["<b>", "a < b", "</b>", "<b><i>x</b></i>", "<script>x</script>", "<b>x</i>"]
)
def test_broken_html_is_refused(html: str) -> None:
    """Tags that are open, crossed or unknown are refused."""
    with pytest.raises(BrokenHtmlError):
        parse(html)
