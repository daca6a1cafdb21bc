"""A Bot API server on 127.0.0.1: people write, the bot under test polls, and what it sends is kept.

It hands out updates with Telegram's own rules of confirmation, refuses what Telegram refuses
(lengths, callback data over 64 bytes, broken HTML, an edit that changes nothing, chats that blocked
the bot), plays groups with privacy mode and topics, and fails when it is told to: an error, late,
never, or done and the answer lost.

    async with BotApi() as api:
        wang = api.person("王芳")
        wang.say("/start")
        …
        assert wang.heard()[-1].text == "…"
"""

import asyncio
import contextlib
import json
import re
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from itertools import count, islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.telegram_html import BrokenHtmlError, parse, units

Json = dict[str, Any]

TOKEN = "123456:TEST-token-of-the-loopback"
DEFAULT_UPDATES = frozenset(
    {"message", "edited_message", "callback_query", "my_chat_member", "channel_post", "inline_query", "poll"}
)
ACTIONS = frozenset({"typing", "upload_photo", "upload_document", "record_voice", "upload_voice"})


class RefusedError(Exception):
    """The API's answer to a call that it does not take."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad(description: str) -> RefusedError:
    """An error 400."""
    return RefusedError(400, f"Bad Request: {description}")


@dataclass(frozen=True)
class Call:
    """One request of the bot.

    Attributes:
        method: Its method.
        params: Its parameters, read from JSON where they are JSON.
        files: Uploaded files by the name of their part.
        at: When it came, by the server's clock.
        status: Status of the answer; 0 where none was given.
    """

    method: str
    params: Json
    files: dict[str, bytes]
    at: float
    status: int = 200

    @property
    def chat(self) -> int | None:
        """The chat it is about."""
        chat = self.params.get("chat_id")
        return int(chat) if chat is not None else None


@dataclass
class Fault:
    """How calls fail.

    Attributes:
        method: Method that fails; None for every one.
        chat: Chat for which it fails; None for every one.
        status: Status to answer; None to answer as always.
        retry_after: Seconds that a 429 asks for.
        description: Words of the error.
        delay: Seconds before anything happens.
        hang: Whether no answer ever comes.
        cut: Whether the connection is closed instead, with nothing done.
        lost: Whether the call is done, and the connection closed before the answer.
        times: How many calls fail.
    """

    method: str | None = None
    chat: int | None = None
    status: int | None = None
    retry_after: int | None = None
    description: str = "made to fail"
    delay: float = 0
    hang: bool = False
    cut: bool = False
    lost: bool = False
    times: float = float("inf")

    def hits(self, call: Call) -> bool:
        """Whether it is this call that fails."""
        return (
            self.times > 0
            and (self.method is None or self.method == call.method)
            and (self.chat is None or self.chat == call.chat)
        )


class Shown:
    """A message as the chat shows it."""

    def __init__(self, raw: Json, photo: bytes | None = None) -> None:
        self.raw = raw
        self.photo = photo
        self.deleted = False

    def __repr__(self) -> str:
        return f"<{self.id}: {self.text!r} {[label for label, _ in self.buttons]}>"

    @property
    def id(self) -> int:
        """The message's number in its chat."""
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        """Text or caption."""
        return self.raw.get("text") or self.raw.get("caption") or ""

    @property
    def markup(self) -> Json:
        """The reply markup as it stands."""
        return self.raw.get("reply_markup") or {}

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Label and data (or address) of every button."""
        rows = self.markup.get("inline_keyboard", [])
        return [(key["text"], key.get("callback_data") or key.get("url", "")) for row in rows for key in row]


class Chat:
    """A private chat or a group.

    Attributes:
        api: The server.
        raw: As the API shows it.
        shown: Every message by its number.
        topics: Threads that exist in a forum.
        gone: Why the bot can't write there, if it can't.
        privacy: Whether the bot hears only what is meant for it.
    """

    def __init__(self, api: "BotApi", raw: Json, gone: str | None = None, privacy: bool = True) -> None:
        self.api = api
        self.raw = raw
        self.shown: dict[int, Shown] = {}
        self.topics: set[int] = set()
        self.gone = gone
        self.privacy = privacy
        self._read = 0

    @property
    def id(self) -> int:
        """The chat's id."""
        return int(self.raw["id"])

    @property
    def private(self) -> bool:
        """A chat with one person."""
        return bool(self.raw["type"] == "private")

    @property
    def from_bot(self) -> list[Shown]:
        """What the bot has sent, in order."""
        me = self.api.me["id"]
        return [shown for shown in self.shown.values() if shown.raw["from"]["id"] == me]

    def heard(self) -> list[Shown]:
        """What the bot has sent since the last time that this was asked."""
        fresh = [shown for shown in self.from_bot if shown.id > self._read]
        self._read = max((shown.id for shown in fresh), default=self._read)
        return fresh

    def topic(self, number: int) -> int:
        """Open a topic in a group that is a forum."""
        self.raw["is_forum"] = True
        self.topics.add(number)
        return number

    def add(self, raw: Json, photo: bytes | None = None) -> Shown:
        """Put a message into the chat."""
        shown = Shown(raw, photo)
        self.shown[shown.id] = shown
        return shown

    def button(self, label: str) -> tuple[Shown, str]:
        """The newest message that has a button with those words in its label, and the button's data."""
        for shown in reversed(self.from_bot):
            for text, data in shown.buttons:
                if label in text:
                    return shown, data
        raise AssertionError(f"no button {label!r}; buttons: {[shown.buttons for shown in self.from_bot]}")


