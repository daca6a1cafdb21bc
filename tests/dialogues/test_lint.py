"""What the linter says of broken scenario and persona folders."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialogues.acts import Act
from dialogues.errors import ContentError
from dialogues.languages import LANGUAGES, texts
from dialogues.library import Problem
from dialogues.lint import lint, lint_all
from dialogues.scenario import Advice, Conversations, Debrief, Endings, Lang, PersonaWords, ScenarioWords

PERSONAS = ["delivery_rider", "shop_owner", "office_worker"]
FACTS = ["since", "promise", "ticket", "amount", "machine", "place"]
SOLUTIONS = {"transfer": {"fits": "true"}, "wait": {}, "bribe": {"breaks_rule": "true"}}

Change = Callable[[dict[str, Any]], object]


def lines(name: str, count: int = 8) -> list[str]:
    return [f"{name} line {number}" for number in range(count)]


def scenario() -> dict[str, Any]:
    """A scenario.yaml with nothing wrong."""
    return {
        "version": "1",
        "cause": "system",
        "bank_at_fault": "true",
        "crisis_part": "preparing",
        "personas": list(PERSONAS),
        "facts": [{"id": fact} for fact in FACTS],
        "solutions": [{"id": key, **flags} for key, flags in SOLUTIONS.items()],
    }


def words() -> dict[str, Any]:
    """The words of one language with nothing wrong."""
    made: dict[str, Any] = {"title": "A title", "briefing": "A briefing"}
    for name, field in ScenarioWords.model_fields.items():
        if "Line" in str(field.annotation) and name not in ("facts", "need", "solutions"):
            made[name] = lines(name)
    made["vents"] = [{"say": [f"vent {number}"], "opening": str(number < 2).lower()} for number in range(6)]
    made["facts"] = {fact: {"asked": lines(f"{fact}?", 2), "answers": lines(f"{fact}!", 3)} for fact in FACTS}
    made["need"] = {"asked": lines("need?", 2), "answers": lines("need!", 3)}
    made["solutions"] = {
        key: {"named": lines(f"{key}?", 2), "answers": lines(f"{key}!", 3)} for key in SOLUTIONS
    }
    made["advice"] = {name: lines(f"advice {name}", 2) for name in Advice.model_fields}
    made["endings"] = {name: f"ending {name}" for name in Endings.model_fields}
    made["debrief"] = {name: f"debrief {name}" for name in Debrief.model_fields}
    made["conversations"] = {name: lines(f"staff {name}", 5) for name in Conversations.model_fields}
    return made


def persona_words() -> dict[str, Any]:
    """A persona's words with nothing wrong."""
    made: dict[str, Any] = {"name": "A name", "who": "Somebody"}
    for name, field in PersonaWords.model_fields.items():
        if name == "reactions":
            made[name] = {act.value: lines(act.value, 4) for act in Act}
        elif "Line" in str(field.annotation):
            made[name] = lines(name, 4)
    return made


