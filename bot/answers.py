"""What every use case may answer: whose a session is, what is over, what is out of date."""

from bot.actions import Verb, action
from bot.desk import Visit
from bot.messages import Button, Message, toast
from state.errors import NoSession
from state.store import Run


def looked_back_on(visit: Visit, identifier: int) -> Run | None:
    """The person's session with that number, if it is over."""
    run = own(visit, identifier)
    return run if run is not None and run.ended_at is not None else None


def own(visit: Visit, identifier: int) -> Run | None:
    """The person's session with that number; None where it is none, or another's."""
    try:
        run = visit.store.sessions.run(identifier)
    except NoSession:
        return None
    return run if run.person == visit.person.id else None


def in_play(visit: Visit, identifier: int) -> Run | None:
    """The person's session with that number, if it goes on."""
    run = own(visit, identifier)
    return run if run is not None and run.ended_at is None else None


def closed(visit: Visit, identifier: int, *steps: str) -> Message:
    """That session is over, never was, or is another's; the person's own steps lose their buttons."""
    if own(visit, identifier) is None and _exists(visit, identifier):
        return toast(visit.say("toast_not_yours"))
    return toast(visit.say("toast_over"), retires=steps)


def answered(visit: Visit, step: str) -> Message:
    """The session has gone on since."""
    return toast(visit.say("toast_answered"), retires=(step,))


def outdated(visit: Visit) -> Message:
    """No version of today made this button."""
    return toast(visit.say("toast_outdated"))


def nothing_open(visit: Visit) -> Message:
    """The person is in no session."""
    return Message(visit.say("nothing_open"), buttons=((practice_button(visit),),))


def practice_button(visit: Visit) -> Button:
    """Leads to the scenarios."""
    return Button(visit.say("button_practice"), action(Verb.CHOOSE))


def turn_step(run: int, number: int) -> str:
    """The step of a turn: listening and hints."""
    return f"t{run}.{number}"


def ask_step(run: int) -> str:
    """The step of asking whether a session is to go on."""
    return f"q{run}"


def offer_step(visit: Visit, offer: str) -> str:
    """The step of choosing what to play: it is over once the offer has started a session."""
    return f"o{visit.person.id}.{offer}"


def _exists(visit: Visit, identifier: int) -> bool:
    try:
        visit.store.sessions.run(identifier)
    except NoSession:
        return False
    return True
