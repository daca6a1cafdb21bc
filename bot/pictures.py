"""The picture of a session: anger down the turns with the acts beside it, and the criteria as bars.

One upright card for a phone: time runs downwards as in a chat, so that every act can be named in
readable type. What was done well is a blue dot, a fault an orange diamond, a good act at the wrong
moment a hollow ring: form and colour both tell, for eyes that don't tell colours apart.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from dialogues.acts import FAULTS
from dialogues.grading.rubric import Result, Scorecard
from dialogues.languages import Texts, texts
from dialogues.scenario import Lang, Persona, Scenario
from dialogues.turn import OUTCOMES, State, Turn

WIDTH = 1080
"""Pixels across; the height follows from the number of turns."""

_SCALE = 2
"""Everything is drawn this many times larger and then reduced, for smooth edges."""

_MARGIN = 56
_FONT_FILE = "NotoSansCJK-VF.otf.ttc"
_SIMPLIFIED = 2
"""The face of the collection that draws Han characters as they are written in mainland China."""

Color = tuple[int, int, int]


class _Palette(NamedTuple):
    paper: Color = (247, 245, 240)
    card: Color = (255, 255, 255)
    ink: Color = (31, 42, 51)
    quiet: Color = (104, 116, 126)
    faint: Color = (226, 229, 231)
    track: Color = (236, 238, 240)
    good: Color = (0, 104, 168)
    fault: Color = (205, 84, 0)
    misfit: Color = (128, 138, 147)
    hot: Color = (253, 236, 224)
    warm: Color = (253, 246, 235)
    cool: Color = (232, 242, 249)
    line: Color = (62, 76, 88)


_P = _Palette()

_OUTCOME_COLORS: dict[State, Color] = {
    State.RESOLVED: _P.good,
    State.UNRESOLVED: _P.quiet,
    State.ESCALATED: _P.fault,
}


# Type ------------------------------------------------------------------------------------------------


@cache
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    with as_file(files("manimgx_fonts_cjk") / _FONT_FILE) as path:
        font = ImageFont.truetype(str(path), size * _SCALE, index=_SIMPLIFIED)
    font.set_variation_by_axes([weight])
    return font


_REGULAR, _MEDIUM, _BOLD = 400, 500, 700
_MISSING = "\U0010fffe"
"""A character that no font has: what is drawn for it is drawn for every missing one."""


@cache
def drawable(char: str) -> bool:
    """Whether the font has a glyph for a character; emoji, for one, it has not."""
    if char.isspace():
        return True
    font = _font(40, _REGULAR)
    return bytes(font.getmask(char)) != bytes(font.getmask(_MISSING))


def plain(text: str) -> str:
    """A text with what the font can't draw left out, on one line."""
    return " ".join("".join(char for char in text if drawable(char)).split())


