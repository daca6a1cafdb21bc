"""The coach's words: the same keys and placeholders in every language, none missing, none unused."""

import re
import string
from itertools import product
from pathlib import Path

import pytest

from bot.coach import UNSUPPORTED
from bot.commands import COMMANDS
from bot.preferences import ZONES
from dialogues.acts import FAULTS, Act
from dialogues.grading.rubric import PARTS, Blocker, Criterion
from dialogues.languages import LANGUAGES, texts
from dialogues.scenario import DIFFICULTIES
from dialogues.turn import Misfit, State
from state.store import Claim, Status

ROOT = Path(__file__).parents[2]

FAMILIES = {
    "rule": [*FAULTS, *Misfit],
    "misfit": list(Misfit),
    "blocker": list(Blocker),
    "criterion": list(Criterion),
    "tip": list(Criterion),
    "missing": [part.key for part in PARTS],
    "difficulty": list(DIFFICULTIES),
    "mode": ["coach", "exam"],
    "lang": list(LANGUAGES),
    "zone": [zone.split("/")[-1].lower() for zone in ZONES],
    "help": [command.name for command in COMMANDS if command.listed],
    "unsupported": list(UNSUPPORTED),
    "dispute_claim": list(Claim),
    "dispute_status": list(Status),
    "toast_dispute": list(Status),
    "dispute": [Status.UPHELD, Status.REFUSED],
    "settings": ["lang", "difficulty", "mode"],
    "change": ["lang", "difficulty", "mode"],
    "button": ["difficulty", "mode"],
}
"""Keys that are put together: each has to be there for each of its values."""

OURS = (
    "hello", "welcome", "menu", "button", "mode", "lang", "briefing", "branch", "reply", "hint", "in_session",
    "nothing", "cancelled", "time", "left", "toast", "card", "why", "rule", "result", "debrief", "transcript",
    "history", "progress", "tip", "dispute", "disputes", "settings", "change", "zone", "help", "in_private",
    "unknown", "unsupported", "terminal", "setting",
)  # fmt: skip


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_every_language_has_the_same_keys_and_placeholders():
    first, *others = (texts(lang).messages for lang in LANGUAGES)
    for other in others:
        assert list(other) == list(first)
        for key, message in first.items():
            assert placeholders(other[key]) == placeholders(message), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_act_and_state_has_a_name(lang):
    assert set(texts(lang).acts) == set(Act)
    assert set(texts(lang).states) == set(State)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_member_of_a_family_is_there(lang):
    missing = [
        f"{family}_{member}"
        for family, members in FAMILIES.items()
        for member in members
        if f"{family}_{member}" not in texts(lang).messages
    ]
    assert missing == []


def test_every_key_of_the_code_is_there_and_every_key_is_used():
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot").rglob("*.py"))
    quoted = set(re.findall(r'"([a-z_0-9]+)"', code))
    built = {f"{family}_{member}" for family, members in FAMILIES.items() for member in members}
    known = set(texts(LANGUAGES[0]).messages)
    prefixes = tuple(f"{prefix}_" for prefix in OURS)
    unused = [key for key in known if key.startswith(prefixes) and key not in quoted | built]
    assert unused == []
    said = set(re.findall(r'\bsay\(\s*(?:self\._texts,\s*)?"([a-z_0-9]+)"', code)) | set(
        re.findall(r'_tell\("([a-z_0-9]+)"', code)
    )
    assert said - known == set()


@pytest.mark.parametrize(("lang", "key"), list(product(LANGUAGES, ["card_better", "card_did", "toast_over"])))
def test_a_text_says_something(lang, key):
    assert texts(lang).messages[key].strip()
