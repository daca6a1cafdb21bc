"""Not fair? Somebody says which act of a reply was found wrongly or missed; the owners are told.

A dispute never changes a stored score or turn: grades are history. Every button names the session and
the turn that it belongs to, so that all of this can be done late, twice or after a restart.
"""

from dataclasses import dataclass

from bot import cards
from bot.actions import Action, Verb, action
from bot.answers import closed, outdated, own
from bot.deciding import announce, claimed
from bot.desk import Review, Visit
from bot.messages import Button, Markup, Message, Rows, lines, paragraphs, toast
from dialogues.acts import Act
from dialogues.grading.reply import is_silent
from dialogues.turn import Reading, Turn
from state.session import Session
from state.store import Claim, Dispute, Run

_ROW = 3
"""Buttons side by side."""

_IN_PLACE, _MISSING = "in", "more"
"""Where the question stands already, it is changed in place; and the question for what was missed."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply that can be disputed: its session, its turn's number, and what the customer had said."""

    run: Run
    turn: int
    reading: Reading
    context: str

    @property
    def found(self) -> list[Act]:
        """The acts that were found in it, each once."""
        return list(dict.fromkeys(move.act for move in self.reading.moves))


def button(visit: Visit, session: int, turn: Turn | None = None) -> Button:
    """Leads to a dispute about a reply; without a turn, about any of a session."""
    args = [session] if turn is None else [session, turn.number]
    return Button(visit.say("button_dispute"), action(Verb.UNFAIR, *args))


def buttons(visit: Visit, session: int, turn: Turn) -> Rows:
    """The button under the remark on a reply; none where nothing was said."""
    return ((button(visit, session, turn),),) if _spoken(turn) else ()


def rows(visit: Visit, review: Review) -> list[tuple[Button, ...]]:
    """The button under a scorecard; none where nothing was said."""
    return [(button(visit, review.run.id),)] if any(map(_spoken, review.turns)) else []


# Claiming --------------------------------------------------------------------------------------------


def ask(visit: Visit, pressed: Action) -> list[Message]:
    """Ask which reply is meant, or what is wrong with it."""
    run = own(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0))]
    if not pressed.number(1):
        return [_which(visit, run)]
    reply = _reply(visit, run, pressed.number(1))
    if reply is None:
        return [outdated(visit)]
    if pressed.word(2) == _MISSING:
        return [_what_is_missing(visit, reply)]
    return [_what(visit, reply, in_place=pressed.word(2) == _IN_PLACE)]


def claim(visit: Visit, pressed: Action) -> list[Message]:
    """Write a dispute down, once, and let the owners know."""
    run = own(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0))]
    reply, name = _reply(visit, run, pressed.number(1)), pressed.word(2)
    if reply is None or name not in set(Act):
        return [outdated(visit)]
    dispute = visit.store.disputes.open(_dispute(visit, reply, Act(name)))
    if dispute is None:
        return [_known(visit, reply, Act(name))]
    announce(visit, dispute)
    following = (
        Button(visit.say("button_dispute_more"), action(Verb.UNFAIR, run.id, reply.turn, _IN_PLACE)),
        Button(visit.say("button_scorecard"), action(Verb.SCORECARD, run.id))
        if run.ended_at is not None
        else Button(visit.say("button_resume"), action(Verb.RESUME, run.id)),
    )
    text = visit.say("dispute_made", turn=reply.turn, claim=claimed(visit, dispute))
    return [Message(text, buttons=(following,), retires=(_step(run, reply.turn),), replaces=True)]


def _dispute(visit: Visit, reply: _Reply, act: Act) -> Dispute:
    setup = reply.run.setup
    return Dispute(
        id=0,
        person=visit.person.id,
        session=reply.run.id,
        turn=reply.turn,
        lang=setup.lang,
        situation=setup.scenario.id,
        context=reply.context,
        text=reply.reading.text,
        graded=tuple((move.act, move.start, move.end) for move in reply.reading.moves),
        act=act,
        claim=Claim.WRONG if act in reply.found else Claim.MISSING,
        grader=reply.reading.grader,
        created_at=visit.now,
    )


