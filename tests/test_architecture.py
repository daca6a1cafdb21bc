"""Who imports whom, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "state", "dialogues")
ALLOWED = {"bot": {"bot", "state", "dialogues"}, "state": {"state", "dialogues"}, "dialogues": {"dialogues"}}
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def imported(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: import by full name"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strays(allowed: object, *names: str) -> list[str]:
    """Files outside of what is allowed that import one of some modules."""
    return [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in FILES
        if not allowed(file.relative_to(ROOT).as_posix())  # type: ignore[operator]
        for module in imported(file)
        if any(module == name or module.startswith(f"{name}.") for name in names)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    """`bot` imports `state` and `dialogues`, `state` imports `dialogues`, and nothing runs back."""
    forbidden = set(PACKAGES) - ALLOWED[package]
    assert not strays(lambda path: not path.startswith(f"{package}/"), *forbidden)


def test_telegram_stays_under_telegram() -> None:
    """Only `bot/telegram/` knows python-telegram-bot."""
    assert not strays(lambda path: path.startswith("bot/telegram/"), "telegram")


def test_the_surfaces_do_not_know_each_other() -> None:
    """The terminal and Telegram never import each other."""
    assert not strays(lambda path: path != "bot/terminal.py", "bot.telegram")
    assert not strays(lambda path: not path.startswith("bot/telegram/"), "bot.terminal")


def test_the_terminal_library_stays_in_its_two_modules() -> None:
    """Only the terminal and the renderer know how a terminal is drawn."""
    surfaces = ("bot/terminal.py", "bot/render.py")
    assert not strays(lambda path: path in surfaces, "rich", "prompt_toolkit")


def test_the_machine_and_the_database_stay_in_state() -> None:
    """The rules of the game and all SQL are below the surfaces."""
    assert not strays(lambda path: path.startswith("state/"), "transitions", "sqlite_utils")


def test_content_and_grading_are_pure() -> None:
    """`dialogues` has no clock, no database and no network."""
    assert not strays(
        lambda path: not path.startswith("dialogues/") or path.startswith("dialogues/grading/training/"),
        *("time", "datetime", "sqlite3", "socket", "urllib.request", "http", "httpx", "asyncio", "random"),
    )
