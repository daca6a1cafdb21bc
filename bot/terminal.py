"""The coach at the keyboard: the very same conversation, with numbers for buttons.

An empty line or "……" is silence, a number alone presses a button, a word behind a slash is a
command. Where input or output is no terminal, plain lines are read and written.
"""

import asyncio
import random
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from bot.actions import Verb, action
from bot.coach import Coach
from bot.desk import Desk, Review
from bot.errors import CommandError
from bot.inputs import Command, Heard, Input, Pending, Person, Place, Press, Said, Silence, What
from bot.messages import Button, Kind, Message, pause
from bot.render import terminal, wrap
from bot.worker import Worker
from dialogues.languages import Texts
from state.errors import NoSession
from state.store import Run, Store

if TYPE_CHECKING:
    from bot.call import Call
    from dialogues.grading.reading import Reader

PERSON = 0
PLACE = Place(0, "terminal")

THEME = Theme(
    {
        "customer": "bold",
        "coach": "cyan",
        "strong": "bold",
        "scene": "italic",
        "command": "green",
        "choice": "yellow",
        "quiet": "dim",
    }
)
"""Names before colours."""

_WATCH_SECONDS = 0.5
_MINUTE = 60
_NARROWEST = 20
_UNWRAPPED = 10_000
_NUMBER = re.compile(r"\s*(\d{1,2})\s*[.、。)]?\s*")


class Grades(Protocol):
    """What grades a reply."""

    def __call__(self, pending: Pending) -> Heard:
        """Grade it."""


class Keyboard(Protocol):
    """Where lines come from."""

    def read(self, prompt: str, keys: Callable[[], str], due: Callable[[], bool]) -> str | None:
        """The next line; None where something has become due before it was finished.

        Args:
            prompt: What stands before it.
            keys: What can be typed and how much time is left, shown below where there is room.
            due: Whether something has become due.

        Raises:
            EOFError: No more lines come.
        """


class PlainKeyboard:
    """Lines from a file or a pipe, shown as they are read."""

    def __init__(self, console: Console, source: TextIO | None = None) -> None:
        self._console = console
        self._source = source or sys.stdin

    def read(self, prompt: str, keys: Callable[[], str], due: Callable[[], bool]) -> str | None:
        """The next line of the file."""
        line = self._source.readline()
        if not line:
            raise EOFError
        line = line.rstrip("\r\n")
        self._console.print(f"{prompt}{line}", style="strong", markup=False)
        self._console.print()
        return line


class LiveKeyboard:
    """Lines from a person, with editing, a clock below, and time limits that break in."""

    def __init__(self) -> None:
        from prompt_toolkit import PromptSession

        self._session: PromptSession[str | None] = PromptSession()
        self._begun = ""

    def read(self, prompt: str, keys: Callable[[], str], due: Callable[[], bool]) -> str | None:
        """The next line that the person types; what they had begun is kept when something breaks in."""
        from prompt_toolkit.application import get_app

        def begin() -> None:
            get_app().create_background_task(self._watch(due))

        line = self._session.prompt(
            prompt,
            default=self._begun,
            bottom_toolbar=keys,
            refresh_interval=_WATCH_SECONDS,
            pre_run=begin,
        )
        if line is not None:
            self._begun = ""
        return line

    async def _watch(self, due: Callable[[], bool]) -> None:
        from prompt_toolkit.application import get_app

        while not due():  # noqa: ASYNC110 (it is the clock that is watched, nobody tells)
            await asyncio.sleep(_WATCH_SECONDS)
        self._begun = get_app().current_buffer.text
        get_app().exit(result=None)


