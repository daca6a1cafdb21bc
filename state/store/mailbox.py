"""The durable inbox and outbox: nothing that came in is lost, nothing that was written is unsent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Update:
    """Something that came in and is not done.

    Attributes:
        id: Telegram's update id.
        chat: Its chat, if it has one.
        body: The update as JSON, masked.
        tries: How often it was begun.
    """

    id: int
    chat: int | None
    body: str
    tries: int


class Inbox:
    """What came in, each update once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def receive(self, identifier: int, chat: int | None, body: str, now: float) -> bool:
        """Write an update down; False if it was there already.

        Args:
            identifier: Telegram's update id.
            chat: Its chat, if it has one.
            body: The update as JSON, masked.
            now: When it came.
        """
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO inbox (id, chat, body, received_at) VALUES (?, ?, ?, ?)",
            [identifier, chat, body, now],
        )
        return cursor.rowcount == 1

    def waiting(self) -> list[Update]:
        """Updates that are not done, in the order in which they came."""
        rows = self._db.execute("SELECT id, chat, body, tries FROM inbox WHERE done_at IS NULL ORDER BY id")
        return [Update(*row) for row in rows.fetchall()]

    def is_done(self, identifier: int) -> bool:
        """Whether an update was handled."""
        row = self._db.execute("SELECT done_at FROM inbox WHERE id = ?", [identifier]).fetchone()
        return row is not None and row[0] is not None

    def begin(self, identifier: int) -> int:
        """Note that an update is begun; gives how often it was."""
        self._db.execute("UPDATE inbox SET tries = tries + 1 WHERE id = ?", [identifier])
        row = self._db.execute("SELECT tries FROM inbox WHERE id = ?", [identifier]).fetchone()
        return int(row[0]) if row else 0

    def done(self, identifier: int, now: float) -> None:
        """Note that an update is done, in the transaction of what it changed; its words are forgotten."""
        self._db.execute("UPDATE inbox SET done_at = ?, body = '' WHERE id = ?", [now, identifier])

    def prune(self, before: float) -> None:
        """Forget updates that were done before a time."""
        self._db.execute("DELETE FROM inbox WHERE done_at < ?", [before])


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something that is to be sent.

    Attributes:
        id: Its number; the order within a chat.
        chat: Where to.
        method: Method of the Bot API.
        payload: Its arguments.
        step: The step that its buttons belong to, if any.
        not_before: Not to be sent before that time.
        stale_at: Not to be sent after that time; None for never stale.
        tries: How often it was tried in vain.
        message: Id of the message, once it was sent.
    """

    id: int
    chat: int
    method: str
    payload: dict[str, Any]
    step: str | None
    not_before: float
    stale_at: float | None
    tries: int
    message: int | None


_OUTGOING = "id, chat, method, payload, step, not_before, stale_at, tries, message"


class Outbox:
    """What is to be sent, in order for each chat."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(
        self,
        chat: int,
        method: str,
        payload: dict[str, Any],
        now: float,
        *,
        step: str | None = None,
        not_before: float = 0,
        stale_at: float | None = None,
    ) -> int:
        """Have something sent, in the transaction of what it tells; gives its number."""
        cursor = self._db.execute(
            "INSERT INTO outbox (chat, method, payload, step, created_at, not_before, stale_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [chat, method, json.dumps(payload, ensure_ascii=False), step, now, not_before, stale_at],
        )
        return int(cursor.lastrowid or 0)

    def waiting(self, chat: int, after: int = 0, limit: int = 100) -> list[Outgoing]:
        """What waits for a chat, in order, behind a number."""
        return self._rows(
            "chat = ? AND id > ? AND sent_at IS NULL AND error IS NULL ORDER BY id LIMIT ?",
            [chat, after, limit],
        )

    def chats(self) -> list[int]:
        """The chats for which something waits."""
        rows = self._db.execute("SELECT DISTINCT chat FROM outbox WHERE sent_at IS NULL AND error IS NULL")
        return [row[0] for row in rows.fetchall()]

    def retire(self, chat: int, steps: Sequence[str]) -> list[tuple[int, int | None]]:
        """Take what belongs to steps that are over out of them: number and message (None while unsent).

        Each is given once only, so that its buttons are taken away once.
        """
        rows = self._db.execute(
            "UPDATE outbox SET step = NULL WHERE chat = ? AND step IN (SELECT value FROM json_each(?)) "
            "AND error IS NULL RETURNING id, message",
            [chat, json.dumps(steps)],
        )
        return sorted(rows.fetchall())

    def message_of(self, identifier: int) -> int | None:
        """Which message something became; None while it is unsent, and where it never was."""
        row = self._db.execute("SELECT message FROM outbox WHERE id = ?", [identifier]).fetchone()
        return row[0] if row else None

    def change(self, identifier: int, payload: dict[str, Any]) -> None:
        """Send something else instead, where it waits still."""
        self._db.execute(
            "UPDATE outbox SET payload = ? WHERE id = ? AND sent_at IS NULL",
            [json.dumps(payload, ensure_ascii=False), identifier],
        )

    def sent(self, identifier: int, message: int | None, now: float) -> None:
        """Note that it was accepted, as which message."""
        self._db.execute(
            "UPDATE outbox SET sent_at = ?, message = ? WHERE id = ?", [now, message, identifier]
        )

    def postpone(self, identifier: int, not_before: float) -> None:
        """Note a vain try; the next is not made before a time."""
        self._db.execute(
            "UPDATE outbox SET tries = tries + 1, not_before = ? WHERE id = ?", [not_before, identifier]
        )

    def give_up(self, identifier: int, error: str) -> None:
        """Note that it is not to be sent any more, and why."""
        self._db.execute("UPDATE outbox SET error = ? WHERE id = ?", [error, identifier])

    def prune(self, before: float) -> None:
        """Forget what was written before a time and is sent or given up."""
        self._db.execute(
            "DELETE FROM outbox WHERE created_at < ? AND (sent_at IS NOT NULL OR error IS NOT NULL)", [before]
        )

    def _rows(self, where: str, values: list[Any]) -> list[Outgoing]:
        rows = self._db.execute(f"SELECT {_OUTGOING} FROM outbox WHERE {where}", values)  # noqa: S608
        return [_outgoing(*row) for row in rows.fetchall()]


def _outgoing(identifier: int, chat: int, method: str, payload: str, *rest: Any) -> Outgoing:
    return Outgoing(identifier, chat, method, json.loads(payload), *rest)
