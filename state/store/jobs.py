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
    """

    id: int
    kind: str
    key: str
    due_at: float
    payload: dict[str, Any]


class Jobs:
    """The jobs of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def plan(self, kind: str, key: str, due_at: float, payload: dict[str, Any] | None = None) -> None:
        """Have something done at a time; a waiting job of that kind and key is moved."""
        self._db.execute(
            "INSERT INTO jobs (kind, key, due_at, payload) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, key) WHERE done_at IS NULL "
            "DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload",
            [kind, key, due_at, json.dumps(payload or {}, ensure_ascii=False)],
        )

    def due(self, now: float, limit: int = 100) -> list[Job]:
        """Waiting jobs whose time has come, the oldest first."""
        rows = self._db.execute(
            "SELECT id, kind, key, due_at, payload FROM jobs "
            "WHERE done_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
            [now, limit],
        ).fetchall()
        return [Job(job, kind, key, due_at, json.loads(payload)) for job, kind, key, due_at, payload in rows]

    def next_at(self) -> float | None:
        """When the next waiting job is due."""
        row = self._db.execute("SELECT min(due_at) FROM jobs WHERE done_at IS NULL").fetchone()
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