@dataclass
class Terminal:
    """One person at one keyboard.

    Attributes:
        coach: The conversation.
        grade: Grades a reply.
        console: Where it is shown.
        keyboard: Where lines come from.
        person: Who sits there.
        clock: Gives the time, in seconds since 1970.
        sleep: Waits for some seconds.
        typing: Seconds that a customer's line takes; None for lifelike.
        draw: Draws a session as a PNG.
    """

    coach: Coach
    grade: Grades
    console: Console
    keyboard: Keyboard
    person: Person
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    typing: float | None
    draw: Callable[[Review], bytes]
    _choices: list[Button] = field(default_factory=list)

    def start(self) -> None:
        """Greet, or take up what was left."""
        self._do(Command("start"))

    def begin(self, scenario: str, *, persona: str = "", seed: int | None = None) -> None:
        """Start a scenario without a menu.

        Raises:
            DialogueError: It can't be played.
        """
        self.show(self.coach.begin(self.person, PLACE, scenario, persona=persona, seed=seed))

    def prefer(self, preferences: Mapping[str, str]) -> None:
        """Keep preferences, by their names."""
        for name, value in preferences.items():
            self.coach.handle(Input(self.person, PLACE, Press(action(Verb.SET, name, value))))

    def play(self) -> None:
        """Read lines and answer them, until no more come."""
        while True:
            self._show_due()
            try:
                line = self._read()
            except (EOFError, KeyboardInterrupt):
                break
            if line is None:
                continue
            if line.strip().split(maxsplit=1)[:1] == ["/quit"]:
                break
            self.hear(line)
        run = self._run()
        self._tell("terminal_left" if run else "terminal_bye")

    def hear(self, line: str) -> None:
        """Answer one line."""
        text = line.strip()
        number = _NUMBER.fullmatch(line)
        if text.startswith("/picture"):
            self.save(text.removeprefix("/picture").strip())
        elif text.startswith("/"):
            name, _, args = text[1:].partition(" ")
            self._do(Command(name.lower(), args.strip()))
        elif number and self._choices:
            self._choose(int(number.group(1)))
        elif text:
            self._do(Said(line))
        elif self._run():
            self._do(Silence())
        else:
            self._offer()

    def save(self, name: str) -> None:
        """Save a picture of the session that ended last."""
        try:
            review = self.coach.latest(self.person.id)
        except NoSession:
            self._tell("terminal_picture_none")
            return
        file = (Path(name) if name else Path.home() / f"lobby-drill-{review.run.id}.png").expanduser()
        try:
            file.write_bytes(self.draw(review))
        except OSError as error:
            self._tell("cli_cannot_write", file=file, reason=error.strerror)
            return
        self._tell("terminal_picture_saved", file=file)

    def show(self, messages: list[Message]) -> None:
        """Show messages in order."""
        for message in messages:
            self._wait(message)
            self._show(message)
        chosen = [
            button
            for message in reversed(messages)
            for row in message.buttons
            for button in row
            if button.action
        ]
        if any(message.kind is not Kind.TOAST for message in messages):
            self._choices = chosen or ([] if self._ended(messages) else self._choices)
        self._offer()

    # Reading ---------------------------------------------------------------------------------------

    def _read(self) -> str | None:
        prompt = "terminal_prompt" if self._run() else "terminal_choose"
        return self.keyboard.read(self._texts.say(prompt), self._keys, self._is_due)

    def _keys(self) -> str:
        run = self._run()
        if run is None or run.deadline is None:
            return self._texts.say("terminal_keys")
        left = max(0, round(run.deadline - self.clock()))
        clock = self._texts.say("terminal_clock", time=f"{left // _MINUTE}:{left % _MINUTE:02d}")
        return f"{clock} · {self._texts.say('terminal_keys')}"

    def _is_due(self) -> bool:
        due = self.coach.next_due()
        return due is not None and due <= self.clock()

    def _choose(self, number: int) -> None:
        if not 1 <= number <= len(self._choices):
            self._tell("terminal_no_choice", number=number)
            self._offer()
            return
        self._do(Press(self._choices[number - 1].action))

    # Doing -----------------------------------------------------------------------------------------

    def _do(self, what: What) -> None:
        given = Input(self.person, PLACE, what)
        pending = self.coach.pending(given)
        heard = self.grade(pending) if pending else None
        self.show(self.coach.handle(given, heard))

    def _show_due(self) -> None:
        while self._is_due():
            for where, messages in self.coach.due():
                if where == PLACE:
                    self.show(messages)

    def _run(self) -> Run | None:
        return self.coach.in_play(self.person.id, PLACE)

    @property
    def _texts(self) -> Texts:
        return self.coach.texts(self.person)

    # Showing ---------------------------------------------------------------------------------------

    def _wait(self, message: Message) -> None:
        seconds = pause(message, self.typing)
        if not seconds or not self.console.is_terminal:
            return
        with self.console.status(self._texts.say("terminal_typing")):
            self.sleep(seconds)

    def _show(self, message: Message) -> None:
        text = terminal(message.text)
        indent = 2
        if message.kind is Kind.CUSTOMER:
            text.stylize_before("customer")
            indent = 0
        for line in wrap(text, max(_NARROWEST, self.console.width - indent)):
            self.console.print(Text(" " * indent).append_text(line) if line.plain else "", no_wrap=True)
        self.console.print()
        if message.picture is not None:
            self._tell("terminal_picture_hint")
            self.console.print()

    def _offer(self) -> None:
        for number, button in enumerate(self._choices, 1):
            self.console.print(f"  {number} {button.label}", style="choice", markup=False, highlight=False)
        if self._choices:
            self.console.print()

    def _tell(self, key: str, **values: object) -> None:
        self.console.print(self._texts.say(key, **values), style="quiet", markup=False, highlight=False)

    def _ended(self, messages: list[Message]) -> bool:
        return self._run() is None and any(message.kind is Kind.CUSTOMER for message in messages)