@dataclass(frozen=True, slots=True)
class _Type:
    """A size (in pixels of the finished picture) and a weight."""

    size: int
    weight: int = _REGULAR

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        return _font(self.size, self.weight)

    def width(self, text: str) -> float:
        return self.font.getlength(text) / _SCALE

    def fit(self, text: str, width: float) -> str:
        """The text, shortened with an ellipsis where it is wider than that."""
        if self.width(text) <= width:
            return text
        while text and self.width(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def wrap(self, text: str, width: float, most: int) -> list[str]:
        """The text in at most so many lines; what does not fit ends in an ellipsis."""
        lines: list[str] = []
        rest = text
        while rest and len(lines) < most - 1 and self.width(rest) > width:
            cut = self._cut(rest, width)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        return [*lines, self.fit(rest, width)] if rest else lines

    def _cut(self, text: str, width: float) -> int:
        cut = next((at for at in range(1, len(text) + 1) if self.width(text[:at]) > width), len(text) + 1)
        cut = max(1, cut - 1)
        blank = text.rfind(" ", 0, cut + 1)
        breaks_word = cut < len(text) and text[cut - 1].isascii() and text[cut].isascii()
        return blank if breaks_word and blank > 0 else cut


_TITLE = _Type(58, _BOLD)
_WHO = _Type(34)
_SCORE = _Type(104, _BOLD)
_SMALL = _Type(30)
_LABEL = _Type(32, _MEDIUM)
_PILL = _Type(34, _MEDIUM)
_NAME = _Type(29, _MEDIUM)
_VALUE = _Type(27)


# Drawing ---------------------------------------------------------------------------------------------


class _Canvas:
    """Draws in pixels of the finished picture."""

    def __init__(self, height: int) -> None:
        self._image = Image.new("RGB", (WIDTH * _SCALE, height * _SCALE), _P.paper)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, x: float, y: float, text: str, kind: _Type, color: Color = _P.ink, anchor: str = "lm"
    ) -> None:
        self._draw.text((x * _SCALE, y * _SCALE), text, font=kind.font, fill=color, anchor=anchor)

    def box(self, x: float, y: float, width: float, height: float, color: Color, radius: float = 0) -> None:
        if width <= 0:
            return
        self._draw.rounded_rectangle(
            (x * _SCALE, y * _SCALE, (x + width) * _SCALE - 1, (y + height) * _SCALE - 1),
            min(radius, width / 2, height / 2) * _SCALE,
            fill=color,
        )

    def line(self, points: Sequence[tuple[float, float]], color: Color, width: float) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=color, width=round(width * _SCALE), joint="curve")

    def polygon(self, points: Sequence[tuple[float, float]], color: Color) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=color)

    def circle(self, x: float, y: float, radius: float, color: Color) -> None:
        self._draw.ellipse([(at + sign * radius) * _SCALE for sign in (-1, 1) for at in (x, y)], fill=color)

    def arc(
        self, x: float, y: float, radius: float, start: float, end: float, color: Color, width: float
    ) -> None:
        """Part of a circle, in degrees clockwise from three o'clock."""
        self._draw.arc(
            [(at + sign * radius) * _SCALE for sign in (-1, 1) for at in (x, y)],
            start,
            end,
            fill=color,
            width=round(width * _SCALE),
        )

    def mark(self, x: float, y: float, kind: str, size: float) -> None:
        """A dot for what was done well, a diamond for a fault, a ring for the wrong moment."""
        match kind:
            case "fault":
                reach = size * 1.3
                self.polygon([(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)], _P.fault)
            case "misfit":
                self.circle(x, y, size, _P.misfit)
                self.circle(x, y, size * 0.55, _P.card)
            case _:
                self.circle(x, y, size, _P.good)

    def face(self, x: float, y: float, radius: float, anger: int) -> None:
        """A face whose mouth and brows show the anger (0–100)."""
        share = anger / 100
        calm, angry = (250, 214, 137), (240, 154, 102)
        skin = tuple(round(low + (high - low) * share) for low, high in zip(calm, angry, strict=True))
        self.circle(x, y, radius, (skin[0], skin[1], skin[2]))
        eye, mood = radius * 0.36, (0.5 - share) * 2
        for side in (-1, 1):
            self.circle(x + side * eye, y - radius * 0.08, radius * 0.1, _P.ink)
            inner = (x + side * eye * 0.45, y - radius * (0.36 - 0.16 * max(0.0, -mood)))
            outer = (x + side * eye * 1.55, y - radius * (0.36 + 0.12 * max(0.0, -mood)))
            self.line([inner, outer], _P.ink, radius * 0.09)
        mouth = [
            (x + step * radius * 0.09, y + radius * (0.42 + 0.2 * mood * (1 - (step / 5) ** 2) - 0.06 * mood))
            for step in range(-5, 6)
        ]
        self.line(mouth, _P.ink, radius * 0.1)

    def png(self) -> bytes:
        """The finished picture."""
        reduced = self._image.reduce(_SCALE)
        out = io.BytesIO()
        reduced.save(out, "PNG", optimize=True)
        return out.getvalue()


# The parts of the picture ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the chart.

    Attributes:
        label: What stands at its left.
        anger: Anger at that moment.
        acts: Kind and name of each act.
        note: What stands where there are no acts.
    """

    label: str
    anger: int
    acts: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def kind(self) -> str:
        """The mark on the line: a fault outweighs the rest."""
        kinds = [kind for kind, _ in self.acts]
        return next((kind for kind in ("fault", "good", "misfit") if kind in kinds), "none")


_TWO_LINES = 92
"""Height of a row from which it has room for two lines of acts."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the chart stands; sizes shrink as the turns grow in number."""

    top: float
    step: float
    rows: int
    left: float = _MARGIN + 96
    right: float = _MARGIN + 96 + 280

    @property
    def type(self) -> _Type:
        return _Type(34 if self.step >= _TWO_LINES else 32 if self.step >= 60 else 29, _MEDIUM)

    @property
    def height(self) -> float:
        return self.step * self.rows

    def y(self, row: int) -> float:
        return self.top + self.step * (row + 0.5)

    def x(self, anger: float) -> float:
        return self.left + (self.right - self.left) * anger / 100


