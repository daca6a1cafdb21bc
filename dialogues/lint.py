"""Checks scenario and persona files for their authors: every problem with file, line and what to mend.

The schema comes first (`dialogues.library`), then what ties the files together: ids on both sides,
lines that can be reached, languages that say the same. An error keeps a scenario from being played
as it should; a warning is a loose end.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialogues.acts import Act
from dialogues.errors import ContentError
from dialogues.languages import LANGUAGES, Texts, texts
from dialogues.library import Folder, Problem, read_folder
from dialogues.scenario import (
    DIFFICULTIES,
    NEED,
    Burst,
    Data,
    Lang,
    Line,
    Persona,
    PersonaWords,
    Scenario,
    ScenarioWords,
)
from dialogues.turn import OUTCOMES, Heat, State

_CONTENT = resources.files("dialogues")
_KINDS: dict[str, type[Data]] = {"scenario.yaml": Scenario, "persona.yaml": Persona}

_LONGEST = 4096
"""UTF-16 units of the longest message that Telegram takes."""

_VENTS = 1 + max(level.vents for level in DIFFICULTIES.values())
"""Bursts that a customer needs at the highest difficulty, the opening among them."""

_PLACEHOLDER = re.compile(r"\{[^{}\n]*\}")
_QUOTING = frozenset({"chases", "reactions", "repeated"})
"""The sets of lines that may quote the reply that they answer."""

_REPEATS = frozenset({"conversations"})
"""What staff say in whole sessions may well be a phrasing that stands elsewhere."""

_LIVE = tuple(state for state in State if state not in OUTCOMES)

_SAID_IN: dict[str, tuple[State, ...]] = {
    "demands": (State.VENTING, State.DEMANDING),
    "interrupted": (State.VENTING,),
    "calms": (State.CALMING, State.TELLING),
    "waits": (State.NEGOTIATING,),
    "closing": (State.AGREED,),
    "goodbyes": (State.RESOLVED,),
    "escalates": (State.ESCALATING,),
    "storms_out": (State.ESCALATED,),
    "gives_up": (State.UNRESOLVED,),
    "silence": (State.DEMANDING, State.CALMING, State.TELLING, State.NEGOTIATING),
}
"""The states in which a set of lines is said; one that is not listed can be said anywhere."""


Where = tuple[str | int, ...]


@dataclass(slots=True)
class _Report:
    """Collects the problems of one folder.

    Attributes:
        folder: The folder as it was read.
        root: Path under which the author knows the folder's parent; empty for shipped content.
        texts: The language of the problems.
    """

    folder: Folder
    root: str
    texts: Texts
    problems: list[Problem]

    def error(self, key: str, path: Where, /, **values: object) -> None:
        """Something that keeps the content from being played as it should."""
        self._add("error", key, path, values)

    def warn(self, key: str, path: Where, /, **values: object) -> None:
        """A loose end."""
        self._add("warning", key, path, values)

    def _add(self, severity: str, key: str, path: Where, values: Mapping[str, object]) -> None:
        found = self.folder.problem(path, self.texts.say(f"lint_{key}", **values), severity)
        self.problems.append(_at(found, self.root))


def _at(problem: Problem, root: str) -> Problem:
    file = f"{root}/{problem.file}" if root else problem.file
    return Problem(file, problem.line, problem.severity, problem.message, problem.path)


def lint_all(extra: Path | None, lang: Lang) -> list[Problem]:
    """What is wrong with the shipped content and with a folder of further scenarios."""
    shipped = _Check(texts(lang))
    shipped.folders(_CONTENT / "personas", "dialogues/personas")
    shipped.folders(_CONTENT / "scenarios", "dialogues/scenarios")
    if extra is not None:
        shipped.folders(extra, str(extra))
    return [*shipped.run(unused=True), *_texts_problems(lang)]


def lint(path: Path, lang: Lang) -> list[Problem]:
    """What is wrong with an author's files.

    Args:
        path: A scenario's or a persona's folder or one of its files, or a folder of such folders.
            Scenarios may use the shipped personas beside those that are found there.
        lang: The language of the problems.

    Raises:
        ContentError: There is no such folder, or nothing in it to check.
    """
    check = _Check(texts(lang))
    folder = path.parent if path.is_file() else path
    if not path.exists():
        raise ContentError(str(path), 1, texts(lang).say("lint_no_folder"))
    if any((folder / main).is_file() for main in _KINDS):
        check.folder(folder.resolve(), _parent(folder))
    else:
        for found in (folder, folder / "personas", folder / "scenarios"):
            if found.is_dir():
                check.folders(found, str(found))
    if check.empty:
        raise ContentError(str(path), 1, texts(lang).say("lint_nothing"))
    return check.run()


def _parent(folder: Path) -> str:
    parent = str(folder.parent)
    return "" if parent == "." or folder.parent == folder else parent


class _Check:
    """Reads folders, then looks at each by itself and in the light of the others."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._problems: list[Problem] = []
        self._scenarios: list[tuple[Scenario, _Report]] = []
        self._personas: list[tuple[Persona, _Report]] = []
        self._broken: set[str] = set()
        self.empty = True

    def folders(self, parent: Traversable, root: str) -> None:
        """Read every folder of a folder that holds a scenario or a persona."""
        for folder in sorted(parent.iterdir(), key=lambda item: item.name):
            if not folder.is_dir() or folder.name.startswith(("_", ".")):
                continue
            if folder.name in ("personas", "scenarios"):
                continue
            self.folder(folder, root)

    def folder(self, folder: Traversable, root: str) -> None:
        """Read one folder."""
        main = next((main for main in _KINDS if (folder / main).is_file()), None)
        if main is None:
            if any((folder / f"{lang}.yaml").is_file() for lang in LANGUAGES):
                self.empty = False
                self._refuse(f"{folder.name}/scenario.yaml", 1, "no_main", root)
            return
        self.empty = False
        try:
            read = read_folder(folder, main)
        except ContentError as error:
            self._broken.add(folder.name)
            self._refuse(error.file, error.line, "unreadable", root, reason=error.message)
            return
        report = _Report(read, root, self._texts, self._problems)
        _languages(report)
        try:
            model = _KINDS[main].model_validate(read.data)
        except ValidationError as error:
            self._broken.add(folder.name)
            for item in error.errors():
                key, values = _explain(item["type"], item.get("ctx", {}), item["msg"])
                report.error(key, tuple(item["loc"]), **values)
            return
        if isinstance(model, Scenario):
            self._scenarios.append((model, report))
        elif isinstance(model, Persona):
            self._personas.append((model, report))

    def _refuse(self, file: str, line: int, key: str, root: str, **values: object) -> None:
        message = self._texts.say(f"lint_{key}", **values)
        self._problems.append(_at(Problem(file, line, "error", message), root))

    def run(self, *, unused: bool = False) -> list[Problem]:
        """Every problem, in the order of the files.

        Args:
            unused: Whether a persona that no scenario uses is one.
        """
        known = {persona.id: persona for persona, _ in self._personas}
        shipped = {} if unused else _shipped_personas()
        for persona, report in self._personas:
            _persona(persona, report)
        for scenario, report in self._scenarios:
            _scenario(scenario, shipped | known, self._broken, report)
        if unused:
            used = {identifier for scenario, _ in self._scenarios for identifier in scenario.personas}
            for persona, report in self._personas:
                if persona.id not in used:
                    report.warn("persona_unused", ("id",), id=persona.id)
        found = dict.fromkeys(self._problems)
        return sorted(found, key=lambda problem: (problem.file, problem.line, problem.path))


