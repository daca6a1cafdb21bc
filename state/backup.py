"""Copies of the live database, and whether a database is sound; safe while the bot is writing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

from state.errors import StoreBroken

_PAGES = 256
"""Pages copied in one go; writers get their turn in between."""


def copy(source: Path, target: Path) -> None:
    """Copy a database, whole and as of one moment, into one file that only its owner can read.

    The copy is complete and checked before it takes the target's name; what had that name is replaced.

    Raises:
        StoreBroken: The source is no sound database.
        OSError: The target can't be written.
    """
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        part = Path(file.name)
    try:
        _copy(source, part)
        problems = integrity(part)
        if problems:
            raise StoreBroken("; ".join(problems))
        part.chmod(0o600)
        _to_disk(part)
        part.replace(target)
        if os.name == "posix":
            _to_disk(target.parent)
    except sqlite3.DatabaseError as error:
        raise StoreBroken(str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> None:
    with closing(_reading(source)) as live, closing(sqlite3.connect(part)) as copied:
        live.backup(copied, pages=_PAGES)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def integrity(path: Path) -> list[str]:
    """What SQLite finds wrong with a database; empty for a sound one."""
    try:
        with closing(_reading(path)) as database:
            found = [row[0] for row in database.execute("PRAGMA integrity_check(5)")]
            found += [
                f"{row[0]}: a row refers to nothing in {row[2]}"
                for row in database.execute("PRAGMA foreign_key_check")
            ]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [problem for problem in found if problem != "ok"]
