"""Looking back: earlier sessions, their conversations and scorecards, and how somebody gets on."""

from datetime import date, timedelta

from bot import cards
from bot.actions import Action, Verb, action
from bot.answers import closed, looked_back_on, practice_button
from bot.catalogue import next_scenario
from bot.desk import Visit
from bot.ending import result
from bot.messages import Button, Markup, Message, bold, lines, paragraphs
from dialogues.grading.rubric import Criterion
from state.store import Progress, Run

_PAGE = 6
"""Sessions on one page of the history."""

_ROW = 3
"""Buttons side by side."""

_YEAR = 366 * 86_400.0


# Earlier sessions ------------------------------------------------------------------------------------


def history(visit: Visit, pressed: Action | None = None) -> list[Message]:
    """Earlier sessions, the latest first, each with a button that shows its conversation."""
    page = pressed.number(0) if pressed else 0
    runs = visit.store.sessions.ended(visit.person.id, _PAGE + 1, page * _PAGE)
    if not runs and page == 0:
        return [Message(visit.say("history_empty"), buttons=((practice_button(visit),),))]
    shown = runs[:_PAGE]
    first = page * _PAGE + 1
    text = paragraphs(
        bold(visit.say("history_title")),
        lines(*[_entry(visit, number, run) for number, run in enumerate(shown, first)]),
        visit.say("history_how"),
    )
    keys = [
        Button(visit.say("button_entry", number=number), action(Verb.TRANSCRIPT, run.id))
        for number, run in enumerate(shown, first)
    ]
    rows = [tuple(keys[start : start + _ROW]) for start in range(0, len(keys), _ROW)]
    turns = []
    if page:
        turns.append(Button(visit.say("button_later"), action(Verb.HISTORY, page - 1)))
    if len(runs) > _PAGE:
        turns.append(Button(visit.say("button_earlier"), action(Verb.HISTORY, page + 1)))
    if turns:
        rows.append(tuple(turns))
    return [Message(text, buttons=tuple(rows), replaces=pressed is not None)]


def _entry(visit: Visit, number: int, run: Run) -> Markup:
    when = visit.local(run.ended_at or run.started_at)
    words = run.setup.scenario.words[run.setup.lang]
    return visit.say(
        "history_entry",
        number=number,
        day=f"{when.month}-{when.day:02d}",
        time=f"{when:%H:%M}",
        title=words.title,
        score=run.score,
        mark=_mark(visit, run),
    )


def _mark(visit: Visit, run: Run) -> Markup:
    if run.branched is not None:
        return visit.say("history_branch", turn=run.branched.turn)
    return visit.say("history_passed" if run.passed else "history_failed")


def transcript(visit: Visit, pressed: Action) -> list[Message]:
    """The whole conversation of a session."""
    run = looked_back_on(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0))]
    parts = cards.transcript(visit, visit.desk.review(run))
    buttons = (
        (
            Button(visit.say("button_scorecard"), action(Verb.SCORECARD, run.id)),
            practice_button(visit),
        ),
    )
    return [*[Message(part) for part in parts[:-1]], Message(parts[-1], buttons=buttons)]


def scorecard(visit: Visit, pressed: Action) -> list[Message]:
    """The scorecard of an earlier session."""
    run = looked_back_on(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0))]
    return [result(visit, visit.desk.review(run))]


def debrief(visit: Visit, pressed: Action) -> list[Message]:
    """What the case of a session teaches."""
    run = looked_back_on(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0))]
    return [Message(cards.debrief(visit, visit.desk.review(run)))]


# How somebody gets on --------------------------------------------------------------------------------


def progress(visit: Visit) -> list[Message]:
    """Best, last, average by criterion, the weakest, what to practise next, and the streak."""
    done = visit.store.sessions.progress(visit.person.id)
    if not done.played:
        return [Message(visit.say("progress_empty"), buttons=((practice_button(visit),),))]
    weakest = min(Criterion, key=lambda criterion: done.shares.get(criterion, 0.0))
    scenario = next_scenario(visit, None)
    text = paragraphs(
        bold(visit.say("progress_title")),
        lines(
            visit.say("progress_played", played=done.played, passed=done.passed),
            visit.say("progress_scores", best=done.best, last=done.scores[-1]),
            _trend(visit, done),
            visit.say("progress_streak", days=streak(visit)),
        ),
        lines(
            visit.say("progress_average"),
            *[_share(visit, it, done.shares.get(it, 0.0)) for it in Criterion],
        ),
        lines(
            visit.say("progress_weakest", criterion=visit.say(f"criterion_{weakest}")),
            visit.say(f"tip_{weakest}"),
        ),
        visit.say("progress_next", title=scenario.words[visit.lang].title) if scenario else None,
        _disputes(visit),
        visit.say("progress_note"),
    )
    rows = []
    if scenario:
        offer = visit.store.people.offer(visit.person.id)
        rows.append((Button(visit.say("button_start_this"), action(Verb.START, offer, scenario.id)),))
    rows.append((practice_button(visit),))
    return [Message(text, buttons=tuple(rows))]


def _trend(visit: Visit, done: Progress) -> Markup | None:
    if len(done.scores) == 1:
        return None
    return visit.say("progress_trend", scores=" · ".join(map(str, done.scores)))


def _disputes(visit: Visit) -> Markup | None:
    """How the person's objections went, once one has been decided."""
    went = visit.store.disputes.standing([visit.person.id])
    if not went.decided:
        return None
    percent = round(100 * went.upheld / went.decided)
    return visit.say(
        "progress_disputes", made=went.made, decided=went.decided, upheld=went.upheld, percent=percent
    )


_CELLS = 5


def _share(visit: Visit, criterion: Criterion, share: float) -> Markup:
    filled = round(share * _CELLS)
    return visit.say(
        "progress_share",
        bar="▰" * filled + "▱" * (_CELLS - filled),
        percent=round(share * 100),
        criterion=visit.say(f"criterion_{criterion}"),
    )


def streak(visit: Visit) -> int:
    """Days in a row, up to today or yesterday, on which the person has played, by their own clock."""
    days = {
        visit.local(ended).date() for ended in visit.store.sessions.days(visit.person.id, visit.now - _YEAR)
    }
    today = visit.local(visit.now).date()
    return _row(days, today) or _row(days, today - timedelta(days=1))


def _row(days: set[date], last: date) -> int:
    length = 0
    while last - timedelta(days=length) in days:
        length += 1
    return length