def _shipped_personas() -> dict[str, Persona]:
    from dialogues.library import Library

    return Library.read().personas


_SCHEMA: dict[str, tuple[str, tuple[str, ...]]] = {
    "missing": ("missing", ()),
    "extra_forbidden": ("unknown_key", ()),
    "string_too_long": ("too_many_characters", ("max_length",)),
    "string_too_short": ("blank", ()),
    "string_pattern_mismatch": ("bad_id", ()),
    "string_type": ("not_text", ()),
    "too_short": ("too_few", ("min_length", "actual_length")),
    "too_long": ("too_many", ("max_length", "actual_length")),
    "literal_error": ("not_a_choice", ("expected",)),
    "enum": ("not_a_choice", ("expected",)),
    "int_parsing": ("not_a_number", ()),
    "float_parsing": ("not_a_number", ()),
    "bool_parsing": ("not_yes_or_no", ()),
    "greater_than_equal": ("too_small", ("ge",)),
    "less_than_equal": ("too_big", ("le",)),
    "tuple_type": ("not_a_list", ()),
    "dict_type": ("not_keys", ()),
    "model_type": ("not_keys", ()),
    "model_attributes_type": ("not_keys", ()),
}
"""Kinds of schema errors: the message, and what of the error's context it names."""


def _explain(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, dict[str, object]]:
    if kind not in _SCHEMA:
        return "schema", {"reason": message}
    key, names = _SCHEMA[kind]
    return key, {name: context.get(name, "?") for name in names}