def write(folder: Path, **files: object) -> Path:
    """A folder of YAML files; a text is written as it is, None leaves the file out."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        if content is not None:
            text = (
                content
                if isinstance(content, str)
                else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            )
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., list[Problem]]:
    """Writes a scenario with something changed, and gives what the linter finds."""

    def run(main: Change | None = None, said: Change | None = None, lang: Lang = "en") -> list[Problem]:
        data, said_data = scenario(), words()
        if main:
            main(data)
        if said:
            said(said_data)
        return lint(write(tmp_path / "lost-card", scenario=data, zh=words(), en=said_data), lang)

    return run


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_a_good_scenario_has_no_problem(check: Callable[..., list[Problem]]) -> None:
    """The folder that the other tests break has nothing wrong."""
    assert check() == []


def test_the_shipped_content_has_no_errors() -> None:
    """Nothing that is shipped keeps a session from being played."""
    assert [str(problem) for problem in lint_all(None, "en") if problem.severity == "error"] == []


def put(*path: str | int, value: object) -> Change:
    """A change that sets the value at a path; a list is extended at its length."""

    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        if isinstance(data, list) and path[-1] == len(data):
            data.append(value)
        else:
            data[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """A change that takes out what stands at a path."""

    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


MAIN_ERRORS = [
    (drop("cause"), "this is missing; add it", "cause"),
    (put("colour", value="red"), "the schema knows no such key", "colour"),
    (put("cause", value="weather"), "must be 'product'", "cause"),
    (put("version", value="one"), "must be a number", "version"),
    (put("bank_at_fault", value="perhaps"), "must be true or false", "bank_at_fault"),
    (put("facts", 0, "id", value="Since When"), "an id has small letters", "facts.0.id"),
    (put("personas", value=["shop_owner"]), "at least 3 are needed, there are 1", "personas"),
    (put("personas", value="shop_owner"), "this must be a list", "personas"),
    (put("personas", 1, value="martian"), "there is no persona martian; choose from", "personas.1"),
    (put("solutions", 0, "fits", value="false"), "no solution fits, so nobody can win", "solutions"),
    (put("solutions", 2, "fits", value="true"), "bribe can't both fit and break a rule", "solutions.2"),
    (put("facts", 6, value={"id": "extra"}), "extra is not among the facts of en.yaml", "facts.6"),
    (
        put("solutions", 3, value={"id": "extra"}),
        "extra is not among the solutions of zh.yaml",
        "solutions.3",
    ),
    (put("facts", 6, value={"id": "since"}), "since stands here twice", "facts.6"),
    (put("facts", 6, value={"id": "need"}), "need is reserved", "facts.6"),
]


@pytest.mark.parametrize(("change", "message", "path"), MAIN_ERRORS, ids=[row[1][:30] for row in MAIN_ERRORS])
def test_what_is_wrong_in_the_main_file(
    check: Callable[..., list[Problem]], change: Change, message: str, path: str
) -> None:
    """Each error names file, line and path, and says what to do."""
    found = [problem for problem in check(main=change) if message in problem.message]
    assert found, message
    assert (found[0].severity, found[0].path) == ("error", path)
    assert found[0].file.endswith("lost-card/scenario.yaml")


WORD_ERRORS = [
    (drop("calms"), "this is missing", "calms"),
    (put("calms", value=["one"]), "at least 3 are needed, there are 1", "calms"),
    (put("title", value="x" * 41), "longer than 40 characters", "title"),
    (put("calms", 0, value=""), "it is empty", "calms.0.text"),
    (put("calms", 0, value="  "), "it is empty", "calms.0"),
    (
        put("endings", "resolved", value="x" * 4097),
        "longer than one message can be (4096)",
        "endings.resolved",
    ),
    (put("endings", "resolved", value="😀" * 2049), "longer than one message can be", "endings.resolved"),
    (put("calms", 0, value="You, {name}!"), "{name} is no placeholder", "calms.0"),
    (put("vents", 0, "say", 0, value="So: {quote}"), "{quote} works only in", "vents.0.say.0"),
    (put("calms", 1, value="demands line 0"), '"demands line 0" stands on line', "calms.1"),
    (put("calms", 1, value="calms line 0"), '"calms line 0" stands on line', "calms.1"),
    (
        put("facts", "extra", value={"asked": ["a?", "b?"], "answers": ["c"]}),
        "extra is not among the facts of scenario.yaml",
        "facts.extra",
    ),
    (drop("solutions", "wait"), "at least 3 are needed", "solutions"),
    (
        put("calms", 0, value={"text": "a", "personas": ["farmer"]}),
        "the scenario has no persona farmer",
        "calms.0.personas.0",
    ),
    (
        put("calms", 0, value={"text": "a", "heat": ["boiling"]}),
        "must be 'hot', 'warm' or 'cool'",
        "calms.0.heat.0",
    ),
    (
        put(
            "vents",
            value=[{"say": [f"v{n}"], "personas": ["shop_owner"], "opening": "true"} for n in range(5)],
        ),
        "delivery_rider has 0 bursts to vent, at least 4",
        "vents",
    ),
    (put("vents", value=[{"say": [f"v{n}"]} for n in range(6)]), "has nothing to open with", "vents"),
    (
        put("need", "answers", value=[{"text": "a", "personas": ["shop_owner"]}]),
        "delivery_rider has no line here",
        "need.answers",
    ),
]


@pytest.mark.parametrize(("change", "message", "path"), WORD_ERRORS, ids=[row[1][:30] for row in WORD_ERRORS])
def test_what_is_wrong_in_the_words(
    check: Callable[..., list[Problem]], change: Change, message: str, path: str
) -> None:
    """Each error names file, line and path, and says what to do."""
    found = [problem for problem in check(said=change) if message in problem.message]
    assert found, message
    assert (found[0].severity, found[0].path) == ("error", path)
    assert found[0].file.endswith("lost-card/en.yaml")


def test_the_line_is_the_authors(check: Callable[..., list[Problem]], tmp_path: Path) -> None:
    """The line that is named is the one on which the trouble stands."""
    problem = only(check(said=put("waits", 3, value="Well, {nmae}!")))
    text = (tmp_path / "lost-card" / "en.yaml").read_text(encoding="utf-8").splitlines()
    assert "{nmae}" in text[problem.line - 1]
    assert str(problem) == (
        f"{tmp_path}/lost-card/en.yaml:{problem.line}: error: "
        "{nmae} is no placeholder; a customer's line knows only {quote} (waits.3)"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_problems_are_told_in_the_language_that_is_asked_for(
    check: Callable[..., list[Problem]], lang: Lang
) -> None:
    """A Chinese author reads Chinese."""
    problem = only(check(main=put("solutions", 0, "fits", value="false"), lang=lang))
    assert problem.message == texts(lang).say("lint_no_way_out")


def test_a_rule_breaking_solution_is_not_required(check: Callable[..., list[Problem]]) -> None:
    """A case without a forbidden way out is a good case."""
    assert check(main=put("solutions", 2, value={"id": "bribe"})) == []


def test_a_line_that_quotes_where_nothing_is_quoted_is_a_warning(check: Callable[..., list[Problem]]) -> None:
    """Such a line is never said: a loose end."""
    problem = only(check(said=put("calms", 0, value="“{quote}”, fine.")))
    assert (problem.severity, problem.path) == ("warning", "calms.0")


def test_a_mood_without_a_line_is_a_warning(check: Callable[..., list[Problem]]) -> None:
    """A set of lines that has none for some mood or persona is named with both."""
    hot = [{"text": f"only hot {number}", "heat": ["hot"]} for number in range(3)]
    problem = next(item for item in check(said=put("calms", value=hot)) if item.path == "calms")
    assert (problem.severity, problem.message) == (
        "warning",
        "delivery_rider has nothing to say when calming and warm; add a line without circumstances",
    )


def test_a_missing_language_is_a_warning(tmp_path: Path) -> None:
    """One language is enough to play in it; the other is named as missing."""
    problem = only(lint(write(tmp_path / "lost-card", scenario=scenario(), zh=words()), "en"))
    assert (problem.severity, problem.message) == (
        "warning",
        "there is no en.yaml, so it can't be played in that language; add the file",
    )


def test_no_language_at_all_is_an_error(tmp_path: Path) -> None:
    """Without words there is nothing to play."""
    found = lint(write(tmp_path / "lost-card", scenario=scenario()), "en")
    assert any(problem.severity == "error" and problem.path == "words" for problem in found)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("version: 1\nversion: 2\n", 2, "'version' stands here twice"),
        ("a: &x 1\nb: *x\n", 2, "aliases"),
        ("a: [1\n", 2, "can't be read"),
        ("- a\n", 1, "can't be read"),
    ],
)
def test_a_file_that_is_no_yaml_is_named(tmp_path: Path, text: str, line: int, message: str) -> None:
    """What can't be read is an error on its line, and the other folders are checked all the same."""
    write(tmp_path / "all" / "broken", scenario=text)
    bad = scenario()
    bad["cause"] = "weather"
    write(tmp_path / "all" / "lost-card", scenario=bad, zh=words(), en=words())
    found = lint(tmp_path / "all", "en")
    assert {problem.file for problem in found} == {
        f"{tmp_path}/all/broken/scenario.yaml",
        f"{tmp_path}/all/lost-card/scenario.yaml",
    }
    broken = next(problem for problem in found if "broken" in problem.file)
    assert broken.line == line
    assert message in broken.message


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes of another encoding are an error of their file."""
    folder = write(tmp_path / "lost-card", scenario=scenario(), zh=words())
    (folder / "en.yaml").write_bytes("title: 窗口取不出钱".encode("gb18030"))
    problem = only(lint(folder, "en"))
    assert problem.file.endswith("lost-card/en.yaml")
    assert "UTF-8" in problem.message


def test_words_without_a_main_file_are_named(tmp_path: Path) -> None:
    """A folder with words and no scenario.yaml is a scenario that was forgotten half-way."""
    write(tmp_path / "all" / "half", en=words())
    problem = only(lint(tmp_path / "all", "en"))
    assert (problem.file, problem.severity) == (f"{tmp_path}/all/half/scenario.yaml", "error")


def test_what_holds_nothing_to_check_is_refused(tmp_path: Path) -> None:
    """A folder without scenarios, and one that is not there, are no finding but an error."""
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ContentError):
            lint(path, "en")


def test_one_file_stands_for_its_folder(tmp_path: Path) -> None:
    """An author may name the file that they edit."""
    folder = write(tmp_path / "lost-card", scenario=scenario(), zh=words(), en={**words(), "title": ""})
    assert [problem.path for problem in lint(folder / "en.yaml", "en")] == ["title"]


# Personas --------------------------------------------------------------------------------------------


def persona(tmp_path: Path, said: Change | None = None, name: str = "baker") -> Path:
    made = persona_words()
    if said:
        said(made)
    return write(tmp_path / "personas" / name, persona={"anger": "60"}, zh=persona_words(), en=made)


def test_a_good_persona_has_no_problem(tmp_path: Path) -> None:
    assert lint(persona(tmp_path), "en") == []


@pytest.mark.parametrize(
    ("change", "severity", "message", "path"),
    [
        (drop("reactions", "hush"), "error", "no reaction to hush", "reactions"),
        (put("reactions", "sing", value=["a"]), "error", "must be 'listen'", "reactions.sing"),
        (
            put("reactions", "hush", 0, value="You, {you}!"),
            "error",
            "{you} is no placeholder",
            "reactions.hush.0",
        ),
        (put("silence", 0, value="Again “{quote}”"), "warning", "nothing can be quoted here", "silence.0"),
        (
            put("reactions", "hush", value=[{"text": f"q{n}", "heat": ["hot", "cool"]} for n in range(4)]),
            "warning",
            "nothing can be said when venting and warm",
            "reactions.hush",
        ),
        (put("name", value="x" * 21), "error", "longer than 20 characters", "name"),
    ],
)
def test_what_is_wrong_with_a_persona(
    tmp_path: Path, change: Change, severity: str, message: str, path: str
) -> None:
    """Acts without a reaction, moods without a line, placeholders that nobody fills."""
    found = [problem for problem in lint(persona(tmp_path, change), "en") if message in problem.message]
    assert found
    assert (found[0].severity, found[0].path.removesuffix(".[key]")) == (severity, path)


def test_a_quoting_reaction_is_fine(tmp_path: Path) -> None:
    """Reactions are where the customer throws words back."""
    assert lint(persona(tmp_path, put("reactions", "hush", 0, value="“{quote}”? Really?")), "en") == []


def test_a_scenario_may_use_the_authors_own_persona(tmp_path: Path) -> None:
    """Personas that stand beside the scenarios are known to them, with the languages that they speak."""
    data = scenario()
    data["personas"] = [*PERSONAS, "baker"]
    write(tmp_path / "scenarios" / "lost-card", scenario=data, zh=words(), en=words())
    made = copy.deepcopy(persona_words())
    write(tmp_path / "personas" / "baker", persona={"anger": "60"}, zh=made)
    found = [str(problem) for problem in lint(tmp_path, "en") if problem.severity == "error"]
    assert len(found) == 1
    assert "the persona baker has no words in en; give it a en.yaml" in found[0]
