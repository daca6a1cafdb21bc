"""What the customer says, as messages: the last of them carries the anger bar and the turn's buttons."""

from collections.abc import Sequence

from bot import cards
from bot.actions import Verb, action
from bot.answers import turn_step
from bot.desk import Visit
from bot.messages import Button, Kind, Message, Rows, escape, paragraphs
from state.session import Session
from state.store import Run


def customer(visit: Visit, run: Run, said: Sequence[str], session: Session) -> list[Message]:
    """What the customer says, the last of it with the anger bar and the buttons of the turn."""
    *first, last = said or ("…",)
    messages = [Message(escape(line), kind=Kind.CUSTOMER) for line in first]
    text = paragraphs(last, cards.bar(session.anger))
    if session.ended:
        return [*messages, Message(text, kind=Kind.CUSTOMER)]
    number = len(session.turns) + 1
    return [
        *messages,
        Message(
            text,
            kind=Kind.CUSTOMER,
            buttons=_turn_buttons(visit, run, number),
            step=turn_step(run.id, number),
            force_reply=visit.say("reply_here") if visit.place.kind == "group" else "",
        ),
    ]


def _turn_buttons(visit: Visit, run: Run, number: int) -> Rows:
    buttons = [Button(visit.say("button_listen"), action(Verb.LISTEN, run.id, number))]
    if run.mode == "coach":
        buttons.append(Button(visit.say("button_hint"), action(Verb.HINT, run.id, number)))
    return (tuple(buttons),)
