"""Playing a session: replies, silence, hints, picking it up again, giving it up, running out of time."""

from bot import cards, disputes
from bot.actions import Action, Verb, action
from bot.answers import answered, ask_step, closed, in_play, nothing_open, practice_button, turn_step
from bot.desk import Visit
from bot.ending import close, end
from bot.errors import UnreadReply
from bot.inputs import Heard, Pending
from bot.messages import Button, Message, Rows, aside, retiring
from bot.speaking import customer
from dialogues.acts import Act
from dialogues.grading.coaching import hint as better_sentence
from dialogues.grading.reply import is_silent
from dialogues.turn import Move, Reading
from state.session import Session, Stop
from state.store import Run

DAY = 86_400.0
"""Seconds after which a session left alone is closed."""


# Replying --------------------------------------------------------------------------------------------


def pending(visit: Visit, text: str, message: int | None) -> Pending | None:
    """What has to be graded of a reply; None where nothing has to be."""
    run = visit.open
    if run is None or is_silent(text) or _late(visit, run):
        return None
    if message is not None and visit.store.sessions.heard(run, message):
        return None
    session = visit.desk.session(run)
    return Pending(
        session=run.id,
        number=len(session.turns) + 1,
        text=text,
        context=session.last_line,
        scenario=run.setup.scenario,
        earlier=session.replies,
    )


def reply(visit: Visit, text: str, message: int | None, heard: Heard | None) -> list[Message]:
    """Hear a reply.

    Raises:
        UnreadReply: It has not been graded for this turn.
    """
    run = visit.open
    if run is None:
        return [nothing_open(visit)]
    if message is not None and visit.store.sessions.heard(run, message):
        return []
    if _late(visit, run):
        return time_out(visit, run)
    if is_silent(text):
        return _happen(visit, run, _silence(text), message)
    if heard is None or (heard.pending.session, heard.pending.number) != (run.id, _number(visit, run)):
        raise UnreadReply
    return _happen(visit, run, heard.reading, message)


def listen(visit: Visit, pressed: Action) -> list[Message]:
    """Say nothing, in a turn; once."""
    step = turn_step(pressed.number(0), pressed.number(1))
    run = in_play(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0), step)]
    if _late(visit, run):
        return time_out(visit, run)
    if _number(visit, run) != pressed.number(1):
        return [answered(visit, step)]
    return _happen(visit, run, _silence(""), None)


def _silence(text: str) -> Reading:
    return Reading(text, (Move(Act.LISTEN, 0, len(text)),))


def _late(visit: Visit, run: Run) -> bool:
    return run.deadline is not None and visit.at >= run.deadline


def _happen(visit: Visit, run: Run, reading: Reading, message: int | None) -> list[Message]:
    session = visit.desk.session(run)
    turn = session.happen(reading)
    run = visit.store.sessions.record(run, reading, turn, visit.now, message)
    said = [_remark(visit, run, session)] if run.mode == "coach" else []
    said += customer(visit, run, turn.lines, session)
    said = retiring(said, turn_step(run.id, turn.number), ask_step(run.id))
    return said + end(visit, run, session) if session.ended else said


def _remark(visit: Visit, run: Run, session: Session) -> Message:
    card = cards.card(visit, session.turns, run.setup.scenario, run.setup.lang)
    return Message(card, buttons=disputes.buttons(visit, run.id, session.turns[-1]))


def _number(visit: Visit, run: Run) -> int:
    """Number of the turn that comes next."""
    return len(visit.desk.session(run).turns) + 1


# In between ------------------------------------------------------------------------------------------


def hint(visit: Visit) -> list[Message]:
    """A sentence that would serve now; in coach mode only."""
    run = visit.open
    if run is None:
        return [nothing_open(visit)]
    if run.mode == "exam":
        return [Message(visit.say("hint_exam"))]
    turns = visit.desk.session(run).turns
    sentence = better_sentence(turns, run.setup.scenario, run.setup.lang)
    return [Message(aside(visit.say("hint", sentence=sentence)))]


def hint_for(visit: Visit, pressed: Action) -> list[Message]:
    """A hint for the turn that the button belongs to."""
    step = turn_step(pressed.number(0), pressed.number(1))
    run = in_play(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0), step)]
    if _number(visit, run) != pressed.number(1):
        return [answered(visit, step)]
    return hint(visit)


def where_it_stands(visit: Visit, run: Run) -> list[Message]:
    """A session left alone is picked up where it was."""
    if _late(visit, run):
        return time_out(visit, run)
    title = run.setup.scenario.words[run.setup.lang].title
    buttons = (
        (
            Button(visit.say("button_resume"), action(Verb.RESUME, run.id)),
            Button(visit.say("button_leave"), action(Verb.LEAVE, run.id)),
        ),
    )
    text = visit.say("in_session", title=title, number=_number(visit, run))
    return [Message(text, buttons=buttons, step=ask_step(run.id))]


def resume(visit: Visit, pressed: Action) -> list[Message]:
    """Say again what the customer said last."""
    run = in_play(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0), ask_step(pressed.number(0)))]
    if _late(visit, run):
        return time_out(visit, run)
    session = visit.desk.session(run)
    said = session.turns[-1].lines if session.turns else session.opening
    messages = customer(visit, run, said or (session.last_line,), session)
    steps = (ask_step(run.id), turn_step(run.id, _number(visit, run)))
    return retiring(messages, *steps)


def cancel(visit: Visit) -> list[Message]:
    """End the session, if there is one."""
    run = visit.open
    if run is None:
        return [nothing_open(visit)]
    return give_up(visit, run)


def give_up(visit: Visit, run: Run) -> list[Message]:
    """The person ends it: told in one message, the scorecard on demand."""
    session = visit.desk.session(run)
    step = turn_step(run.id, _number(visit, run))
    run = close(visit, run, session, Stop.GAVE_UP)
    buttons: Rows = ((practice_button(visit),),)
    if run.replies:
        seen = Button(visit.say("button_scorecard"), action(Verb.SCORECARD, run.id))
        buttons = ((seen, practice_button(visit)),)
    key = "cancelled" if run.replies else "cancelled_unplayed"
    return [Message(visit.say(key), buttons=buttons, retires=(step, ask_step(run.id)))]


def time_out(visit: Visit, run: Run) -> list[Message]:
    """No more replies come: time is up."""
    session = visit.desk.session(run)
    step = turn_step(run.id, _number(visit, run))
    turn = session.happen(Stop.TIME_OUT)
    run = visit.store.sessions.record(run, Stop.TIME_OUT, turn, visit.now)
    said = [
        Message(visit.say("time_out"), retires=(step, ask_step(run.id))),
        *customer(visit, run, turn.lines, session),
    ]
    return said + end(visit, run, session)


def warn(visit: Visit, run: Run) -> list[Message]:
    """Time is nearly up."""
    left = max(0, round((run.deadline or visit.now) - visit.now))
    return [Message(visit.say("time_warning", seconds=left), stale=left)]


def forsake(visit: Visit, run: Run) -> list[Message]:
    """A session left alone for a day is closed."""
    session = visit.desk.session(run)
    step = turn_step(run.id, _number(visit, run))
    title = run.setup.scenario.words[run.setup.lang].title
    run = close(visit, run, session, Stop.TIME_OUT)
    buttons: Rows = ((practice_button(visit),),)
    text = visit.say("left_alone", title=title)
    return [Message(text, buttons=buttons, retires=(step, ask_step(run.id)), quiet=True)]