def _languages(report: _Report) -> None:
    """Every language is there."""
    spoken = report.folder.data["words"]
    for lang in LANGUAGES:
        if lang not in spoken:
            report.warn("language_missing", (), lang=lang)


# What every words file is checked for ----------------------------------------------------------------


def _strings(value: Any, path: Where = ()) -> Iterator[tuple[Where, str]]:
    """Every text of a file's data, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


_CIRCUMSTANCES = frozenset({"states", "heat", "personas", "opening"})


def _prose(words: Data, lang: Lang, report: _Report) -> None:
    """Each text by itself: blank, too long, placeholders; and no text twice."""
    first: dict[str, int] = {}
    where: Where = ("words", lang)
    plain = {name for name, _ in _line_sets(words)}
    for path, text in _strings(report.folder.data["words"][lang]):
        if any(key in _CIRCUMSTANCES for key in path):
            continue
        full = (*where, *path)
        if not text.strip():
            report.error("blank", full)
        if len(text.encode("utf-16-le")) // 2 > _LONGEST:
            report.error("message_too_long", full, most=_LONGEST)
        for mark in _PLACEHOLDER.findall(text):
            if mark != "{quote}":
                report.error("placeholder", full, mark=mark, known="{quote}")
            elif path[0] not in _QUOTING and path[0] in plain:
                report.warn("quote_never", full, mark=mark)
            elif path[0] not in _QUOTING:
                report.error("quote_here", full, mark=mark)
        line = report.folder.problem(full, "").line
        if path[0] in _REPEATS:
            continue
        if text in first and text.strip():
            report.error("twice", full, text=_short(text), line=first[text])
        first.setdefault(text, line)


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def _sounds(lines: tuple[Line, ...], state: State | None, heat: Heat | None, persona: str | None) -> bool:
    """Whether some line can be said in those circumstances without quoting anybody; None for any."""
    return any(
        "{quote}" not in line.text
        and (state is None or not line.states or state in line.states)
        and (heat is None or not line.heat or heat in line.heat)
        and (persona is None or not line.personas or persona in line.personas)
        for line in lines
    )


def _gaps(
    lines: tuple[Line, ...], states: tuple[State, ...], personas: tuple[str, ...]
) -> Iterator[tuple[State, Heat, str | None]]:
    """Circumstances in which none of the lines can be said; one for each state at most."""
    for state in states:
        for heat in Heat:
            gap = next((who for who in personas or (None,) if not _sounds(lines, state, heat, who)), "")
            if gap != "":
                yield state, heat, gap
                break


def _covered(
    lines: tuple[Line, ...], name: str, path: Where, personas: tuple[str, ...], report: _Report
) -> None:
    """A set of lines has one for every state, heat and persona in which it can be asked for."""
    for state, heat, persona in _gaps(lines, _SAID_IN.get(name, _LIVE), personas):
        key = "gap_persona" if persona else "gap"
        report.warn(key, path, state=state.value, heat=heat.value, persona=persona or "")


def _line_sets(words: Data) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The fields of a words file that are sets of lines."""
    for name in type(words).model_fields:
        value = getattr(words, name)
        if isinstance(value, tuple) and value and isinstance(value[0], Line):
            yield name, value


# Personas --------------------------------------------------------------------------------------------


def _persona(persona: Persona, report: _Report) -> None:
    for lang, words in persona.words.items():
        _prose(words, lang, report)
        _reactions(words, ("words", lang, "reactions"), report)
        for name, lines in _line_sets(words):
            _covered(lines, name, ("words", lang, name), (), report)


def _reactions(words: PersonaWords, path: Where, report: _Report) -> None:
    """Every act has a reaction, whatever the state and the heat."""
    for act in Act:
        lines = words.reactions.get(act)
        if lines is None:
            report.error("no_reaction", path, act=act.value)
        else:
            _covered(lines, "reactions", (*path, act.value), (), report)


# Scenarios -------------------------------------------------------------------------------------------


def _scenario(scenario: Scenario, personas: Mapping[str, Persona], broken: set[str], report: _Report) -> None:
    _ids(scenario, report)
    for index, identifier in enumerate(scenario.personas):
        path: Where = ("personas", index)
        if identifier in personas:
            for lang in scenario.words:
                if lang not in personas[identifier].words:
                    report.error("persona_silent", path, id=identifier, lang=lang)
        elif identifier not in broken:
            report.error("persona_unknown", path, id=identifier, choices=", ".join(sorted(personas)))
    for lang, words in scenario.words.items():
        _prose(words, lang, report)
        _topics(scenario, words, ("words", lang), report)
        _vents(scenario, words, ("words", lang, "vents"), report)
        for name, lines in _line_sets(words):
            _covered(lines, name, ("words", lang, name), scenario.personas, report)
        _answers(scenario, words, ("words", lang), report)
        _tags(scenario, lang, report)


