"""The words of the coach and the surfaces, one folder a language."""

from functools import cache
from importlib import resources
from typing import get_args

from dialogues.acts import Act
from dialogues.scenario import Data, Lang, Lines
from dialogues.strict_yaml import load
from dialogues.turn import State

LANGUAGES: tuple[Lang, ...] = get_args(Lang)
"""The languages that are spoken, the first language first."""


class Texts(Data):
    """Everything that is said out of role, in one language.

    Attributes:
        customer_fallbacks: Gestures for when a customer has no fitting line left.
        acts: Name of each act.
        states: Name of each state.
        messages: Templates by key, with ``{placeholders}``.
    """

    customer_fallbacks: Lines
    acts: dict[Act, str]
    states: dict[State, str]
    messages: dict[str, str]

    def say(self, key: str, /, **values: object) -> str:
        """A message with its placeholders filled in.

        Raises:
            KeyError: There is no such message, or a placeholder has no value.
        """
        return self.messages[key].format_map(values) if values else self.messages[key]


@cache
def texts(lang: Lang) -> Texts:
    """The words of a language."""
    file = resources.files(__name__) / lang / "texts.yaml"
    return Texts.model_validate(load(file.read_text(encoding="utf-8"), f"{lang}/texts.yaml").data)


@cache
def cues(kind: str) -> tuple[str, ...]:
    """The words of a list in every language, one a line of its files, for replies mix languages."""
    files = [resources.files(__name__) / lang / f"{kind}.txt" for lang in LANGUAGES]
    return tuple(line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line)
