"""What happens in the store's thread: every step one transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.coach import Coach
from bot.desk import Review, language_of
from bot.inputs import Heard, Pending, Person, Said
from bot.messages import Message, say
from bot.telegram.outgoing import Poster
from bot.telegram.translate import Delivery
from dialogues.languages import texts
from dialogues.library import Library
from dialogues.scenario import Lang
from state.store import Outgoing, Store

MOST_TRIES = 5
"""Starts that find an update unfinished before it is given up: it may be what brings the bot down."""

PAGE = 50
"""Parcels of a chat that are fetched at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an update.

    Attributes:
        pending: The reply has to be graded first, and nothing else has happened.
        toast: Words for the answer to a tap.
    """

    pending: Pending | None = None
    toast: str = ""


@dataclass(slots=True)
class Core:
    """The store, the coach, and what passes between them and Telegram; used in one thread.

    Attributes:
        store: The open database.
        library: What can be played.
        coach: The conversation.
        poster: Writes messages into the outbox.
        clock: Gives the time, in seconds since 1970.
        lang: Language for whoever has chosen none.
    """

    store: Store
    library: Library
    coach: Coach
    poster: Poster
    clock: Callable[[], float]
    lang: Lang

    def keep(self, delivery: Delivery) -> bool:
        """Write an update down; False where it had come before."""
        with self.store.transaction():
            return self.store.inbox.receive(delivery.id, delivery.chat, delivery.dump(), self.clock())

    def left(self) -> tuple[list[Delivery], list[int]]:
        """What an earlier run has left: updates that are not done, and chats that something waits for."""
        with self.store.transaction():
            deliveries = []
            for update in self.store.inbox.waiting():
                try:
                    delivery = Delivery.load(update.id, update.body)
                except ValueError:
                    self.store.inbox.done(update.id, self.clock())
                    continue
                if self.store.inbox.begin(update.id) > MOST_TRIES:
                    self._fail(delivery)
                else:
                    deliveries.append(delivery)
            return deliveries, self.store.outbox.chats()

    def answer(self, delivery: Delivery, heard: Heard | None = None) -> Answer:
        """Handle an update: what it changes, what it makes the bot say, and that it is done, or nothing.

        Raises:
            UnreadReply: It is a reply that was graded for another turn.
        """
        given = delivery.given
        with self.store.transaction():
            toast = ""
            if given is None:
                self._stand(delivery)
            else:
                if heard is None and isinstance(given.what, Said):
                    pending = self.coach.pending(given)
                    if pending is not None:
                        return Answer(pending)
                self.store.people.back(delivery.chat)
                messages = self.coach.handle(given, heard)
                pressed = delivery.tap.message if delivery.tap else None
                toast = self.poster.post(given.where, messages, self.clock(), pressed)
            self.store.inbox.done(delivery.id, self.clock())
            return Answer(toast=toast)

    def fail(self, delivery: Delivery) -> None:
        """Give an update up, and say so to whoever sent it."""
        with self.store.transaction():
            self._fail(delivery)

    def tick(self) -> tuple[list[int], float | None]:
        """Do what is due: the chats that hear of it, and when something is due next."""
        with self.store.transaction():
            spoken = self.coach.due()
            for where, messages in spoken:
                self.poster.post(where, messages, self.clock())
            return [where.chat for where, _ in spoken], self.coach.next_due()

    def review(self, session: int) -> Review:
        """A session to look back on, for its picture.

        Raises:
            NoSession: There is none with that id.
        """
        with self.store.transaction():
            return self.coach.review(session)

    def forget(self, before: float) -> None:
        """Letters that were finished before a time are kept no longer."""
        self.store.prune(before)

    def waiting(self, chat: int) -> list[Outgoing]:
        """What waits for a chat."""
        with self.store.transaction():
            return self.store.outbox.waiting(chat, limit=PAGE)

    def sent(self, parcel: int, message: int | None) -> None:
        """Telegram has accepted a parcel, as that message."""
        with self.store.transaction():
            self.store.outbox.sent(parcel, message, self.clock())

    def postponed(self, parcel: int, not_before: float) -> None:
        """Telegram did not take a parcel now."""
        with self.store.transaction():
            self.store.outbox.postpone(parcel, not_before)

    def given_up(self, parcel: int, why: str) -> None:
        """A parcel is not to be sent any more."""
        with self.store.transaction():
            self.store.outbox.give_up(parcel, why)

    def gone(self, chat: int, why: str) -> None:
        """A chat can't be written to: noted, and what waits for it is given up."""
        with self.store.transaction():
            self._gone(chat, why)

    def _stand(self, delivery: Delivery) -> None:
        if delivery.here:
            self.store.people.back(delivery.chat)
        else:
            self._gone(delivery.chat, "the bot was blocked or removed")

    def _gone(self, chat: int, why: str) -> None:
        self.store.people.gone(chat, why, self.clock())
        while parcels := self.store.outbox.waiting(chat):
            for parcel in parcels:
                self.store.outbox.give_up(parcel.id, why)

    def _fail(self, delivery: Delivery) -> None:
        if delivery.given is not None:
            self.poster.post(delivery.given.where, [self._apology(delivery.given.who)], self.clock())
        self.store.inbox.done(delivery.id, self.clock())

    def _apology(self, who: Person) -> Message:
        profile = self.store.people.find(who.id)
        lang = (profile and profile.lang) or language_of(who.language) or self.lang
        return Message(say(texts(lang), "telegram_error"))