class Query:
    """A tap on a button, and what the bot answered."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        self.answers: list[Json] = []
        self.expired = False

    @property
    def answered(self) -> bool:
        """The little clock on the button is gone."""
        return bool(self.answers)

    @property
    def toast(self) -> str:
        """What the person was told by the answer."""
        return self.answers[-1].get("text", "") if self.answers else ""


class Person:
    """Somebody with a telephone. Everything they do goes to their private chat or to a given group."""

    def __init__(self, api: "BotApi", raw: Json, chat: Chat) -> None:
        self.api = api
        self.raw = raw
        self.chat = chat

    @property
    def id(self) -> int:
        """Their id, which is also their private chat's."""
        return int(self.raw["id"])

    def say(
        self,
        text: str,
        *,
        chat: Chat | None = None,
        reply_to: Shown | None = None,
        topic: int | None = None,
        **more: Any,
    ) -> Shown:
        """Write a text; commands get their entity."""
        content: Json = {"text": text}
        if command := re.match(r"/[A-Za-z0-9_]+(@[A-Za-z0-9_]+)?", text):
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(command[0])}]
        return self.send({**content, **more}, chat=chat, reply_to=reply_to, topic=topic)

    def send(
        self,
        content: Json,
        *,
        chat: Chat | None = None,
        reply_to: Shown | None = None,
        topic: int | None = None,
    ) -> Shown:
        """Send anything: the fields of a message without its head."""
        chat = chat or self.chat
        chat.gone = chat.gone if not chat.private else None
        raw = self._message(chat, content, reply_to, topic)
        shown = chat.add(raw)
        if chat.private or not chat.privacy or self._is_for_bot(raw):
            self.api.post("message", raw)
        return shown

    def edit(self, shown: Shown, text: str) -> None:
        """Change a message that was sent."""
        shown.raw["text"] = text
        shown.raw["edit_date"] = self.api.now()
        self.api.post("edited_message", shown.raw)

    def press(
        self,
        label: str = "",
        *,
        chat: Chat | None = None,
        shown: Shown | None = None,
        data: str | None = None,
        inaccessible: bool = False,
    ) -> Query:
        """Tap a button: by its label on the newest message that has it, or any data on any message."""
        chat = chat or self.chat
        if data is None:
            shown, data = chat.button(label)
        assert shown is not None, "which message?"
        message = dict(shown.raw)
        if inaccessible:
            message = {"chat": chat.raw, "message_id": shown.id, "date": 0}
        query = Query(
            {
                "id": str(4000000000000000000 + next(self.api.numbers)),
                "from": self.raw,
                "message": message,
                "chat_instance": str(chat.id * 7919),
                "data": data,
            }
        )
        self.api.queries[query.raw["id"]] = query
        self.api.post("callback_query", query.raw)
        return query

    def block(self) -> None:
        """Block the bot; what it sends from now on is refused."""
        self.chat.gone = "Forbidden: bot was blocked by the user"
        self.api.post("my_chat_member", self._membership("member", "kicked"))

    def unblock(self) -> None:
        """Let it write again."""
        self.chat.gone = None
        self.api.post("my_chat_member", self._membership("kicked", "member"))

    def heard(self) -> list[Shown]:
        """What the bot has sent to the private chat since the last time that this was asked."""
        return self.chat.heard()

    def _membership(self, old: str, new: str) -> Json:
        member = {"user": self.api.me, "until_date": 0}
        return {
            "chat": self.chat.raw,
            "from": self.raw,
            "date": self.api.now(),
            "old_chat_member": {**member, "status": old},
            "new_chat_member": {**member, "status": new},
        }

    def _message(self, chat: Chat, content: Json, reply_to: Shown | None, topic: int | None) -> Json:
        raw: Json = {
            "message_id": next(self.api.numbers),
            "from": self.raw,
            "chat": chat.raw,
            "date": self.api.now(),
        }
        if reply_to is not None:
            raw["reply_to_message"] = {k: v for k, v in reply_to.raw.items() if k != "reply_to_message"}
        if topic is not None:
            raw |= {"message_thread_id": topic, "is_topic_message": True}
        return raw | content

    def _is_for_bot(self, raw: Json) -> bool:
        me = self.api.me
        reply = raw.get("reply_to_message")
        if reply is not None and reply["from"]["id"] == me["id"]:
            return True
        if any(kind in raw for kind in ("new_chat_members", "left_chat_member", "group_chat_created")):
            return True
        command = re.match(r"/[A-Za-z0-9_]+(?:@([A-Za-z0-9_]+))?(?:\s|$)", raw.get("text", ""))
        return bool(command) and command[1] in (None, me["username"])  # type: ignore[index]


