"""A command of the command line as it was called, with what it needs, read on demand."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import ENV_FILE, Settings
from dialogues.languages import Texts, texts
from dialogues.library import Library
from dialogues.scenario import Lang

if TYPE_CHECKING:
    from bot.report import Paint


def show(lines: Iterable[str]) -> None:
    """Print lines at once: whoever reads them may be waiting for each."""
    for line in lines:
        print(line, flush=True)


@dataclass(frozen=True)
class Call:
    """A command as it was called.

    Attributes:
        args: Its values.
        lang: The language of content and messages.
        environ: The environment.
    """

    args: argparse.Namespace
    lang: Lang
    environ: Mapping[str, str]

    @cached_property
    def settings(self) -> Settings:
        """The settings.

        Raises:
            SettingsError: One is malformed.
        """
        return Settings.read(self.environ, Path(ENV_FILE))

    @cached_property
    def library(self) -> Library:
        """The shipped scenarios and those of the settings' folder."""
        return Library.read(self.settings.scenarios)

    @property
    def texts(self) -> Texts:
        """The words of the language."""
        return texts(self.lang)

    @property
    def paint(self) -> "Paint":
        """Colours, where a person is looking and wants them."""
        from bot.report import Paint

        return Paint(sys.stdout.isatty() and "NO_COLOR" not in self.environ)

    def say(self, key: str, /, **values: object) -> None:
        """Print a message on stdout."""
        show([self.texts.say(key, **values)])
