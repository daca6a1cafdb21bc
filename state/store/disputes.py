"""Disputes: what people found unfair in their grades, and what was decided; no grade is changed by one."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from dialogues.acts import Act
from dialogues.scenario import Lang

Mark = tuple[Act, int, int]
"""An act and the words that show it: from where to where, in characters of the reply."""


class Claim(StrEnum):
    """What somebody says about an act."""

    WRONG = "wrong"
    """It was found and is not there."""
    MISSING = "missing"
    """It is there and was not found."""


class Status(StrEnum):
    """What became of a dispute."""

    WAITING = "waiting"
    UPHELD = "upheld"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody's objection to one act of one reply.

    Attributes:
        id: Its number.
        person: Whose reply it is.
        session: The session.
        turn: Number of the turn in it.
        lang: Language of the session.
        situation: Id of the scenario.
        context: What the customer had said last.
        text: The reply, masked.
        graded: The acts as they were graded, with their words.
        act: The act in question.
        claim: What is said about it.
        grader: Version of the grader; empty where it was not noted.
        created_at: When it came in, in seconds since 1970.
        status: What became of it.
        decided_by: Who decided; None while it waits.
        decided_at: When; None while it waits.
    """

    id: int
    person: int
    session: int
    turn: int
    lang: Lang
    situation: str
    context: str
    text: str
    graded: tuple[Mark, ...]
    act: Act
    claim: Claim
    grader: str
    created_at: float
    status: Status = Status.WAITING
    decided_by: int | None = None
    decided_at: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's disputes went.

    Attributes:
        made: How many there were.
        upheld: How many of them were upheld.
        refused: How many were not.
    """

    made: int
    upheld: int
    refused: int

    @property
    def decided(self) -> int:
        """How many have been decided."""
        return self.upheld + self.refused


_COLUMNS = (
    "id, person, session, turn, lang, situation, context, text, graded, act, claim, grader, created_at, "
    "status, decided_by, decided_at"
)


class Disputes:
    """The disputes of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def open(self, dispute: Dispute) -> Dispute | None:
        """Write a dispute down; gives it with its number (that of `dispute` is ignored).

        Returns:
            None where that act of that reply has been disputed before.
        """
        cursor = self._db.execute(
            "INSERT INTO disputes (person, session, turn, lang, situation, context, text, graded, act, "
            "claim, grader, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (session, turn, act) DO NOTHING",
            [
                dispute.person,
                dispute.session,
                dispute.turn,
                dispute.lang,
                dispute.situation,
                dispute.context,
                dispute.text,
                json.dumps(dispute.graded),
                dispute.act.value,
                dispute.claim.value,
                dispute.grader,
                dispute.created_at,
            ],
        )
        return replace(dispute, id=int(cursor.lastrowid or 0)) if cursor.rowcount == 1 else None

    def find(self, identifier: int) -> Dispute | None:
        """The dispute with that number."""
        found = self._some("id = ?", [identifier])
        return found[0] if found else None

    def of_reply(self, session: int, turn: int) -> list[Dispute]:
        """What was disputed in one reply, in the order in which it came in."""
        return self._some("session = ? AND turn = ? ORDER BY id", [session, turn])

    def next(self, after: int = 0, people: Collection[int] | None = None) -> Dispute | None:
        """The first dispute behind a number that waits for a decision.

        Args:
            after: The number.
            people: Whose disputes, as for a team's manager; None for everybody's, as for an owner.
        """
        whose, values = _whose(people)
        found = self._some(
            f"status = 'waiting' AND id > ? AND {whose} ORDER BY id LIMIT 1",
            [after, *values],
        )
        return found[0] if found else None

    def waiting(self, people: Collection[int] | None = None) -> int:
        """How many disputes wait for a decision; `people` as for `next`."""
        whose, values = _whose(people)
        query = f"SELECT count(*) FROM disputes WHERE status = 'waiting' AND {whose}"  # noqa: S608
        return int(self._db.execute(query, values).fetchone()[0])

    def decide(self, identifier: int, *, upheld: bool, by: int, now: float) -> bool:
        """Decide a dispute that waits; False where it has been decided or there is none."""
        status = Status.UPHELD if upheld else Status.REFUSED
        cursor = self._db.execute(
            "UPDATE disputes SET status = ?, decided_by = ?, decided_at = ? "
            "WHERE id = ? AND status = 'waiting'",
            [status.value, by, now, identifier],
        )
        return cursor.rowcount == 1

    def standing(self, people: Collection[int] | None = None) -> Standing:
        """How the disputes of some people went; None for everybody's."""
        whose, values = _whose(people)
        row = self._db.execute(
            "SELECT count(*), coalesce(sum(status = 'upheld'), 0), coalesce(sum(status = 'refused'), 0) "  # noqa: S608
            f"FROM disputes WHERE {whose}",
            values,
        ).fetchone()
        return Standing(*row)

    def upheld(self, session: int) -> int:
        """How many acts of a session were graded wrongly, as was decided."""
        query = "SELECT count(*) FROM disputes WHERE session = ? AND status = 'upheld'"
        return int(self._db.execute(query, [session]).fetchone()[0])

    def all(self) -> list[Dispute]:
        """Every dispute, in the order in which they came in."""
        return self._some("TRUE ORDER BY id", [])

    def _some(self, where: str, values: list[Any]) -> list[Dispute]:
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM disputes WHERE {where}", values)  # noqa: S608
        return [_dispute(*row) for row in rows.fetchall()]


def _whose(people: Collection[int] | None) -> tuple[str, list[Any]]:
    if people is None:
        return "TRUE", []
    return "person IN (SELECT value FROM json_each(?))", [json.dumps(list(people))]


def _dispute(
    identifier: int,
    person: int,
    session: int,
    turn: int,
    lang: Any,
    situation: str,
    context: str,
    text: str,
    graded: str,
    act: str,
    claim: str,
    grader: str,
    created_at: float,
    status: str,
    decided_by: int | None,
    decided_at: float | None,
) -> Dispute:
    return Dispute(
        id=identifier,
        person=person,
        session=session,
        turn=turn,
        lang=lang,
        situation=situation,
        context=context,
        text=text,
        graded=tuple((Act(name), start, end) for name, start, end in json.loads(graded)),
        act=Act(act),
        claim=Claim(claim),
        grader=grader,
        created_at=created_at,
        status=Status(status),
        decided_by=decided_by,
        decided_at=decided_at,
    )