class BotApi:
    """The server.

    Attributes:
        token: The one token that is known.
        me: The bot's own account.
        calls: Every call of the bot, in order, besides `getUpdates`.
        faults: How calls fail at the moment.
        queries: Taps by their id.
        commands: Command menus by (scope, language).
        webhook: What `setWebhook` set, if it did.
        polls: How often updates were asked for.
        posted: How many updates there have been.
        on_message: Told of every message that the bot sends.
        flood: Whether Telegram's limits of sending hold: 30 a second, 20 a minute in a group.
        tls: Certificate and key, for a server that is reached by https.
        quiet: Whether calls are forgotten and chats keep their last messages only, for load.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        clock: Callable[[], float] = time.time,
        quiet: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.token = token
        self.clock = clock
        self.quiet = quiet
        self.tls = tls
        self.flood = False
        self.me: Json = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": "大堂演练",
            "username": "lobby_drill_test_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.chats: dict[int, Chat] = {}
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.queries: dict[str, Query] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.webhook: Json | None = None
        self.numbers = count(1)
        self.polls = 0
        self.posted = 0
        self.on_message: Callable[[Chat, Json], None] | None = None
        self._updates: dict[int, Json] = {}
        self._update_ids = count(700_000_001)
        self._allowed = DEFAULT_UPDATES
        self._poll: asyncio.Future[None] | None = None
        self._people = count(5_000_001)
        self._groups = count(1_001)
        self._sent: deque[float] = deque()
        self._sent_to: dict[int, deque[float]] = {}
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_Connection] = set()
        self._pushes: asyncio.Queue[Json] = asyncio.Queue()

    # The people's side

    def person(self, name: str = "王芳", *, language: str = "zh-hans", started: bool = True) -> Person:
        """Somebody new, who has opened the chat with the bot unless told otherwise."""
        number = next(self._people)
        user = {"id": number, "is_bot": False, "first_name": name, "language_code": language}
        raw = {"id": number, "type": "private", "first_name": name}
        gone = None if started else "Forbidden: bot can't initiate conversation with a user"
        self.chats[number] = Chat(self, raw, gone)
        return Person(self, user, self.chats[number])

    def group(self, title: str = "营业部晨会", *, privacy: bool = True, forum: bool = False) -> Chat:
        """A group that the bot is in."""
        number = -1_000_000_000_000 - next(self._groups)
        raw = {"id": number, "type": "supergroup", "title": title}
        if forum:
            raw["is_forum"] = True
        self.chats[number] = Chat(self, raw, privacy=privacy)
        return self.chats[number]

    def post(self, kind: str, body: Json, update_id: int | None = None) -> int:
        """Queue an update of any kind; returns its id."""
        number = next(self._update_ids) if update_id is None else update_id
        self.posted += 1
        if kind in self._allowed:
            update = json.loads(json.dumps({"update_id": number, kind: body}))
            self._updates[number] = update
            if self.webhook:
                self._pushes.put_nowait(update)
            elif self._poll is not None and not self._poll.done():
                self._poll.set_result(None)
        return number

    def fail(self, method: str | None = None, **how: Any) -> Fault:
        """Let calls fail from now on; see `Fault`."""
        fault = Fault(method, **how)
        self.faults.append(fault)
        return fault

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.faults.clear()

    def called(self, *methods: str, chat: int | None = None) -> list[Call]:
        """The calls of some methods."""
        return [call for call in self.calls if call.method in methods and chat in (None, call.chat)]

    @property
    def waiting(self) -> int:
        """How many updates are not confirmed."""
        return len(self._updates)

    async def until(self, fact: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something holds; looked at again after every call of the bot.

        Raises:
            AssertionError: It does not come to hold.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not fact():
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 0.05)
        assert fact(), f"did not happen within {seconds} s"

    def now(self) -> int:
        """The time in whole seconds, as messages carry it."""
        return int(self.clock())

    # The wire

    async def __aenter__(self) -> "BotApi":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, ssl=self.tls)
        self.start(self._push())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut_off()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The root for `TELEGRAM_API_URL`."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def cut_off(self) -> None:
        """Close every connection, as a dead network does."""
        for connection in list(self._connections):
            connection.close()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def connected(self, connection: "_Connection") -> None:
        """A connection has opened."""
        self._connections.add(connection)

    def disconnected(self, connection: "_Connection") -> None:
        """A connection has closed."""
        self._connections.discard(connection)

    def request(self, connection: "_Connection", path: str, kind: str, body: bytes) -> None:
        """Answer one request, now or later."""
        parts = unquote(urlsplit(path).path).split("/")
        if len(parts) > 2 and parts[1] == "file":
            self._file(connection, parts[2], "/".join(parts[3:]))
            return
        if len(parts) != 3 or parts[1] != f"bot{self.token}":
            known = len(parts) == 3 and re.fullmatch(r"bot\d+:[\w-]+", parts[1])
            code, words = (401, "Unauthorized") if known else (404, "Not Found")
            connection.answer(code, {"ok": False, "error_code": code, "description": words})
            return
        params, files = _parameters(kind, body, urlsplit(path).query)
        call = Call(parts[2], params, files, self.clock())
        fault = next((fault for fault in self.faults if fault.hits(call)), None)
        if fault is None and call.method != "getUpdates":
            connection.answer(*self._do(call))
        else:
            self.start(self._later(connection, call, fault))

    async def _later(self, connection: "_Connection", call: Call, fault: Fault | None) -> None:
        if fault is not None:
            fault.times -= 1
            await asyncio.sleep(fault.delay)
            if fault.hang or fault.cut or fault.status is not None:
                status = fault.status or 0
                self._note(call, status)
                if fault.cut:
                    connection.close()
                elif not fault.hang:
                    refusal = RefusedError(status, fault.description, fault.retry_after)
                    connection.answer(*_refusal(refusal))
                return
        if call.method == "getUpdates":
            connection.answer(*await self._get_updates(call, connection))
            return
        answer = self._do(call)
        if fault is not None and fault.lost:
            connection.close()
        else:
            connection.answer(*answer)

    def _do(self, call: Call) -> tuple[int, Json]:
        method = getattr(self, f"_{_snake(call.method)}", None)
        try:
            if method is None:
                raise RefusedError(404, f"Not Found: method {call.method} not found")
            status, answer = 200, {"ok": True, "result": method(call)}
        except RefusedError as refused:
            status, answer = _refusal(refused)
        self._note(call, status)
        return status, answer

    def _note(self, call: Call, status: int) -> None:
        if not self.quiet:
            self.calls.append(Call(call.method, call.params, call.files, call.at, status))
        self._changed.set()

    def _file(self, connection: "_Connection", bot: str, path: str) -> None:
        found = next((body for at, body in self.files.values() if at == path), None)
        if bot != f"bot{self.token}" or found is None:
            connection.answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            connection.write(200, "application/octet-stream", found)

    # Updates

    async def _get_updates(self, call: Call, connection: "_Connection") -> tuple[int, Json]:
        if self.webhook:
            return _refusal(
                RefusedError(
                    409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
                )
            )
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(RefusedError(409, "Conflict: terminated by other getUpdates request"))
        self.polls += 1
        self._changed.set()
        self._allow(call)
        self._confirm(int(call.params.get("offset", 0)))
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            if not self._updates:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(poll, float(call.params.get("timeout", 0)))
        except RefusedError as refused:
            return _refusal(refused)
        finally:
            poll.cancel()
        if not connection.open:
            return 0, {}
        most = max(1, min(100, int(call.params.get("limit", 100))))
        return 200, {"ok": True, "result": list(islice(self._updates.values(), most))}

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = sorted(self._updates)[offset:][0] if self._updates else 0
        for number in [number for number in self._updates if number < offset]:
            del self._updates[number]

    def _allow(self, call: Call) -> None:
        if (allowed := call.params.get("allowed_updates")) is not None:
            self._allowed = frozenset(allowed) or DEFAULT_UPDATES

    async def _push(self) -> None:
        while True:
            update = await self._pushes.get()
            while self.webhook and update["update_id"] in self._updates:
                with contextlib.suppress(OSError):
                    if await self._hook(update) == 200:
                        self._updates.pop(update["update_id"], None)
                        self._changed.set()
                        break
                await asyncio.sleep(0.02)

    async def _hook(self, update: Json) -> int:
        assert self.webhook is not None
        secret = self.webhook.get("secret_token")
        return await push(self.webhook["url"], json.dumps(update).encode(), secret)

    def _set_webhook(self, call: Call) -> bool:
        url = call.params.get("url", "")
        secret = call.params.get("secret_token", "")
        if url and not url.startswith("https://") and "127.0.0.1" not in url:
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        self.webhook = dict(call.params) if url else None
        self._allow(call)
        for update in self._updates.values():
            self._pushes.put_nowait(update)
        return True

    def _delete_webhook(self, call: Call) -> bool:
        self.webhook = None
        if call.params.get("drop_pending_updates"):
            self._updates.clear()
        return True

    def _get_webhook_info(self, call: Call) -> Json:
        url = self.webhook["url"] if self.webhook else ""
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self._updates)}

    # The bot's account

    def _get_me(self, call: Call) -> Json:
        return self.me

    def _set_my_commands(self, call: Call) -> bool:
        commands = call.params.get("commands", [])
        if len(commands) > 100:
            raise bad("too many commands")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_menu(call)] = commands
        return True

    def _delete_my_commands(self, call: Call) -> bool:
        self.commands.pop(_menu(call), None)
        return True

    def _get_my_commands(self, call: Call) -> list[Json]:
        return self.commands.get(_menu(call), [])

    def _set_my_description(self, call: Call) -> bool:
        if len(call.params.get("description", "")) > 512:
            raise bad("description is too long")
        return True

    def _set_my_short_description(self, call: Call) -> bool:
        if len(call.params.get("short_description", "")) > 120:
            raise bad("short description is too long")
        return True

    # Sending

    def _send_message(self, call: Call) -> Json:
        text, entities = _formatted(call.params, "text")
        if not text:
            raise bad("message text is empty")
        if units(text) > 4096:
            raise bad("message is too long")
        return self._sent_message(call, {"text": text} | ({"entities": entities} if entities else {}))

    def _send_photo(self, call: Call) -> Json:
        picture = self._uploaded(call, "photo")
        width, height = _size(picture)
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        if len(picture) > 10 * 2**20:
            raise RefusedError(413, "Request Entity Too Large")
        name = self._keep(picture, "photos", "png")
        size = {"file_id": name, "file_unique_id": name[-8:], "width": width, "height": height}
        return self._sent_message(call, {"photo": [size]} | _caption(call.params), picture)

    def _send_document(self, call: Call) -> Json:
        body = self._uploaded(call, "document")
        name = self._keep(body, "documents", "bin")
        return self._sent_message(
            call, {"document": {"file_id": name, "file_unique_id": name[-8:]}} | _caption(call.params), body
        )

    def _send_chat_action(self, call: Call) -> bool:
        self._chat(call)
        if call.params.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        return True

    def _sent_message(self, call: Call, content: Json, picture: bytes | None = None) -> Json:
        chat = self._chat(call)
        self._limit(chat)
        raw: Json = {
            "message_id": next(self.numbers),
            "from": self.me,
            "chat": chat.raw,
            "date": self.now(),
        }
        if (topic := call.params.get("message_thread_id")) is not None:
            if int(topic) not in chat.topics:
                raise bad("message thread not found")
            raw |= {"message_thread_id": int(topic), "is_topic_message": True}
        if (reply := call.params.get("reply_parameters")) is not None:
            if (to := chat.shown.get(int(reply["message_id"]))) is not None:
                raw["reply_to_message"] = {k: v for k, v in to.raw.items() if k != "reply_to_message"}
            elif not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
        markup = _markup(call.params)
        if "inline_keyboard" in markup:
            raw["reply_markup"] = markup
        raw |= content
        if self.on_message:
            self.on_message(chat, raw | ({"reply_markup": markup} if markup else {}))
        if self.quiet:
            return raw
        shown = chat.add(raw, picture)
        shown.raw = raw | ({"reply_markup": markup} if markup else {})
        return raw

    def _limit(self, chat: Chat) -> None:
        if not self.flood:
            return
        now = self.clock()
        limits = [(self._sent, 30, 1.0)]
        if not chat.private:
            limits.append((self._sent_to.setdefault(chat.id, deque()), 20, 60.0))
        for times, most, seconds in limits:
            while times and times[0] <= now - seconds:
                times.popleft()
            if len(times) >= most:
                wait = int(times[0] + seconds - now) + 1
                raise RefusedError(429, f"Too Many Requests: retry after {wait}", wait)
        for times, _, _ in limits:
            times.append(now)

    # Changing what was sent

    def _edit_message_text(self, call: Call) -> Json | bool:
        text, entities = _formatted(call.params, "text")
        if not text:
            raise bad("message text is empty")
        if units(text) > 4096:
            raise bad("message is too long")
        return self._edited(call, {"text": text, "entities": entities}, _markup(call.params))

    def _edit_message_caption(self, call: Call) -> Json | bool:
        return self._edited(call, _caption(call.params), _markup(call.params))

    def _edit_message_reply_markup(self, call: Call) -> Json | bool:
        return self._edited(call, {}, _markup(call.params))

    def _edited(self, call: Call, content: Json, markup: Json) -> Json | bool:
        if self.quiet:
            return True
        shown = self._message(call, "message to edit not found")
        if shown.raw["from"]["id"] != self.me["id"]:
            raise bad("message can't be edited")
        before = {key: shown.raw.get(key) or None for key in (*content, "reply_markup")}
        after = {key: value or None for key, value in (content | {"reply_markup": markup}).items()}
        if before == after:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        shown.raw = {key: value for key, value in (shown.raw | after).items() if value is not None}
        shown.raw["edit_date"] = self.now()
        return shown.raw

    def _delete_message(self, call: Call) -> bool:
        shown = self._message(call, "message to delete not found")
        shown.deleted = True
        del self._chat(call).shown[shown.id]
        return True

    def _pin_chat_message(self, call: Call) -> bool:
        self._message(call, "message to pin not found")
        return True

    def _answer_callback_query(self, call: Call) -> bool:
        query = self.queries.get(call.params.get("callback_query_id", ""))
        if query is None or query.expired:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if units(call.params.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        query.answers.append(call.params)
        return True

    # Chats and files

    def _get_chat(self, call: Call) -> Json:
        return self._chat(call).raw | {"accent_color_id": 0, "max_reaction_count": 11}

    def _get_chat_member(self, call: Call) -> Json:
        self._chat(call)
        user = {"id": int(call.params["user_id"]), "is_bot": False, "first_name": "?"}
        return {"status": "member", "user": user}

    def _leave_chat(self, call: Call) -> bool:
        self._chat(call).gone = "Forbidden: bot is not a member of the supergroup chat"
        return True

    def _get_file(self, call: Call) -> Json:
        found = self.files.get(call.params.get("file_id", ""))
        if found is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        path, body = found
        name = call.params["file_id"]
        return {"file_id": name, "file_unique_id": name[-8:], "file_size": len(body), "file_path": path}

    def keep_file(self, body: bytes, kind: str = "bin") -> str:
        """Put a file on the server, as somebody's message would; returns its `file_id`."""
        return self._keep(body, "documents", kind)

    def _keep(self, body: bytes, folder: str, kind: str) -> str:
        name = f"file-{len(self.files) + 1:08d}"
        self.files[name] = (f"{folder}/{name}.{kind}", b"" if self.quiet else body)
        return name

    def _uploaded(self, call: Call, name: str) -> bytes:
        value = str(call.params.get(name, ""))
        if value.startswith("attach://"):
            return call.files[value.removeprefix("attach://")]
        if name in call.files:
            return call.files[name]
        if value in self.files:
            return self.files[value][1]
        raise bad(f"there is no {name} in the request")

    def _chat(self, call: Call) -> Chat:
        chat = self.chats.get(call.chat or 0)
        if chat is None:
            raise bad("chat not found")
        if chat.gone:
            raise RefusedError(403, chat.gone)
        return chat

    def _message(self, call: Call, missing: str) -> Shown:
        shown = self._chat(call).shown.get(int(call.params.get("message_id", 0)))
        if shown is None:
            raise bad(missing)
        return shown