def _ids(scenario: Scenario, report: _Report) -> None:
    """The ids of scenario.yaml: each once, and a way out among the solutions."""
    for field, ids in (
        ("facts", [fact.id for fact in scenario.facts]),
        ("solutions", [solution.id for solution in scenario.solutions]),
        ("personas", list(scenario.personas)),
    ):
        counts = Counter(ids)
        for index, identifier in enumerate(ids):
            if counts[identifier] > 1 and ids.index(identifier) != index:
                report.error("id_twice", (field, index), id=identifier)
            if identifier == NEED:
                report.error("id_reserved", (field, index), id=identifier)
    for index, solution in enumerate(scenario.solutions):
        if solution.fits and solution.breaks_rule:
            report.error("fits_and_breaks", ("solutions", index), id=solution.id)
    if not any(solution.fits and not solution.breaks_rule for solution in scenario.solutions):
        report.error("no_way_out", ("solutions",))


def _topics(scenario: Scenario, words: ScenarioWords, path: Where, report: _Report) -> None:
    """Facts and solutions stand in scenario.yaml and in the words alike."""
    for field, ids, said in (
        ("facts", [fact.id for fact in scenario.facts], words.facts),
        ("solutions", [solution.id for solution in scenario.solutions], words.solutions),
    ):
        for identifier in said:
            if identifier not in ids:
                report.error("not_in_scenario", (*path, field, identifier), id=identifier, field=field)
        for index, identifier in enumerate(ids):
            if identifier not in said:
                report.error("not_in_words", (field, index), id=identifier, field=field, lang=path[1])


def _vents(scenario: Scenario, words: ScenarioWords, path: Where, report: _Report) -> None:
    """Each persona can open the session and has enough to vent."""

    def suits(burst: Burst, persona: str) -> bool:
        return not burst.personas or persona in burst.personas

    for persona in scenario.personas:
        own = [burst for burst in words.vents if suits(burst, persona)]
        if not any(burst.opening for burst in own):
            report.error("no_opening", path, persona=persona)
        if len(own) < _VENTS:
            report.error("too_few_vents", path, persona=persona, count=len(own), least=_VENTS)


def _answers(scenario: Scenario, words: ScenarioWords, path: Where, report: _Report) -> None:
    """Every persona can tell each fact and the need, and answer each solution."""
    sets: list[tuple[Where, tuple[Line, ...]]] = [
        *(((*path, "facts", key, "answers"), fact.answers) for key, fact in words.facts.items()),
        ((*path, "need", "answers"), words.need.answers),
        *(((*path, "solutions", key, "answers"), way.answers) for key, way in words.solutions.items()),
    ]
    for where, lines in sets:
        for persona in scenario.personas:
            if not _sounds(lines, None, None, persona):
                report.error("no_answer", where, persona=persona)


def _tags(scenario: Scenario, lang: Lang, report: _Report) -> None:
    """Lines are tagged with personas of the scenario only."""
    for path, text in _strings(report.folder.data["words"][lang]):
        if "personas" in path and text not in scenario.personas:
            report.error("tag_unknown", ("words", lang, *path), id=text, choices=", ".join(scenario.personas))


# The program's own texts -----------------------------------------------------------------------------


def _texts_problems(lang: Lang) -> list[Problem]:
    """What one language says and another doesn't."""
    say = texts(lang).say
    sections: dict[str, Callable[[Texts], Mapping[Any, str]]] = {
        "messages": lambda known: known.messages,
        "acts": lambda known: known.acts,
        "states": lambda known: known.states,
    }
    expected: dict[str, set[str]] = {"acts": set(Act), "states": set(State)}
    problems = []
    for section, read in sections.items():
        every = expected.get(section, set()).union(*(read(texts(known)) for known in LANGUAGES))
        for known in LANGUAGES:
            file = f"dialogues/languages/{known}/texts.yaml"
            has = read(texts(known))
            for key in sorted(every - set(has)):
                problems.append(Problem(file, 1, "error", say("lint_missing"), f"{section}.{key}"))
            for key in sorted(every & set(has)):
                if _marks(has[key]) != _marks(read(texts(LANGUAGES[0])).get(key, has[key])):
                    message = say("lint_marks_differ", lang=LANGUAGES[0])
                    problems.append(Problem(file, 1, "error", message, f"{section}.{key}"))
    return problems


def _marks(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))
