"""The end of a session: its grade, the outcome as a scene, the scorecard, and what can be done next."""

from dataclasses import replace

from bot import cards, disputes
from bot.actions import Verb, action
from bot.answers import offer_step
from bot.catalogue import next_scenario
from bot.desk import Review, Visit
from bot.messages import Button, Message
from state.session import Session, Stop
from state.store import Run

WARN, OVER, ALONE = "exam_warning", "exam_over", "session_alone"
"""Kinds of jobs that a session has; their key is the session's number."""


def close(visit: Visit, run: Run, session: Session, why: Stop) -> Run:
    """End a session without another reply; gives it as it is stored now."""
    run = visit.store.sessions.record(run, why, session.happen(why), visit.now)
    return _finish(visit, run, session).run


def end(visit: Visit, run: Run, session: Session) -> list[Message]:
    """Tell the end of a session that is over and has been recorded."""
    return ending(visit, _finish(visit, run, session))


def _finish(visit: Visit, run: Run, session: Session) -> Review:
    review = visit.desk.graded(run, session)
    run = visit.store.sessions.finish(run, review.card, visit.now, rule_broken=session.rule_broken)
    for kind in (WARN, OVER, ALONE):
        visit.store.jobs.cancel(kind, str(run.id))
    visit.desk.put_away(run)
    return replace(review, run=run)


def ending(visit: Visit, review: Review) -> list[Message]:
    """The outcome as a scene with the picture, then the scorecard with what can be done next."""
    picture = review.run.id if review.run.replies else None
    return [Message(cards.scene(review), picture=picture), result(visit, review)]


def result(visit: Visit, review: Review) -> Message:
    """The scorecard with what can be done next."""
    run = review.run
    offer = visit.store.people.offer(visit.person.id)
    rows: list[tuple[Button, ...]] = []
    turn = cards.retry_turn(review)
    following = next_scenario(visit, run.setup.scenario.id)
    if turn is not None:
        label = visit.say("button_branch", turn=turn)
        rows.append((Button(label, action(Verb.BRANCH, offer, run.id, turn)),))
    rows.append(
        (
            Button(visit.say("button_again"), action(Verb.AGAIN, offer, run.id)),
            Button(visit.say("button_next"), action(Verb.START, offer, following.id if following else "")),
        )
    )
    rows.append(
        (
            Button(visit.say("button_transcript"), action(Verb.TRANSCRIPT, run.id)),
            Button(visit.say("button_debrief"), action(Verb.DEBRIEF, run.id)),
        )
    )
    rows += disputes.rows(visit, review)
    return Message(cards.scorecard(visit, review), buttons=tuple(rows), step=offer_step(visit, offer))