async def push(url: str, body: bytes, secret: str | None = None) -> int:
    """Post an update to a webhook, as Telegram does; returns the status of the answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = [
        f"POST {parts.path or '/'} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if secret:
        head.append(f"X-Telegram-Bot-Api-Secret-Token: {secret}")
    try:
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        line = await reader.readline()
        await reader.read()
        return int(line.split()[1]) if line else 0
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class _Connection(asyncio.Protocol):
    """One connection that is kept alive."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._api.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._api.disconnected(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in head[1:]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", 0))
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._api.request(self, head[0].split(" ")[1], headers.get("content-type", ""), body)

    def answer(self, status: int, body: Json) -> None:
        self.write(status, "application/json", json.dumps(body).encode())

    def write(self, status: int, kind: str, body: bytes) -> None:
        if self.open:
            assert self._transport is not None
            head = f"HTTP/1.1 {status} .\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def _refusal(refused: RefusedError) -> tuple[int, Json]:
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.retry_after is not None:
        body["parameters"] = {"retry_after": refused.retry_after}
    return refused.code, body


def _parameters(kind: str, body: bytes, query: str) -> tuple[Json, dict[str, bytes]]:
    pairs: Iterable[tuple[str, str]] = parse_qsl(query)
    files: dict[str, bytes] = {}
    if kind.startswith("application/json"):
        return json.loads(body), files
    if kind.startswith("multipart/form-data"):
        fields, files = _multipart(kind, body)
        pairs = fields
    elif body:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
    return {name: _value(name, value) for name, value in pairs}, files


