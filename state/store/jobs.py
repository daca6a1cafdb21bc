"""What is due when: time limits, reminders, sessions left alone."""

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is due.

    Attributes:
        id: Its number.
        kind: What is to be done.
        key: To what; one job of a kind waits for each key.
        due_at: When, in seconds since 1970.
        payload: Whatever else is needed.
        chat: The chat that hears of it: 0 for the terminal; None where nobody does.
    """

    id: int
    kind: str
    key: str
    due_at: float
    payload: dict[str, Any]
    chat: int | None = None


_HERE = "(:terminal IS NULL OR (chat IS 0) = :terminal)"


class Jobs:
    """The jobs of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def plan(
        self,
        kind: str,
        key: str,
        due_at: float,
        payload: dict[str, Any] | None = None,
        *,
        chat: int | None = None,
    ) -> None:
        """Have something done at a time; a waiting job of that kind and key is moved.

        Args:
            kind: What is to be done.
            key: To what.
            due_at: When, in seconds since 1970.
            payload: Whatever else is needed.
            chat: The chat that hears of it: 0 for the terminal.
        """
        self._db.execute(
            "INSERT INTO jobs (kind, key, due_at, payload, chat) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, key) WHERE done_at IS NULL "
            "DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, chat = excluded.chat",
            [kind, key, due_at, json.dumps(payload or {}, ensure_ascii=False), chat],
        )

    def due(self, now: float, limit: int = 100, *, terminal: bool | None = None) -> list[Job]:
        """Waiting jobs whose time has come, the oldest first.

        Args:
            now: The time.
            limit: How many at most.
            terminal: True for those that the terminal hears of, False for the others, None for all.
        """
        rows = self._db.execute(
            "SELECT id, kind, key, due_at, payload, chat FROM jobs "  # noqa: S608
            f"WHERE done_at IS NULL AND due_at <= :now AND {_HERE} ORDER BY due_at, id LIMIT :limit",
            {"now": now, "limit": limit, "terminal": terminal},
        ).fetchall()
        return [
            Job(job, kind, key, due_at, json.loads(payload), chat)
            for job, kind, key, due_at, payload, chat in rows
        ]

    def next_at(self, *, terminal: bool | None = None) -> float | None:
        """When the next waiting job is due; `terminal` as for `due`."""
        row = self._db.execute(
            f"SELECT min(due_at) FROM jobs WHERE done_at IS NULL AND {_HERE}",  # noqa: S608
            {"terminal": terminal},
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def done(self, identifier: int, now: float) -> None:
        """Note that a job is done."""
        self._db.execute("UPDATE jobs SET done_at = ? WHERE id = ?", [now, identifier])

    def cancel(self, kind: str, key: str) -> None:
        """Forget a waiting job, if there is one."""
        self._db.execute("DELETE FROM jobs WHERE kind = ? AND key = ? AND done_at IS NULL", [kind, key])

    def prune(self, before: float) -> None:
        """Forget jobs that were done before a time."""
        self._db.execute("DELETE FROM jobs WHERE done_at < ?", [before])