def _known(visit: Visit, reply: _Reply, act: Act) -> Message:
    """That act of that reply has been disputed already."""
    earlier = visit.store.disputes.of_reply(reply.run.id, reply.turn)
    status = next(dispute.status for dispute in earlier if dispute.act is act)
    return toast(visit.say(f"toast_dispute_{status}"))


# Asking ----------------------------------------------------------------------------------------------


def _which(visit: Visit, run: Run) -> Message:
    replies = {
        turn.number: turn.reading.text for turn in _turns(visit, run) if turn.reading and _spoken(turn)
    }
    if not replies:
        return outdated(visit)
    listed = [
        visit.say("dispute_reply", number=number, words=cards.short(text, visit.lang))
        for number, text in replies.items()
    ]
    keys = [
        Button(visit.say("button_entry", number=number), action(Verb.UNFAIR, run.id, number, _IN_PLACE))
        for number in replies
    ]
    return Message(paragraphs(visit.say("dispute_which"), lines(*listed)), buttons=_in_rows(keys))


def _what(visit: Visit, reply: _Reply, *, in_place: bool) -> Message:
    keys = [
        Button(
            visit.say("button_dispute_wrong", act=visit.texts.acts[act]),
            action(Verb.CLAIM, reply.run.id, reply.turn, act),
        )
        for act in reply.found
    ]
    more = action(Verb.UNFAIR, reply.run.id, reply.turn, _MISSING)
    marks = [(move.act, move.start, move.end) for move in reply.reading.moves]
    found = cards.found(visit, reply.reading.text, marks)
    text = paragraphs(
        visit.say("dispute_what", turn=reply.turn),
        lines(
            visit.say("dispute_text", text=cards.short(reply.reading.text, visit.lang)),
            visit.say("dispute_found", acts=found) if found else visit.say("dispute_what_none"),
        ),
    )
    shown = (*((key,) for key in keys), (Button(visit.say("button_dispute_missing"), more),))
    return _question(reply, text, shown, in_place=in_place)


def _what_is_missing(visit: Visit, reply: _Reply) -> Message:
    keys = [
        Button(visit.texts.acts[act], action(Verb.CLAIM, reply.run.id, reply.turn, act))
        for act in Act
        if act not in reply.found
    ]
    back = action(Verb.UNFAIR, reply.run.id, reply.turn, _IN_PLACE)
    shown = (*_in_rows(keys), (Button(visit.say("button_dispute_back"), back),))
    return _question(reply, visit.say("dispute_which_missing", turn=reply.turn), shown, in_place=True)


def _question(reply: _Reply, text: Markup, shown: Rows, *, in_place: bool) -> Message:
    """A question about a reply; asked anew it takes the place of the one before."""
    step = _step(reply.run, reply.turn)
    return Message(text, buttons=shown, step=step, retires=() if in_place else (step,), replaces=in_place)


def _in_rows(keys: list[Button]) -> Rows:
    return tuple(tuple(keys[start : start + _ROW]) for start in range(0, len(keys), _ROW))


# The reply -------------------------------------------------------------------------------------------


def _reply(visit: Visit, run: Run, number: int) -> _Reply | None:
    """A spoken reply of a session; None where there is none, or an exam still hides its grades."""
    said = Session(run.setup).opening
    for turn in _turns(visit, run):
        if turn.number == number and turn.reading and _spoken(turn):
            return _Reply(run, number, turn.reading, said[-1])
        said = turn.lines or said
    return None


def _turns(visit: Visit, run: Run) -> list[Turn]:
    hidden = run.mode == "exam" and run.ended_at is None
    return [] if hidden else visit.store.sessions.turns(run)


def _spoken(turn: Turn) -> bool:
    return turn.reading is not None and not is_silent(turn.reading.text)


def _step(run: Run, turn: int) -> str:
    return f"d{run.id}.{turn}"
