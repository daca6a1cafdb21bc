"""``lobby-drill doctor``: looks at everything that a session or the bot needs, and says what to mend.

Nothing is changed: the database is only read, Telegram is only asked who the bot is.
"""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.errors import SettingsError
from bot.settings import Settings
from dialogues.errors import WeightsError
from dialogues.languages import LANGUAGES, Texts, texts
from dialogues.scenario import Lang

_PATIENCE = 10.0
"""Seconds that Telegram has for its answer."""

_LITTLE_SPACE = 200 * 1024 * 1024
"""Bytes free on the disk below which it is time to make room."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look showed.

    Attributes:
        name: What was looked at.
        fine: Whether it will do.
        text: What was found, and what to mend.
    """

    name: str
    fine: bool
    text: str

    def __str__(self) -> str:
        return f"{'✓' if self.fine else '✗'} {self.name}  {self.text}"


@dataclass(frozen=True, slots=True)
class _Patient:
    settings: Settings
    environ: Mapping[str, str]
    texts: Texts
    lang: Lang


_Found = tuple[bool, str, dict[str, object]]
"""Whether it will do, the key of the message, and what fills it."""


def examine(read: Callable[[], Settings], environ: Mapping[str, str], lang: Lang) -> Iterator[Finding]:
    """Look at one thing after the other.

    Args:
        read: Reads the settings; a `SettingsError` is a finding like others.
        environ: The environment.
        lang: Language of the findings.
    """
    say = texts(lang).say
    try:
        settings = read()
    except SettingsError as error:
        yield Finding(say("doctor_settings"), False, say(error.key, **error.values))
        settings = Settings()
    else:
        yield Finding(say("doctor_settings"), True, say("doctor_settings_fine"))
    patient = _Patient(settings, environ, texts(lang), lang)
    for name, look in _LOOKS.items():
        for fine, key, values in look(patient):
            yield Finding(say(f"doctor_{name}"), fine, say(f"doctor_{name}_{key}", **values))


def _token(patient: _Patient) -> Iterator[_Found]:
    settings = patient.settings
    if settings.token is None:
        yield True, "none", {}
        return
    import httpx

    proxy = settings.proxy_url.get_secret_value() if settings.proxy_url else None
    address = f"{settings.api_url}/bot{settings.token.get_secret_value()}/getMe"
    try:
        with httpx.Client(proxy=proxy, timeout=_PATIENCE) as client:
            answer = client.get(address)
        body = answer.json() if answer.status_code < 500 else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, ImportError) as error:
        yield False, "unreachable", {"server": settings.api_url, "reason": type(error).__name__}
        return
    if isinstance(body, dict) and body.get("ok") and isinstance(body.get("result"), dict):
        yield True, "fine", {"name": body["result"].get("username", "?")}
    elif answer.status_code in (401, 404):
        yield False, "wrong", {}
    else:
        yield False, "unreachable", {"server": settings.api_url, "reason": answer.status_code}


def _database(patient: _Patient) -> Iterator[_Found]:
    from state.backup import integrity

    path = patient.settings.database_file(patient.environ)
    try:
        yield from _place(path)
        if not path.exists():
            yield True, "new", {"file": path}
            return
        problems = integrity(path)
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, sqlite3.Error) as error:
        yield False, "unreadable", {"file": path, "reason": error}
        return
    if problems:
        yield False, "broken", {"file": path, "reason": problems[0]}
    if os.name == "posix" and mode & 0o077:
        yield False, "open", {"file": path, "mode": f"{mode:03o}"}
    if not os.access(path, os.W_OK):
        yield False, "readonly", {"file": path}
    if not problems:
        yield True, "fine", {"file": path, "size": f"{path.stat().st_size / 1024:,.0f} KB"}


def _place(path: Path) -> Iterator[_Found]:
    """The folder of the database can be written and has room."""
    folder = next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))
    if not os.access(folder, os.W_OK):
        yield False, "folder", {"folder": folder}
    if hasattr(os, "statvfs"):
        room = os.statvfs(folder)
        free = room.f_bavail * room.f_frsize
        if free < _LITTLE_SPACE:
            yield False, "full", {"folder": folder, "free": f"{free / 1024 / 1024:,.0f} MB"}


def _zone(patient: _Patient) -> Iterator[_Found]:
    now = datetime.now(UTC).astimezone(ZoneInfo(patient.settings.zone))
    yield True, "fine", {"zone": patient.settings.zone, "now": now.strftime("%Y-%m-%d %H:%M")}


def _fonts(patient: _Patient) -> Iterator[_Found]:
    try:
        from bot.pictures import drawable
    except ImportError as error:
        yield False, "missing", {"reason": error}
        return
    try:
        missing = sorted({char for text in _written() for char in text if not drawable(char)})
    except OSError as error:
        yield False, "missing", {"reason": error}
        return
    if missing:
        yield False, "glyphs", {"glyphs": " ".join(missing[:10])}
    else:
        yield True, "fine", {}


def _written() -> Iterator[str]:
    """Everything that a picture can say out of role."""
    for lang in LANGUAGES:
        words = texts(lang)
        yield from words.acts.values()
        yield from words.states.values()
        kinds = ("picture_", "criterion_", "blocker_", "passed", "not_passed")
        yield from (text for key, text in words.messages.items() if key.startswith(kinds))


def _content(patient: _Patient) -> Iterator[_Found]:
    from dialogues.library import Library
    from dialogues.lint import lint_all

    folder = patient.settings.scenarios
    if folder is not None and not folder.is_dir():
        yield False, "no_folder", {"folder": folder}
        folder = None
    errors = sum(problem.severity == "error" for problem in lint_all(folder, patient.lang))
    if errors:
        yield False, "errors", {"count": errors}
    else:
        yield True, "fine", {"count": len(Library.read(folder).scenarios)}


def _weights(patient: _Patient) -> Iterator[_Found]:
    from dialogues.grading.reading import Reader

    try:
        grader = Reader.load().grader
        grader.grade("真对不起")
    except (WeightsError, OSError) as error:
        yield False, "broken", {"reason": error}
        return
    yield True, "fine", {"version": grader.version}


def _program(patient: _Patient) -> Iterator[_Found]:
    from bot.arguments import program_version

    python = ".".join(map(str, sys.version_info[:3]))
    yield True, "fine", {"version": program_version(), "python": python, "sqlite": sqlite3.sqlite_version}


_LOOKS: dict[str, Callable[[_Patient], Iterator[_Found]]] = {
    "program": _program,
    "token": _token,
    "database": _database,
    "zone": _zone,
    "fonts": _fonts,
    "content": _content,
    "weights": _weights,
}
"""What is looked at, in order; ``doctor_<name>`` names it."""
