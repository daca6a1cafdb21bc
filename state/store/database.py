"""Opening, checking and copying the database; transactions."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from state.backup import copy
from state.errors import StoreBroken, StoreError, StoreFailed, StoreNewer
from state.migrations import MIGRATIONS
from state.store.contents import Contents
from state.store.disputes import Disputes
from state.store.jobs import Jobs
from state.store.mailbox import Inbox, Outbox
from state.store.people import People
from state.store.sessions import Sessions

_R = TypeVar("_R")

_BUSY_MILLISECONDS = 5000


class Store:
    """An open database; made and used in one thread.

    Attributes:
        path: The file; None for a database in memory.
        people: Who practises, and what they prefer.
        sessions: What was played.
        disputes: What people found unfair in their grades.
        inbox: What came in.
        outbox: What is to be sent.
        jobs: What is due when.
        contents: Scenarios and personas as they were when sessions started with them.
    """

    def __init__(self, db: Database, path: Path | None) -> None:
        self.path = path
        self._db = db
        self._undo: list[Callable[[], None]] = []
        self.contents = Contents(db)
        self.people = People(db)
        self.sessions = Sessions(db, self.contents)
        self.disputes = Disputes(db)
        self.inbox = Inbox(db)
        self.outbox = Outbox(db)
        self.jobs = Jobs(db)

    @classmethod
    def open(cls, path: Path | None) -> "Store":
        """Open the database, made or brought up to date as needed; None for one in memory.

        Before an older database is brought up to date a copy is put beside it.

        Raises:
            StoreBroken: The file is no database of ours, or is damaged.
            StoreNewer: A later version has written it.
            StoreError: It can't be opened or written.
        """
        try:
            db = Database(_connect(path))
        except OSError as error:
            raise StoreError(f"{path}: the database can't be opened ({error.strerror})") from error
        except sqlite3.Error as error:
            raise StoreError(f"{path}: the database can't be opened ({error})") from error
        try:
            _prepare(db, path)
        except BaseException as error:
            db.conn.close()
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{path}: the database can't be used ({error})") from error
            if isinstance(error, sqlite3.DatabaseError):
                raise StoreBroken(
                    f"{path}: the file is damaged or no database ({error}); put a backup in its place"
                ) from error
            raise
        return cls(db, path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one joins the outer one.

        Raises:
            StoreFailed: The database could not be read or written (full, locked); nothing was changed.
        """
        if self._db.conn.in_transaction:
            yield
            return
        try:
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.conn.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.conn.rollback()
                for undo in self._undo:
                    undo()
                raise
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.path}: {error}") from error

    def together(self, works: Sequence[Callable[[], _R]]) -> list[_R | Exception]:
        """Do several things in one transaction, each of them whole or not at all.

        Returns:
            For each its result, or what it raised, in which case it has changed nothing.

        Raises:
            StoreFailed: The database could not be read or written (full, locked); nothing was changed.
        """
        with self.transaction():
            return [self._alone(work) for work in works]

    def _alone(self, work: Callable[[], _R]) -> _R | Exception:
        self._db.conn.execute("SAVEPOINT alone")
        try:
            result: _R | Exception = work()
        except sqlite3.OperationalError:
            raise
        except Exception as error:
            self._db.conn.execute("ROLLBACK TO alone")
            for undo in self._undo:
                undo()
            result = error
        self._db.conn.execute("RELEASE alone")
        return result

    def on_rollback(self, undo: Callable[[], None]) -> None:
        """Have something forgotten whenever a transaction fails."""
        self._undo.append(undo)

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when it is sound."""
        found = [row[0] for row in self._db.execute("PRAGMA quick_check")]
        found += [f"foreign key: {row}" for row in self._db.execute("PRAGMA foreign_key_check")]
        return [problem for problem in found if problem != "ok"]

    def prune(self, before: float) -> None:
        """Forget letters and jobs that were finished before a time; sessions are kept."""
        with self.transaction():
            self.inbox.prune(before)
            self.outbox.prune(before)
            self.jobs.prune(before)

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect(":memory:")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _own(path)
    return sqlite3.connect(path, timeout=_BUSY_MILLISECONDS / 1000)


def _own(path: Path) -> None:
    """Make the file, if it is not there, readable by its owner only; so will be what SQLite adds."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def _prepare(db: Database, path: Path | None) -> None:
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        db.conn.execute(f"PRAGMA {pragma}").fetchall()
    applied = {step.name for step in MIGRATIONS.applied(db)}
    pending = [step.name for step in MIGRATIONS.pending(db)]
    if not applied and db.table_names():
        raise StoreBroken(f"{path}: this is a database of another program; choose another file")
    if applied - {step.name for step in MIGRATIONS._migrations}:
        raise StoreNewer(f"{path}: a later version of lobby-drill has written this file; update lobby-drill")
    if applied and pending and path is not None:
        _keep(path, path.with_name(f"{path.name}.before-{pending[0]}"))
    if pending:
        MIGRATIONS.apply(db)


def _keep(path: Path, target: Path) -> None:
    """A copy of the file as it was."""
    try:
        copy(path, target)
    except OSError as error:
        raise StoreError(f"{target}: the copy can't be written ({error.strerror})") from error
