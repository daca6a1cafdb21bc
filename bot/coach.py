"""The conversation core: a person's input in, what is to be shown out; the same for every surface.

Everything here is synchronous and runs in the one thread that owns the store. A reply takes two
steps, so that grading never blocks that thread::

    pending = coach.pending(given)              # store thread; None where nothing is to be graded
    reading = reader.read(...)                  # grading thread
    with store.transaction():                   # store thread
        messages = coach.handle(given, pending and Heard(pending, reading))
        ...                                     # the outbox, and the update marked as done
"""

from collections.abc import Callable

from bot import choosing, commands, deciding, disputes, ending, playing, preferences, progress
from bot.actions import Action, Verb, parse
from bot.answers import outdated
from bot.catalogue import playable
from bot.desk import Desk, Review, Visit, place_of
from bot.inputs import Command, Heard, Input, Pending, Person, Place, Press, Said, Silence, Unsupported
from bot.messages import Message, toast
from dialogues.errors import UnknownScenarioError
from dialogues.languages import Texts
from dialogues.masking import mask
from state.errors import NoSession
from state.store import Job, Run

ACTIONS: dict[Verb, Callable[[Visit, Action], list[Message]]] = {
    Verb.MENU: choosing.menu,
    Verb.PREFER: choosing.prefer,
    Verb.START: choosing.start,
    Verb.AGAIN: choosing.again,
    Verb.BRANCH: choosing.branch,
    Verb.CHOOSE: lambda visit, _: choosing.choose(visit),
    Verb.LEAVE: choosing.leave,
    Verb.LISTEN: playing.listen,
    Verb.HINT: playing.hint_for,
    Verb.RESUME: playing.resume,
    Verb.TRANSCRIPT: progress.transcript,
    Verb.SCORECARD: progress.scorecard,
    Verb.DEBRIEF: progress.debrief,
    Verb.HISTORY: progress.history,
    Verb.UNFAIR: disputes.ask,
    Verb.CLAIM: disputes.claim,
    Verb.DECIDE: deciding.decide,
    Verb.REVIEW: deciding.following,
    Verb.SET: preferences.change,
}
"""What each button does."""

_JOBS: dict[str, Callable[[Visit, Run], list[Message]]] = {
    ending.WARN: playing.warn,
    ending.OVER: playing.time_out,
    ending.ALONE: playing.forsake,
}

_NEWS: dict[str, Callable[[Desk, Job], tuple[Place, list[Message]] | None]] = {
    deciding.NEW: deciding.tell_new,
    deciding.DECIDED: deciding.tell_decided,
}

UNSUPPORTED = ("sticker", "photo", "voice", "video", "document", "location", "contact", "edited", "other")
"""Kinds of messages that are answered each in its own words."""


