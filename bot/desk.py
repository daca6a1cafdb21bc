"""What every use case works with: the store, the content, the time, and the sessions in play."""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.inputs import Input, Place
from bot.messages import Markup, say
from dialogues.grading.rubric import Scorecard, score
from dialogues.languages import LANGUAGES, Texts, texts
from dialogues.library import Library
from dialogues.scenario import Lang, Scenario
from dialogues.turn import Turn
from state.session import Session
from state.store import Profile, Run, Store

_IN_PLAY = 512
"""Sessions kept in memory; others are restored from the store when they go on."""


@dataclass(frozen=True, slots=True)
class Review:
    """A session to look back on.

    Attributes:
        run: The session as it is stored.
        opening: What the customer said first.
        opening_anger: Anger (0–100) before the first reply.
        turns: Its turns, in order.
        card: Its scorecard; for one that goes on, as it stands.
        upheld: How many of its acts were graded wrongly, as was decided; the score stays as it was.
    """

    run: Run
    opening: tuple[str, ...]
    opening_anger: int
    turns: tuple[Turn, ...]
    card: Scorecard
    upheld: int = 0

    @property
    def scenario(self) -> Scenario:
        """What it was about."""
        return self.run.setup.scenario

    @property
    def lang(self) -> Lang:
        """Language of the customer."""
        return self.run.setup.lang

    @property
    def title(self) -> str:
        """Title of the scenario."""
        return self.scenario.words[self.lang].title

    @property
    def persona(self) -> str:
        """Name of the customer."""
        return self.run.setup.persona.words[self.lang].name


class Desk:
    """What every use case works with.

    Attributes:
        store: The store.
        library: Scenarios and personas that can be played.
        random: Chooses personas, surprises and seeds.
        owners: Ids of the installation's owners, who decide disputes.
        terminal: True where the terminal is served, False where chats are, None where both.
    """

    def __init__(
        self,
        store: Store,
        library: Library,
        *,
        clock: Callable[[], float],
        rng: random.Random,
        lang: Lang,
        zone: str,
        owners: tuple[int, ...] = (),
        terminal: bool | None = None,
    ) -> None:
        self.store = store
        self.owners = owners
        self.terminal = terminal
        self.library = library
        self.random = rng
        self._clock = clock
        self._lang = lang
        self._zone = zone
        self._in_play: OrderedDict[int, Session] = OrderedDict()
        for model in (*library.scenarios.values(), *library.personas.values()):
            store.contents.know(model)
        store.on_rollback(self._in_play.clear)

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def visit(self, given: Input) -> "Visit":
        """Somebody comes with something."""
        who = given.who
        name = who.name.replace("\0", "").encode("utf-8", "replace").decode()
        profile = self.store.people.meet(who.id, name, who.language, self.now())
        return self._visit(profile, given.where, given.at)

    def call(self, person: int, where: Place) -> "Visit":
        """The desk turns to somebody."""
        profile = self.store.people.find(person) or Profile(person, "")
        return self._visit(profile, where, None)

    def session(self, run: Run) -> Session:
        """The session as it stands."""
        session = self._in_play.pop(run.id, None) or self.store.sessions.restore(run)
        self._in_play[run.id] = session
        if len(self._in_play) > _IN_PLAY:
            self._in_play.popitem(last=False)
        return session

    def put_away(self, run: Run) -> None:
        """A session is over."""
        self._in_play.pop(run.id, None)

    def review(self, run: Run) -> Review:
        """A session to look back on, as it was shown and scored."""
        start = Session(run.setup)
        turns = tuple(self.store.sessions.turns(run))
        card = score(turns, run.setup.scenario, rule_broken=run.rule_broken)
        if run.score is not None and run.passed is not None:
            card = replace(card, score=run.score, passed=run.passed)
        return Review(
            run, start.opening, start.opening_anger, turns, card, self.store.disputes.upheld(run.id)
        )

    def graded(self, run: Run, session: Session) -> Review:
        """A session in play, as it stands."""
        card = score(session.turns, run.setup.scenario, rule_broken=session.rule_broken)
        upheld = self.store.disputes.upheld(run.id)
        return Review(run, session.opening, session.opening_anger, tuple(session.turns), card, upheld)

    def _visit(self, profile: Profile, place: Place, at: float | None) -> "Visit":
        lang = profile.lang or language_of(profile.client_lang) or self._lang
        now = self.now()
        return Visit(self, profile, place, lang, texts(lang), now, now if at is None else at, self._zone)


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at the desk.

    Attributes:
        desk: The desk.
        person: Who came.
        place: Where.
        lang: Language in which the coach speaks to them.
        texts: Its words.
        now: The time, in seconds since 1970.
        at: When they did what they did.
        home_zone: Time zone of the installation.
    """

    desk: Desk
    person: Profile
    place: Place
    lang: Lang
    texts: Texts
    now: float
    at: float
    home_zone: str

    @property
    def store(self) -> Store:
        """The store."""
        return self.desk.store

    @property
    def is_owner(self) -> bool:
        """The person is one of the installation's owners."""
        return self.person.id in self.desk.owners

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(self.person.zone or self.home_zone)

    @property
    def open(self) -> Run | None:
        """The session that the person is in here."""
        return self.store.sessions.open(self.person.id, self.place.chat, self.place.topic)

    def say(self, key: str, /, **values: object) -> Markup:
        """A message in the person's language."""
        return say(self.texts, key, **values)

    def local(self, moment: float) -> datetime:
        """A time by the person's clock."""
        return datetime.fromtimestamp(moment, self.zone)


def place_of(run: Run) -> Place:
    """Where a session takes place."""
    if run.chat < 0:
        return Place(run.chat, "group", run.topic)
    return replace(home_of(run.chat), topic=run.topic)


def home_of(person: int) -> Place:
    """Where somebody is told what is for them alone: their private chat, or the terminal."""
    return Place(person, "private" if person else "terminal")


def language_of(code: str | None) -> Lang | None:
    """The language of a client's code ("zh-hans", "en-GB"); None where we don't speak it."""
    spoken = (code or "").lower().replace("_", "-").split("-")[0]
    return next((lang for lang in LANGUAGES if lang == spoken), None)
