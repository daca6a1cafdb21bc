"""What the owners do about disputes: they are told of each, and the first who decides has decided."""

from bot import cards
from bot.actions import Action, Verb, action
from bot.answers import outdated
from bot.desk import Desk, Visit, home_of
from bot.inputs import Place
from bot.messages import Button, Markup, Message, bold, lines, paragraphs, toast
from state.store import Dispute, Job, Status

NEW, DECIDED = "dispute_new", "dispute_decided"
"""Kinds of jobs that tell of a dispute; their key is its number and whom they tell."""

_AGREE, _DISAGREE = "y", "n"


def judges(desk: Desk, dispute: Dispute) -> tuple[int, ...]:
    """Who decides a dispute: the owners."""
    return desk.owners


def claimed(visit: Visit, dispute: Dispute) -> Markup:
    """What somebody says about an act."""
    return visit.say(f"dispute_claim_{dispute.claim}", act=visit.texts.acts[dispute.act])


# Deciding --------------------------------------------------------------------------------------------


def disputes(visit: Visit) -> list[Message]:
    """The first dispute that waits for a decision."""
    return [_following(visit, 0)]


def following(visit: Visit, pressed: Action) -> list[Message]:
    """The next dispute that waits, behind the one whose button was pressed."""
    return [_following(visit, pressed.number(0))]


def decide(visit: Visit, pressed: Action) -> list[Message]:
    """Agree or disagree; the first decision counts."""
    dispute, word = visit.store.disputes.find(pressed.number(0)), pressed.word(1)
    if dispute is None:
        return [toast(visit.say("toast_dispute_gone"))]
    if visit.person.id not in judges(visit.desk, dispute):
        return [toast(visit.say("disputes_owners"))]
    if word not in (_AGREE, _DISAGREE):
        return [outdated(visit)]
    upheld = word == _AGREE
    if not visit.store.disputes.decide(dispute.id, upheld=upheld, by=visit.person.id, now=visit.now):
        return [toast(_decided(visit, dispute), retires=(_step(dispute),))]
    for person in {dispute.person, *judges(visit.desk, dispute)} - {visit.person.id}:
        _plan(visit, DECIDED, dispute, person)
    status = Status.UPHELD if upheld else Status.REFUSED
    text = paragraphs(_shown(visit, dispute), bold(visit.say(f"dispute_status_{status}")), _left(visit))
    return [Message(text, buttons=_next_row(visit, 0), retires=(_step(dispute),), replaces=True)]


def _following(visit: Visit, after: int) -> Message:
    if not visit.is_owner:
        return Message(visit.say("disputes_owners"))
    waiting = visit.store.disputes
    dispute = waiting.next(after) or waiting.next()
    return _asked(visit, dispute) if dispute else Message(visit.say("disputes_none"))


def _asked(visit: Visit, dispute: Dispute) -> Message:
    verdicts = (
        Button(visit.say("button_agree"), action(Verb.DECIDE, dispute.id, _AGREE)),
        Button(visit.say("button_disagree"), action(Verb.DECIDE, dispute.id, _DISAGREE)),
    )
    step = _step(dispute)
    shown = (verdicts, *_next_row(visit, dispute.id))
    return Message(_shown(visit, dispute), buttons=shown, step=step, retires=(step,))


def _next_row(visit: Visit, after: int) -> tuple[tuple[Button, ...], ...]:
    """Leads on to another dispute, if one waits."""
    if visit.store.disputes.waiting() <= (1 if after else 0):
        return ()
    return ((Button(visit.say("button_dispute_next"), action(Verb.REVIEW, after)),),)


def _left(visit: Visit) -> Markup:
    count = visit.store.disputes.waiting()
    return visit.say("disputes_waiting", count=count) if count else visit.say("disputes_none")


def _shown(visit: Visit, dispute: Dispute) -> Markup:
    found = cards.found(visit, dispute.text, dispute.graded)
    return paragraphs(
        visit.say("dispute_new", id=dispute.id),
        lines(
            visit.say("dispute_context", text=dispute.context),
            visit.say("dispute_text", text=dispute.text),
        ),
        lines(
            visit.say("dispute_found", acts=found) if found else visit.say("dispute_what_none"),
            visit.say("dispute_claims", claim=claimed(visit, dispute)),
        ),
    )


# Telling ---------------------------------------------------------------------------------------------


def announce(visit: Visit, dispute: Dispute) -> None:
    """Have whoever decides told of a new dispute."""
    for person in judges(visit.desk, dispute):
        _plan(visit, NEW, dispute, person)


def tell_new(desk: Desk, job: Job) -> tuple[Place, list[Message]] | None:
    """A message to somebody who decides; None where it is decided already."""
    dispute, visit = _of(desk, job)
    if dispute is None or dispute.status is not Status.WAITING:
        return None
    return visit.place, [_asked(visit, dispute)]


def tell_decided(desk: Desk, job: Job) -> tuple[Place, list[Message]] | None:
    """A message to whoever made the dispute, or to another who might have decided it."""
    dispute, visit = _of(desk, job)
    if dispute is None:
        return None
    if visit.person.id != dispute.person:
        return visit.place, [Message(_decided(visit, dispute), retires=(_step(dispute),), quiet=True)]
    scenario = desk.store.sessions.run(dispute.session).setup.scenario
    text = visit.say(
        f"dispute_{dispute.status}",
        title=scenario.words[dispute.lang].title,
        turn=dispute.turn,
        claim=claimed(visit, dispute),
    )
    return visit.place, [Message(text, retires=(_step(dispute),))]


def _plan(visit: Visit, kind: str, dispute: Dispute, person: int) -> None:
    visit.store.jobs.plan(kind, f"{dispute.id}:{person}", visit.now, chat=person)


def _of(desk: Desk, job: Job) -> tuple[Dispute | None, Visit]:
    dispute, person = map(int, job.key.split(":"))
    return desk.store.disputes.find(dispute), desk.call(person, home_of(person))


def _decided(visit: Visit, dispute: Dispute) -> Markup:
    """Who decided it, and how."""
    dispute = visit.store.disputes.find(dispute.id) or dispute
    judge = visit.store.people.find(dispute.decided_by) if dispute.decided_by is not None else None
    name = (judge and judge.name) or visit.say("dispute_nobody")
    status = visit.say(f"dispute_status_{dispute.status}")
    return visit.say("dispute_decided", id=dispute.id, name=name, status=status)


def _step(dispute: Dispute) -> str:
    return f"v{dispute.id}"