def practice(call: "Call") -> int:
    """``lobby-drill practice``: plays at the keyboard; gives the exit status.

    Raises:
        BotError: A setting or an argument can't be used.
        StoreError: The database can't be used.
        DialogueError: There is no such scenario, or the grader's weights are broken.
    """
    settings = call.settings
    live = sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(theme=THEME, highlight=False, width=None if sys.stdout.isatty() else _UNWRAPPED)
    store = Store.open(settings.database_file(call.environ))
    grader = Worker("grader", _load_reader)
    try:
        grader.submit(lambda reader: None)
        surface = Terminal(
            coach=Coach(
                Desk(
                    store,
                    call.library,
                    clock=time.time,
                    rng=random.Random(),
                    lang=settings.lang,
                    zone=settings.zone,
                    owners=settings.owners,
                    terminal=True,
                )
            ),
            grade=lambda pending: grader.submit(lambda reader: _read(reader, pending)).result(),
            console=console,
            keyboard=LiveKeyboard() if live else PlainKeyboard(console),
            person=Person(PERSON, language=call.lang),
            clock=time.time,
            sleep=time.sleep,
            typing=settings.typing,
            draw=_draw,
        )
        _begin(surface, call)
        surface.play()
    finally:
        grader.close()
        store.close()
    return 0


def _begin(surface: Terminal, call: "Call") -> None:
    args = call.args
    wanted = {"lang": args.lang, "difficulty": args.difficulty, "mode": args.mode}
    surface.prefer({name: value for name, value in wanted.items() if value is not None})
    if args.scenario is not None:
        persona = args.persona or call.library.scenario(args.scenario).personas[0]
        surface.begin(args.scenario, persona=persona, seed=args.seed or 0)
    elif args.persona is not None or args.seed is not None:
        raise CommandError("cli_missing", names="SCENARIO", command="practice")
    else:
        surface.start()


def _load_reader() -> "Reader":
    from dialogues.grading.reading import Reader

    return Reader.load()


def _read(reader: "Reader", pending: Pending) -> Heard:
    return Heard(pending, reader.read(pending.text, pending.context, pending.scenario, pending.earlier))


def _draw(review: Review) -> bytes:
    from bot.pictures import session_picture

    setup = review.run.setup
    return session_picture(review.turns, review.card, setup.scenario, setup.persona, review.lang)