WORDS = frozenset(
    {"text", "caption", "data", "title", "url", "description", "short_description", "secret_token"}
)
"""Parameters that are text however they look."""


def _value(name: str, value: str) -> Any:
    if name not in WORDS and value[:1] in ("{", "[", "t", "f"):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def _multipart(kind: str, body: bytes) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    fields, files = [], {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part[2:-2].partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name is not None
        if b"filename=" in head:
            files[name[1].decode()] = content
        else:
            fields.append((name[1].decode(), content.decode()))
    return fields, files


def _formatted(params: Json, name: str) -> tuple[str, list[Json]]:
    text = params.get(name, "")
    mode = params.get("parse_mode")
    if mode is None:
        return text.strip(), []
    if mode.upper() != "HTML":
        raise bad("unsupported parse_mode")
    try:
        return parse(text)
    except BrokenHtmlError as broken:
        raise bad(f"can't parse entities: {broken}") from broken


def _caption(params: Json) -> Json:
    text, entities = _formatted(params, "caption")
    if units(text) > 1024:
        raise bad("message caption is too long")
    return ({"caption": text} if text else {}) | ({"caption_entities": entities} if entities else {})


def _markup(params: Json) -> Json:
    markup: Json = params.get("reply_markup") or {}
    rows = [row for row in markup.get("inline_keyboard", []) if row]
    for key in (key for row in rows for key in row):
        if not key.get("text"):
            raise bad("inline keyboard button text is empty")
        if "callback_data" in key and not 1 <= len(key["callback_data"].encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
        if "url" in key and not re.match(r"(https?|tg)://\S+$", key["url"]):
            raise bad("BUTTON_URL_INVALID")
        if "callback_data" not in key and "url" not in key:
            raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if sum(len(row) for row in rows) > 100:
        raise bad("reply markup is too long")
    if "inline_keyboard" in markup:
        return {"inline_keyboard": rows} if rows else {}
    return markup


def _menu(call: Call) -> tuple[str, str]:
    scope = call.params.get("scope") or {"type": "default"}
    return scope["type"], call.params.get("language_code", "")


def _size(picture: bytes) -> tuple[int, int]:
    if picture[:8] != b"\x89PNG\r\n\x1a\n":
        raise bad("IMAGE_PROCESS_FAILED")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
