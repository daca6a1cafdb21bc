"""What both READMEs say is what the program does."""

import re
from pathlib import Path

import pytest

from bot.cli import COMMANDS
from bot.settings import SETTINGS
from dialogues.languages import texts
from dialogues.scenario import Lang
from state.machine import diagram

ROOT = Path(__file__).parents[1]
READMES: dict[Lang, str] = {
    "en": (ROOT / "README.md").read_text(encoding="utf-8"),
    "zh": (ROOT / "README.zh-CN.md").read_text(encoding="utf-8"),
}

languages = pytest.mark.parametrize("lang", sorted(READMES))


def rows(text: str, beginning: str) -> list[list[str]]:
    """The cells of the table rows whose first cell is code that begins so."""
    lines = [line for line in text.splitlines() if line.startswith(f"| `{beginning}")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@languages
def test_every_setting_is_listed(lang: Lang) -> None:
    """The table of settings has each setting with its default, in order, and no other."""
    table = [row for prefix in ("TELEGRAM_", "LOBBY_DRILL_") for row in rows(READMES[lang], prefix)]
    expected = [(f"`{item.name}`", f"`{item.default}`" if item.default else "–") for item in SETTINGS]
    assert [(row[0], row[1]) for row in table] == expected
    assert all(len(row) == 3 and row[2] for row in table)


def test_the_sentence_of_a_setting_is_the_programs_own() -> None:
    """The English table says what the settings say of themselves."""
    table = {row[0]: row[2] for prefix in ("TELEGRAM_", "LOBBY_") for row in rows(READMES["en"], prefix)}
    assert table == {f"`{item.name}`": item.sentence for item in SETTINGS}


@languages
def test_every_command_is_listed(lang: Lang) -> None:
    """The table of commands has each command with its help, in order, and no other."""
    table = rows(READMES[lang], "lobby-drill ")
    expected = [(command.name, texts(lang).say(f"cli_{command.name}")) for command in COMMANDS]
    assert [(row[0].strip("`").split()[1], row[1]) for row in table] == expected


@languages
def test_the_arguments_of_a_command_are_its_own(lang: Lang) -> None:
    """What stands behind a command in the table is what it takes."""
    for row in rows(READMES[lang], "lobby-drill "):
        _, name, *arguments = row[0].strip("`").split()
        command = next(command for command in COMMANDS if command.name == name)
        names = {option.name for option in command.options}
        assert {argument.strip("[]") for argument in arguments} <= names


@languages
def test_the_diagram_is_the_machines(lang: Lang) -> None:
    """The Mermaid picture is what `lobby-drill diagram` prints."""
    drawn = re.search(r"```mermaid\n(.*?)```", READMES[lang], re.DOTALL)
    assert drawn
    assert drawn[1] == diagram().rstrip("\n") + "\n"


@languages
def test_links_and_pictures_are_there(lang: Lang) -> None:
    """Every file that a README refers to exists."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)|src=\"([^\"]+)\"", READMES[lang])
    targets += [(path, "") for path in re.findall(r"bot/docs/[\w.-]+", READMES[lang])]
    files = {first or second for first, second in targets}
    assert len(files) >= 4
    assert all((ROOT / file).is_file() for file in files)


@languages
def test_the_two_lines_stand_alone(lang: Lang) -> None:
    """One line plays, one line tests, each by itself."""
    blocks = re.findall(r"```sh\n(.*?)\n```", READMES[lang], re.DOTALL)
    assert "pip install uv && uv run lobby-drill practice" in blocks
    assert "pip install uv && uv run pytest" in blocks


def test_both_have_the_same_sections() -> None:
    """The Chinese README is as complete as the English one."""
    headings = [
        [len(level) for level in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)]
        for text in READMES.values()
    ]
    assert headings[0] == headings[1]
