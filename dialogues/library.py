"""Reads scenarios and personas from their folders into frozen models.

A folder that can't be used is left out and reported; the others still load.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from dialogues.errors import ContentError, UnknownScenarioError
from dialogues.languages import LANGUAGES
from dialogues.scenario import Data, Persona, Scenario
from dialogues.strict_yaml import Document, load

_CONTENT = resources.files("dialogues")

_Model = TypeVar("_Model", bound=Data)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a content file, for its author.

    Attributes:
        file: Path of the file.
        line: Line, from 1.
        severity: ``error`` (it can't be played) or ``warning``.
        message: What is wrong and what to do.
        path: Where in the file, as keys joined by dots.
    """

    file: str
    line: int
    severity: str
    message: str
    path: str = ""

    def __str__(self) -> str:
        where = f" ({self.path})" if self.path else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.message}{where}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder's main file and its words, joined, each value still knowing its file and line."""

    data: dict[str, Any]
    documents: dict[str, Document]

    def problem(self, path: tuple[str | int, ...], message: str, severity: str = "error") -> Problem:
        """A problem with the value at a path of the joined data."""
        main = next(iter(self.documents))
        file, inner = main, path
        if len(path) >= 2 and path[0] == "words":
            words = next((name for name in self.documents if name.endswith(f"/{path[1]}.yaml")), None)
            if words:
                file, inner = words, path[2:]
        line = self.documents[file].line(inner)
        return Problem(file, line, severity, message, ".".join(map(str, inner)))


def read_folder(folder: Traversable, main: str) -> Folder:
    """Read ``main`` and every language file of a folder.

    Raises:
        ContentError: A file is missing or is no YAML.
    """
    documents: dict[str, Document] = {}
    name = f"{folder.name}/{main}"
    file = folder / main
    if not file.is_file():
        raise ContentError(name, 1, f"the file {main} is missing")
    documents[name] = _read(file, name)
    data = documents[name].data
    if not isinstance(data, dict):
        raise ContentError(name, 1, "the file must hold keys and values")
    words: dict[str, Any] = {}
    for lang in LANGUAGES:
        file = folder / f"{lang}.yaml"
        if file.is_file():
            name = f"{folder.name}/{lang}.yaml"
            documents[name] = _read(file, name)
            words[lang] = documents[name].data
    return Folder({**data, "id": folder.name, "words": words}, documents)


def _read(file: Traversable, name: str) -> Document:
    try:
        return load(file.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as error:
        raise ContentError(name, 1, "the file is not UTF-8 text") from error
    except OSError as error:
        raise ContentError(name, 1, f"the file can't be read ({error.strerror})") from error


def parse(folder: Folder, model: type[_Model]) -> tuple[_Model | None, list[Problem]]:
    """A folder's data as a model, or what is wrong with it by the schema."""
    try:
        return model.model_validate(folder.data), []
    except ValidationError as error:
        return None, [
            folder.problem(tuple(item["loc"]), _explain(item["type"], item["msg"])) for item in error.errors()
        ]


def _explain(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "this is missing"
        case "extra_forbidden":
            return "the schema knows no such key; look for a misspelling"
    return message[0].lower() + message[1:]


class Library:
    """The scenarios and personas that can be played.

    Attributes:
        scenarios: By id, the deck's two first.
        personas: By id.
        problems: What was left out, and why.
    """

    def __init__(
        self, scenarios: dict[str, Scenario], personas: dict[str, Persona], problems: list[Problem]
    ) -> None:
        self.scenarios = scenarios
        self.personas = personas
        self.problems = problems

    @classmethod
    def read(cls, extra: Path | None = None) -> "Library":
        """The shipped content, and a folder of further scenarios."""
        problems: list[Problem] = []
        personas = dict(_models(_CONTENT / "personas", "persona.yaml", Persona, problems))
        scenarios = dict(_models(_CONTENT / "scenarios", "scenario.yaml", Scenario, problems))
        if extra is not None:
            scenarios |= dict(_models(extra, "scenario.yaml", Scenario, problems))
        playable = {}
        for scenario in sorted(scenarios.values(), key=lambda scenario: (not _deck(scenario), scenario.id)):
            wrong = _cast(scenario, personas)
            if wrong:
                problems.append(Problem(f"{scenario.id}/scenario.yaml", 1, "error", wrong, "personas"))
            else:
                playable[scenario.id] = scenario
        return cls(playable, personas, problems)

    def scenario(self, identifier: str) -> Scenario:
        """The scenario with that id.

        Raises:
            UnknownScenarioError: There is none.
        """
        if identifier not in self.scenarios:
            raise UnknownScenarioError(identifier)
        return self.scenarios[identifier]


def _cast(scenario: Scenario, personas: dict[str, Persona]) -> str:
    """What is wrong with a scenario's personas; empty where they exist and speak its languages."""
    for name in scenario.personas:
        if name not in personas:
            return f"no persona is called {name!r}; there are {', '.join(sorted(personas))}"
        missing = sorted(set(scenario.words) - set(personas[name].words))
        if missing:
            return f"the persona {name!r} has no words in {', '.join(missing)}"
    return ""


def _deck(scenario: Scenario) -> bool:
    """Whether it is one of the two cases that the training deck tells."""
    return scenario.id in ("window-outage", "passbook-real-name")


def _models(
    root: Traversable | Path, main: str, model: type[_Model], problems: list[Problem]
) -> Iterator[tuple[str, _Model]]:
    for folder in sorted(root.iterdir(), key=lambda item: item.name):
        if not folder.is_dir() or folder.name.startswith(("_", ".")):
            continue
        try:
            found, wrong = parse(read_folder(folder, main), model)
        except ContentError as error:
            problems.append(Problem(error.file, error.line, "error", error.message))
            continue
        problems.extend(wrong)
        if found is not None:
            yield folder.name, found
