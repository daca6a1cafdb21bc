"""The coach at the keyboard: the same conversation, in plain lines."""

import io

import pytest
from rich.console import Console

from bot.render import plain
from bot.terminal import PLACE, THEME, PlainKeyboard, Terminal
from state.store import Store
from tests.fakes import MODEL, RUDE, Clock, Person, Talk


class Desk:
    """A terminal whose keyboard is a script; what it shows is kept."""

    def __init__(self, lang: str = "en", width: int = 200, store: Store | None = None) -> None:
        self.person = Person(0, language=lang)
        self.talk = Talk(store or Store.open(None), clock=Clock(), who=self.person, where=PLACE)
        self.out = io.StringIO()
        self.console = Console(file=self.out, theme=THEME, highlight=False, width=width)
        self.slept: list[float] = []
        self.drawn: list[int] = []

    def play(self, *lines: str) -> str:
        source = io.StringIO("".join(f"{line}\n" for line in lines))
        terminal = self.terminal(PlainKeyboard(self.console, source))
        terminal.start()
        terminal.play()
        return self.out.getvalue()

    def terminal(self, keyboard) -> Terminal:
        return Terminal(
            coach=self.talk.coach,
            grade=self._grade,
            console=self.console,
            keyboard=keyboard,
            person=self.person,
            clock=self.talk.clock,
            sleep=self.slept.append,
            typing=None,
            draw=self._draw,
        )

    def _grade(self, pending):
        from bot.inputs import Heard

        reader = self.talk.reader
        return Heard(pending, reader.read(pending.text, pending.context, pending.scenario, pending.earlier))

    def _draw(self, review) -> bytes:
        self.drawn.append(review.run.id)
        return b"PNG"


def test_a_whole_session_is_played_with_numbers_and_words():
    desk = Desk()
    shown = desk.play("1", "", *MODEL)
    assert "1 lost-card (en)" in shown
    assert "en vent" in shown
    assert "en ending resolved" in shown
    assert "points · resolved · passed" in shown
    assert "Retry from" in shown or "Same again" in shown
    assert shown.rstrip().endswith("Bye.")


def test_the_terminal_says_what_every_surface_says():
    desk = Desk(width=10_000)
    shown = desk.play("1", *MODEL)
    other = Talk(Store.open(None), who=desk.person, where=PLACE)
    said = other.command("start") + other.tap("lost-card")
    for reply in MODEL:
        if other.coach.in_play(0, PLACE):
            said += other.say(reply)
    for message in said:
        for line in plain(message.text).splitlines():
            assert line.strip() in shown


def test_an_empty_line_or_dots_are_silence_and_no_number_is_a_reply():
    desk = Desk()
    shown = desk.play("1", "", "……", "7")
    run = desk.talk.coach.in_play(0, PLACE)
    assert run.replies == 2
    assert "There is no choice 7" in shown
    assert "will be here when you come back" in shown


def test_a_session_is_picked_up_where_it_was():
    first = Desk()
    first.play("1", "[apologize]")
    second = Desk(store=first.talk.store)
    shown = second.play("1", "[empathize]", "/quit", "not read")
    assert "still in lost-card (en), reply 2" in shown
    assert "2 You" not in shown
    assert second.talk.coach.in_play(0, PLACE).replies == 2


def test_commands_and_what_is_unknown_are_answered():
    shown = Desk().play("/help", "/what", "/settings", "/progress", "", "x")
    for part in ("/quit leave", "I don't know that command", "Level: normal", "No scores yet", "No session"):
        assert part in shown


def test_it_speaks_chinese():
    shown = Desk("zh").play("1", "", *RUDE)
    assert "我：[provoke] 1" in shown
    assert "0 分 · 已升级 · 未通过" in shown
    assert shown.rstrip().endswith("再见。")


def test_a_picture_is_saved_on_request(tmp_path):
    desk = Desk()
    file = tmp_path / "my picture.png"
    shown = desk.play("/picture", "1", *RUDE, f"/picture {file}", f"/picture {tmp_path}/no/such.png")
    assert "no picture to save" in shown
    assert file.read_bytes() == b"PNG"
    assert f"Picture saved: {file}" in shown
    assert desk.drawn == [1, 1]
    assert "no/such.png" in shown


def test_an_exam_breaks_in_when_time_is_up():
    desk = Desk()

    class Waiting:
        """Types two lines, then thinks for too long."""

        lines = ["5", "1"]  # noqa: RUF012

        def read(self, prompt, keys, due):
            if self.lines:
                return self.lines.pop(0)
            if desk.talk.coach.in_play(0, PLACE) is None:
                raise EOFError
            assert "left" in keys()
            desk.talk.clock.now += 100
            assert due() == (desk.talk.clock.now >= desk.talk.coach.next_due())
            return None

    terminal = desk.terminal(Waiting())
    terminal.start()
    terminal.play()
    shown = desk.out.getvalue()
    assert "seconds left" in shown
    assert "Time's up" in shown
    assert "unresolved" in shown


@pytest.mark.parametrize("width", [20, 40, 80])
def test_lines_are_wrapped_to_the_width(width):
    desk = Desk("zh", width=width)
    desk.play("1", *RUDE)
    from rich.cells import cell_len

    assert max(cell_len(line) for line in desk.out.getvalue().splitlines()) <= width
