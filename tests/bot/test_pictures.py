"""The picture of a session."""

import io
import unicodedata

import pytest
from PIL import Image

from bot.pictures import WIDTH, drawable, plain, session_picture
from dialogues.acts import Act
from dialogues.grading.rubric import score
from dialogues.languages import LANGUAGES, texts
from dialogues.scenario import Lang
from dialogues.turn import Move, Reading
from state.session import Session, Setup, Stop
from tests.strategies import LIBRARY


def reading(*acts: Act) -> Reading:
    """A reply of some acts."""
    text = ",".join(acts)
    return Reading(text, tuple(Move(act, text.index(act), text.index(act) + len(act)) for act in acts))


def session(lang: Lang, replies: int) -> Session:
    """A session of so many replies, faults and all."""
    scenario = next(scenario for scenario in LIBRARY.scenarios.values() if lang in scenario.words)
    played = Session(Setup(scenario, LIBRARY.personas[scenario.personas[0]], lang=lang))
    kinds = [
        (Act.LISTEN,),
        (Act.APOLOGIZE, Act.EMPATHIZE, Act.OWN, Act.COMMIT, Act.COMFORT),
        (Act.HUSH, Act.ASK_SPECIFIC),
        (Act.ASK_OPEN, Act.ASK_NEED),
        (),
    ]
    for number in range(replies):
        if played.ended:
            break
        played.happen(reading(*kinds[number % len(kinds)]))
    if not played.ended:
        played.happen(Stop.GAVE_UP)
    return played


def drawn(played: Session) -> bytes:
    setup = played.setup
    return session_picture(
        played.turns, score(played.turns, setup.scenario), setup.scenario, setup.persona, setup.lang
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("replies", [0, 1, 8, 20])
def test_it_is_an_upright_png_for_a_phone(lang: Lang, replies: int) -> None:
    """It is 1080 pixels wide and never so tall that a phone would shrink it beyond reading."""
    picture = Image.open(io.BytesIO(drawn(session(lang, replies))))
    assert (picture.format, picture.width) == ("PNG", WIDTH)
    assert picture.height <= 2 * WIDTH


def test_it_is_the_same_each_time() -> None:
    """The same session gives the same bytes."""
    assert drawn(session("zh", 8)) == drawn(session("zh", 8))


def test_good_and_fault_differ_in_colour_and_form() -> None:
    """A fault is not drawn as a good act in another colour."""
    good, fault = (Image.open(io.BytesIO(drawn(_one(act)))).convert("L") for act in (Act.EMPATHIZE, Act.HUSH))
    assert good.tobytes() != fault.tobytes()


def _one(act: Act) -> Session:
    scenario = next(iter(LIBRARY.scenarios.values()))
    played = Session(Setup(scenario, LIBRARY.personas[scenario.personas[0]]))
    played.happen(reading(act))
    return played


def _written() -> dict[str, str]:
    found = {}
    for lang in LANGUAGES:
        words = texts(lang)
        found |= {f"{lang}.{key}": text for key, text in words.messages.items()}
        found |= {f"{lang}.{act}": name for act, name in words.acts.items()}
        found |= {f"{lang}.{state}": name for state, name in words.states.items()}
    for scenario in LIBRARY.scenarios.values():
        found |= {f"{scenario.id}.{lang}": words.title for lang, words in scenario.words.items()}
    for persona in LIBRARY.personas.values():
        found |= {f"{persona.id}.{lang}": f"{words.name}{words.who}" for lang, words in persona.words.items()}
    return found


def _in_pictures(key: str) -> bool:
    """Whether a text is one that pictures say; others are said in chats, where emoji are at home."""
    name = key.partition(".")[2]
    said = ("picture_", "criterion_", "blocker_", "passed", "not_passed")
    return name not in texts("zh").messages or name.startswith(said)


def _emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk", "Mn", "Cf")


def test_no_glyph_is_missing() -> None:
    """Every character of every text, title and persona can be drawn."""
    missing = {
        key: char
        for key, text in _written().items()
        for char in text
        if not drawable(char) and (_in_pictures(key) or not _emoji(char))
    }
    assert not missing


@pytest.mark.parametrize("char", "龘犇㍿鿍饕餮骨直门Añ€“”…—→·")
def test_rare_characters_are_drawable(char: str) -> None:
    """The font has far more than the two languages need."""
    assert drawable(char)


@pytest.mark.parametrize("char", ["😀", "🏦", "\U0010fffd"])
def test_what_the_font_lacks_is_known(char: str) -> None:
    """A missing glyph is recognised, else the test of the texts would prove nothing."""
    assert not drawable(char)


def test_emoji_are_left_out() -> None:
    """A title with an emoji is drawn without it, and no empty box in its place."""
    assert plain("取不出钱 😡🏧 怎么办") == "取不出钱 怎么办"