def _step(rows: int) -> int:
    """Height of a row: roomy for a short talk, tight for a long one."""
    return max(47, min(100, 960 // max(1, rows)))


def session_picture(
    turns: Sequence[Turn], scorecard: Scorecard, scenario: Scenario, persona: Persona, lang: Lang
) -> bytes:
    """Draw a session.

    Safe to call from any thread; takes some tenths of a second.

    Args:
        turns: Its turns, in order.
        scorecard: Its grade.
        scenario: What it was about; has words in the language.
        persona: Who was upset; likewise.
        lang: Language of everything that is written in the picture.

    Returns:
        A PNG, 1080 pixels wide.
    """
    words = texts(lang)
    rows = list(_rows(turns, words))
    title = _TITLE.wrap(plain(scenario.words[lang].title), WIDTH - 2 * _MARGIN - 250, 2)
    head = 208 + 72 * len(title) + 50 * len(scorecard.blockers)
    frame = _Frame(head + 104, _step(len(rows)), len(rows))
    bars = frame.top + frame.height + 60
    canvas = _Canvas(round(bars + 2 * 104 + 56))
    _header(canvas, scorecard, title, _who(persona, lang), words)
    canvas.box(28, head, WIDTH - 56, frame.top + frame.height + 28 - head, _P.card, 32)
    _chart(canvas, frame, rows, head, words)
    _criteria(canvas, bars, scorecard.results, words)
    version = words.say("picture_version", version=scorecard.version)
    canvas.text(WIDTH - _MARGIN, bars + 2 * 104 + 26, version, _Type(24), _P.misfit, "rm")
    return canvas.png()


def _who(persona: Persona, lang: Lang) -> str:
    words = persona.words[lang]
    return plain(f"{words.name} · {words.who}")


def _rows(turns: Sequence[Turn], words: Texts) -> Iterator[_Row]:
    if not turns:
        return
    before, after = turns[0].anger_before, turns[-1].anger_after
    yield _Row(words.say("picture_opening"), before)
    for turn in turns:
        if turn.reading is None:
            continue
        acts: dict[tuple[str, str], None] = {}
        for effect in turn.effects:
            act = effect.move.act
            kind = "fault" if act in FAULTS else "misfit" if effect.misfit else "good"
            acts.setdefault((kind, plain(words.acts[act])))
        ranked = sorted(acts, key=lambda item: ("fault", "good", "misfit").index(item[0]))
        yield _Row(str(turn.number), turn.anger_after, tuple(ranked), words.say("picture_nothing"))
    yield _Row(words.say("picture_end"), after, note=words.say("picture_change", before=before, after=after))


def _header(canvas: _Canvas, card: Scorecard, title: Sequence[str], who: str, words: Texts) -> None:
    y = 84.0
    for line in title:
        canvas.text(_MARGIN, y, line, _TITLE)
        y += 72
    canvas.text(_MARGIN, y - 8, _clauses(who, WIDTH - 2 * _MARGIN - 250), _WHO, _P.quiet)
    y += 58
    x = float(_MARGIN)
    for text, color in _verdicts(card, words):
        width = _PILL.width(text) + 48
        canvas.box(x, y - 30, width, 60, color, 30)
        canvas.text(x + width / 2, y - 1, text, _PILL, _P.card, "mm")
        x += width + 16
    for blocker in card.blockers:
        y += 50
        canvas.mark(_MARGIN + 12, y + 10, "fault", 10)
        text = words.say(f"blocker_{blocker}")
        canvas.text(_MARGIN + 36, y + 9, _SMALL.fit(text, WIDTH - 2 * _MARGIN - 36), _SMALL, _P.fault)
    _dial(canvas, WIDTH - _MARGIN - 108, 160, card, words)


def _clauses(text: str, width: float) -> str:
    """As many of the text's clauses as there is room for, or the first one shortened."""
    ends = [found.start() for found in _CLAUSE_END.finditer(text)]
    fitting = [text[:end] for end in ends if _WHO.width(text[:end]) <= width]
    return text if _WHO.width(text) <= width else fitting[-1] if fitting else _WHO.fit(text, width)


_CLAUSE_END = re.compile(r"[，。；,.;](?=\s|\D|$)")


def _verdicts(card: Scorecard, words: Texts) -> Iterator[tuple[str, Color]]:
    yield words.states[card.outcome], _OUTCOME_COLORS.get(card.outcome, _P.quiet)
    if card.outcome in OUTCOMES:
        color = _P.good if card.passed else _P.fault
        yield words.say("passed" if card.passed else "not_passed"), color


def _dial(canvas: _Canvas, x: float, y: float, card: Scorecard, words: Texts) -> None:
    """The score as a number in a ring."""
    canvas.arc(x, y, 108, 0, 360, _P.faint, 18)
    if card.score:
        color = _P.good if card.passed else _P.fault
        canvas.arc(x, y, 108, -90, -90 + 3.6 * card.score, color, 18)
    canvas.text(x, y - 10, str(card.score), _SCORE if card.score < 100 else _Type(86, _BOLD), anchor="mm")
    canvas.text(x, y + 54, words.say("picture_points"), _Type(28), _P.quiet, "mm")


def _chart(canvas: _Canvas, frame: _Frame, rows: Sequence[_Row], head: float, words: Texts) -> None:
    canvas.text(_MARGIN, head + 44, words.say("picture_anger"), _LABEL)
    _legend(canvas, head + 44, words)
    for low, high, color in ((0, 35, _P.cool), (35, 65, _P.warm), (65, 100, _P.hot)):
        canvas.box(frame.x(low), frame.top, frame.x(high) - frame.x(low), frame.height, color)
    for low in (0, 50, 100):
        canvas.text(frame.x(low), frame.top - 20, str(low), _Type(24), _P.quiet, "mm")
    points = [(frame.x(row.anger), frame.y(at)) for at, row in enumerate(rows)]
    if len(points) > 1:
        canvas.line(points, _P.line, 6)
    for at, (row, (x, y)) in enumerate(zip(rows, points, strict=True)):
        if at > 1:
            edge = y - frame.step / 2
            canvas.line([(frame.right + 20, edge), (WIDTH - _MARGIN, edge)], _P.track, 1.5)
        canvas.text(_MARGIN, y, row.label, frame.type, _P.quiet)
        if at in (0, len(rows) - 1):
            canvas.face(x, y, min(32.0, frame.step * 0.47), row.anger)
        elif row.kind == "none":
            canvas.circle(x, y, 13, _P.card)
            canvas.circle(x, y, 7, _P.line)
        else:
            canvas.circle(x, y, 14, _P.card)
            canvas.mark(x, y, row.kind, 10)
        _acts(canvas, frame, row, y)


def _acts(canvas: _Canvas, frame: _Frame, row: _Row, y: float) -> None:
    """The names of a row's acts, as many as there is room for."""
    left, right = frame.right + 32.0, WIDTH - _MARGIN
    kind = frame.type
    if not row.acts:
        canvas.text(left, y, kind.fit(row.note, right - left), kind, _P.misfit)
        return
    lines = 2 if frame.step >= _TWO_LINES else 1
    placed = _place(row.acts, kind, left, right, lines)
    used = 1 + max(line for _, _, line in placed)
    for (mark, name), x, line in placed:
        at = y + (line - (used - 1) / 2) * kind.size * 1.28
        if mark == "more":
            canvas.text(x, at, name, kind, _P.quiet)
            continue
        canvas.mark(x + 12, at + 1, mark, 10)
        color = {"fault": _P.fault, "misfit": _P.quiet}.get(mark, _P.ink)
        canvas.text(x + 32, at, name, kind, color)


def _place(
    acts: Sequence[tuple[str, str]], kind: _Type, left: float, right: float, lines: int
) -> list[tuple[tuple[str, str], float, int]]:
    """Each act with its x and its line; the last place tells how many more there are, if any."""
    placed: list[tuple[tuple[str, str], float, int]] = []
    x, line = left, 0
    for at, act in enumerate(acts):
        width = 32 + kind.width(act[1])
        rest = len(acts) - at - 1
        if x > left and line < lines - 1 and x + width > right:
            x, line = left, line + 1
        more = 24 + kind.width(f"+{rest}") if rest and line == lines - 1 else 0
        if x > left and x + width + more > right:
            placed.append((("more", f"+{rest + 1}"), x, line))
            break
        placed.append((act, x, line))
        x += width + 24
    return placed


def _legend(canvas: _Canvas, y: float, words: Texts) -> None:
    x = float(WIDTH - _MARGIN)
    for kind in ("misfit", "fault", "good"):
        text = words.say(f"picture_{kind}")
        x -= _SMALL.width(text)
        canvas.text(x, y, text, _SMALL, _P.quiet)
        x -= 24
        canvas.mark(x + 4, y + 1, kind, 10)
        x -= 34


def _criteria(canvas: _Canvas, top: float, results: Sequence[Result], words: Texts) -> None:
    """Three columns of bars."""
    gap = 40
    width = (WIDTH - 2 * _MARGIN - 2 * gap) / 3
    for number, result in enumerate(results):
        x = _MARGIN + (number % 3) * (width + gap)
        y = top + (number // 3) * 104 + 22
        share = result.points / result.max if result.max else 1.0
        value = f"{result.points}/{result.max}"
        name = words.say(f"criterion_{result.criterion}")
        canvas.text(x, y, _NAME.fit(name, width - _VALUE.width(value) - 10), _NAME)
        canvas.text(x + width, y, value, _VALUE, _P.quiet, "rm")
        canvas.box(x, y + 30, width, 18, _P.faint, 9)
        color = _P.fault if share < _WEAK else _P.good
        canvas.box(x, y + 30, max(18.0, width * share) if share else 0, 18, color, 9)


_WEAK = 0.5
"""Share of a criterion's points below which its bar takes the colour of a fault."""