class Coach:
    """Use cases for every surface."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._store = desk.store

    def pending(self, given: Input) -> Pending | None:
        """What has to be graded before `handle`; None where nothing has to be. Plays nothing."""
        if not isinstance(given.what, Said):
            return None
        with self._store.transaction():
            return playing.pending(self._desk.visit(given), _text(given.what.text), given.what.message)

    def handle(self, given: Input, heard: Heard | None = None) -> list[Message]:
        """Do what was asked, in one transaction (it joins one that is open).

        Raises:
            UnreadReply: The text would be a reply and has not been graded for this turn.
        """
        with self._store.transaction():
            visit = self._desk.visit(given)
            if given.where.kind == "group" and not isinstance(given.what, Command | Press):
                return []
            match given.what:
                case Command(name):
                    return self._command(visit, name)
                case Press(data):
                    return self._press(visit, data)
                case Said(text, message):
                    return playing.reply(visit, _text(text), message, heard)
                case Silence():
                    return playing.reply(visit, "", None, None)
                case Unsupported(kind):
                    return self._unsupported(visit, kind)

    def due(self) -> list[tuple[Place, list[Message]]]:
        """Do what is due by now: time limits and their warnings, sessions left alone for a day, news."""
        said = []
        with self._store.transaction():
            now = self._desk.now()
            for job in self._store.jobs.due(now, terminal=self._desk.terminal):
                if job.kind not in _JOBS and job.kind not in _NEWS:
                    continue
                self._store.jobs.done(job.id, now)
                news = _NEWS[job.kind](self._desk, job) if job.kind in _NEWS else self._happen(job, now)
                if news is not None:
                    said.append(news)
        return said

    def _happen(self, job: Job, now: float) -> tuple[Place, list[Message]] | None:
        """Something is due in a session; None where it is over, or has been touched since."""
        run = self._of_job(job.key)
        if run is None:
            return None
        if job.kind == ending.ALONE and run.touched_at + playing.DAY > now:
            self._store.jobs.plan(job.kind, job.key, run.touched_at + playing.DAY, chat=run.chat)
            return None
        where = place_of(run)
        return where, _JOBS[job.kind](self._desk.call(run.person, where), run)

    def next_due(self) -> float | None:
        """When `due` has something to do next, in seconds since 1970; None for never."""
        return self._store.jobs.next_at(terminal=self._desk.terminal)

    def review(self, session: int, person: int | None = None) -> Review:
        """A session to look back on, for a picture of it.

        Args:
            session: Its number.
            person: Whose it must be; None for anybody's.

        Raises:
            NoSession: There is none, or it is another's.
        """
        run = self._store.sessions.run(session)
        if person is not None and run.person != person:
            raise NoSession(session)
        return self._desk.review(run)

    def latest(self, person: int) -> Review:
        """The session that somebody ended last, for a picture of it.

        Raises:
            NoSession: There is none.
        """
        ended = self._store.sessions.ended(person, 1)
        if not ended:
            raise NoSession
        return self._desk.review(ended[0])

    def in_play(self, person: int, where: Place) -> Run | None:
        """The session that somebody is in at a place."""
        return self._store.sessions.open(person, where.chat, where.topic)

    def texts(self, who: Person) -> Texts:
        """The words of the language in which somebody is spoken to."""
        with self._store.transaction():
            return self._desk.visit(Input(who, Place(0, "terminal"), Silence())).texts

    def begin(
        self,
        who: Person,
        where: Place,
        scenario: str,
        *,
        persona: str = "",
        seed: int | None = None,
    ) -> list[Message]:
        """Start a session without a menu, as the person prefers it; one that is open there is given up.

        Args:
            who: The person.
            where: The place.
            scenario: Id of a scenario that speaks the person's language.
            persona: Id of one of its personas; empty for any.
            seed: None for any.

        Raises:
            UnknownScenarioError: No such scenario can be played.
        """
        with self._store.transaction():
            visit = self._desk.visit(Input(who, where, Command("practice")))
            run = visit.open
            said = playing.give_up(visit, run) if run else []
            found = playable(visit).get(scenario)
            if found is None:
                raise UnknownScenarioError(scenario)
            offer = self._store.people.offer(who.id)
            return said + choosing.begin(visit, offer, found, persona=persona, seed=seed)

    def _command(self, visit: Visit, name: str) -> list[Message]:
        command = commands.find(name)
        if command is None or command.run is None:
            return [Message(visit.say("unknown_command"))]
        if visit.place.kind not in command.scope:
            return commands.in_private(visit)
        return command.run(visit)

    def _press(self, visit: Visit, data: str) -> list[Message]:
        pressed = parse(data)
        if pressed is None:
            return [outdated(visit)]
        if visit.place.kind == "group":
            return [toast(visit.say("in_private"))]
        if visit.place.kind == "private" and visit.place.chat != visit.person.id:
            return [toast(visit.say("toast_not_yours"))]
        return ACTIONS[pressed.verb](visit, pressed)

    def _unsupported(self, visit: Visit, kind: str) -> list[Message]:
        known = kind if kind in UNSUPPORTED else "other"
        return [Message(visit.say(f"unsupported_{known}"))]

    def _of_job(self, key: str) -> Run | None:
        try:
            run = self._store.sessions.run(int(key))
        except NoSession:
            return None
        return run if run.ended_at is None else None


def _text(written: str) -> str:
    """What a person wrote as it is graded, stored and shown: masked, and without what is no character."""
    return mask(written.replace("\0", "").encode("utf-8", "replace").decode())
