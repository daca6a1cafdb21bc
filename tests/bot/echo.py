"""A coach of the tests: it says back what it hears, and does what a test tells it to."""

from collections.abc import Callable

from bot.desk import Desk
from bot.inputs import Heard, Input, Pending, Place, Press, Said
from bot.messages import Message, escape
from dialogues.library import Library
from state.store import Store


class EchoCoach:
    """Answers every text with the same text; `answer` can be set to anything else.

    Attributes:
        heard: What it was given, in order.
        answer: What it answers.
        graded: Whether texts have to be graded first.
        spoken: What it says by itself at the next `due`.
    """

    def __init__(self) -> None:
        self.heard: list[Input] = []
        self.answer: Callable[[Input], list[Message]] = echo
        self.graded = False
        self.spoken: list[tuple[Place, list[Message]]] = []
        self.store: Store | None = None

    def __call__(self, desk: Desk) -> "EchoCoach":
        """Take the place of the real coach."""
        self.store = desk.store
        return self

    def pending(self, given: Input) -> Pending | None:
        """A text is graded first, if that is wanted."""
        if not self.graded or not isinstance(given.what, Said):
            return None
        scenario = next(iter(Library.read().scenarios.values()))
        return Pending(1, 1, given.what.text, "", scenario, ())

    def handle(self, given: Input, heard: Heard | None = None) -> list[Message]:
        """Answer."""
        self.heard.append(given)
        assert self.store is not None
        self.store.people.meet(given.who.id, given.who.name, given.who.language, 0)
        return self.answer(given)

    def due(self) -> list[tuple[Place, list[Message]]]:
        """What a test wants to be said."""
        spoken, self.spoken = self.spoken, []
        return spoken

    def next_due(self) -> float | None:
        """Nothing."""
        return None


def echo(given: Input) -> list[Message]:
    """The words that were heard."""
    what = given.what
    words = what.text if isinstance(what, Said) else what.action if isinstance(what, Press) else repr(what)
    return [Message(escape(words))]
