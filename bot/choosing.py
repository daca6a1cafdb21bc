"""Choosing and starting a session: the menu, a surprise, the same again, back to a turn."""

from dataclasses import replace
from itertools import pairwise

from bot.actions import Action, Verb, action
from bot.answers import ask_step, closed, in_play, looked_back_on, offer_step, outdated, own
from bot.catalogue import personas, playable, somebody, surprise
from bot.desk import Visit
from bot.ending import ALONE, OVER, WARN
from bot.messages import Button, Markup, Message, aside, bold, lines, paragraphs, retiring, toast
from bot.playing import DAY, give_up, where_it_stands
from bot.speaking import customer
from dialogues.scenario import DIFFICULTIES, Scenario
from state.session import Mode, Session, Setup
from state.store import Branch, Run

EXAM_SECONDS = {"easy": 480.0, "normal": 360.0, "hard": 300.0}
"""How long an exam takes, by difficulty."""

WARNING_SECONDS = 60.0
"""How long before the end of an exam it is announced."""

MODES: tuple[Mode, ...] = ("coach", "exam")

PREFERENCES: dict[str, tuple[str, ...]] = {"difficulty": tuple(DIFFICULTIES), "mode": MODES}
"""What can be chosen in the menu and is kept, with its values in order."""

_PAGE = 6
"""Scenarios on one page of the menu."""

_SEEDS = 2**31


# Choosing --------------------------------------------------------------------------------------------


def choose(visit: Visit, greeting: bool = False) -> list[Message]:
    """Show the scenarios; in the middle of a session, where it stands."""
    run = visit.open
    if run is not None:
        return where_it_stands(visit, run)
    text = visit.say("menu_choose")
    if greeting:
        text = paragraphs(visit.say("welcome", hello=_hello(visit)), text)
    return [_menu(visit, text, visit.store.people.offer(visit.person.id), 0)]


def _hello(visit: Visit) -> Markup:
    name = visit.person.name
    return visit.say("hello_name", name=name) if name else visit.say("hello")


def menu(visit: Visit, pressed: Action) -> list[Message]:
    """Turn to another page of the scenarios."""
    return _turned(visit, pressed.word(0), pressed.number(1))


def prefer(visit: Visit, pressed: Action) -> list[Message]:
    """Keep a difficulty or a mode, shown in the menu."""
    preference, value = pressed.word(2), pressed.word(3)
    if value not in PREFERENCES.get(preference, ()):
        return [outdated(visit)]
    visit.store.people.prefer(visit.person.id, preference, value)
    return _turned(_again(visit), pressed.word(0), pressed.number(1))


def _turned(visit: Visit, offer: str, page: int) -> list[Message]:
    if visit.store.sessions.started_by(visit.person.id, offer):
        return [toast(visit.say("toast_over"), retires=(offer_step(visit, offer),))]
    return [replace(_menu(visit, visit.say("menu_choose"), offer, page), replaces=True)]


def _again(visit: Visit) -> Visit:
    person = visit.store.people.find(visit.person.id)
    return replace(visit, person=person) if person else visit


def _menu(visit: Visit, text: Markup, offer: str, page: int) -> Message:
    known = list(playable(visit).values())
    if not known:
        return Message(visit.say("menu_empty"))
    pages = [known[first : first + _PAGE] for first in range(0, len(known), _PAGE)]
    page = min(page, len(pages) - 1)
    rows: list[tuple[Button, ...]] = [
        (Button(scenario.words[visit.lang].title, action(Verb.START, offer, scenario.id)),)
        for scenario in pages[page]
    ]
    if len(pages) > 1:
        turn = action(Verb.MENU, offer, (page + 1) % len(pages))
        rows.append((Button(visit.say("button_more", page=page + 1, pages=len(pages)), turn),))
    rows.append((Button(visit.say("button_surprise"), action(Verb.START, offer, "")),))
    rows.append(tuple(_switch(visit, offer, page, name) for name in PREFERENCES))
    return Message(text, buttons=tuple(rows), step=offer_step(visit, offer))


def _switch(visit: Visit, offer: str, page: int, preference: str) -> Button:
    values = PREFERENCES[preference]
    now = visit.person.difficulty if preference == "difficulty" else visit.person.mode
    following = dict(pairwise([*values, values[0]]))[now]
    label = visit.say(f"button_{preference}", value=visit.say(f"{preference}_{now}"))
    return Button(label, action(Verb.PREFER, offer, page, preference, following))


def leave(visit: Visit, pressed: Action) -> list[Message]:
    """End a session and choose another."""
    run = in_play(visit, pressed.number(0))
    if run is None:
        return [closed(visit, pressed.number(0), ask_step(pressed.number(0)))]
    return [*give_up(visit, run), *choose(visit)]


# Starting --------------------------------------------------------------------------------------------


def start(visit: Visit, pressed: Action) -> list[Message]:
    """Start the chosen scenario, or a surprise."""
    used = _used(visit, pressed.word(0))
    if used:
        return used
    name = pressed.word(1)
    scenario = playable(visit).get(name) if name else surprise(visit)
    if scenario is None:
        return [toast(visit.say("toast_no_scenario"))]
    return begin(visit, pressed.word(0), scenario)


def begin(
    visit: Visit, offer: str, scenario: Scenario, *, persona: str = "", seed: int | None = None
) -> list[Message]:
    """Start a session at the person's difficulty and in their mode.

    Args:
        visit: Whose.
        offer: Names the button that starts it.
        scenario: What happened; playable in the person's language.
        persona: Who is upset; empty for somebody else than last time.
        seed: Chooses among lines; None for any.
    """
    person = visit.person
    setup = Setup(
        scenario=scenario,
        persona=visit.desk.library.personas[persona or somebody(visit, scenario)],
        difficulty=person.difficulty,
        lang=visit.lang,
        seed=visit.desk.random.randrange(_SEEDS) if seed is None else seed,
    )
    deadline = visit.now + EXAM_SECONDS[person.difficulty] if person.mode == "exam" else None
    run = _start(visit, offer, setup, person.mode, deadline)
    session = visit.desk.session(run)
    said = [_briefing(visit, run), *customer(visit, run, session.opening, session)]
    return retiring(said, offer_step(visit, offer))


def again(visit: Visit, pressed: Action) -> list[Message]:
    """The same scenario and persona once more."""
    used = _used(visit, pressed.word(0))
    earlier = own(visit, pressed.number(1))
    if used or earlier is None:
        return used or [closed(visit, pressed.number(1))]
    persona = earlier.setup.persona.id
    current = playable(visit).get(earlier.setup.scenario.id)
    if current is None:
        return [toast(visit.say("toast_no_scenario"))]
    known = personas(visit, current)
    return begin(visit, pressed.word(0), current, persona=persona if persona in known else "")


def branch(visit: Visit, pressed: Action) -> list[Message]:
    """Go back to just before a turn, and play on as a new session."""
    used = _used(visit, pressed.word(0))
    earlier = looked_back_on(visit, pressed.number(1))
    turn = pressed.number(2)
    if used or earlier is None or not 1 <= turn <= earlier.replies:
        return used or [closed(visit, pressed.number(1))]
    run = _start(visit, pressed.word(0), earlier.setup, "coach", None, Branch(earlier.id, turn))
    session = Session(run.setup)
    for event in visit.store.sessions.events(earlier)[: turn - 1]:
        run = visit.store.sessions.record(run, event, session.happen(event), visit.now)
    session = visit.desk.session(run)
    lines_before = session.turns[-1].lines if session.turns else session.opening
    said = [
        Message(aside(visit.say("branch_starts", turn=turn))),
        *customer(visit, run, lines_before or (session.last_line,), session),
    ]
    return retiring(said, offer_step(visit, pressed.word(0)))


def _start(
    visit: Visit,
    offer: str,
    setup: Setup,
    mode: Mode,
    deadline: float | None,
    branched: Branch | None = None,
) -> Run:
    run = visit.store.sessions.start(
        Run(
            id=0,
            person=visit.person.id,
            chat=visit.place.chat,
            topic=visit.place.topic,
            offer=offer,
            setup=setup,
            mode=mode,
            branched=branched,
            started_at=visit.now,
            touched_at=visit.now,
            deadline=deadline,
        )
    )
    jobs = visit.store.jobs
    jobs.plan(ALONE, str(run.id), visit.now + DAY, chat=run.chat)
    if deadline is not None:
        jobs.plan(WARN, str(run.id), deadline - WARNING_SECONDS, chat=run.chat)
        jobs.plan(OVER, str(run.id), deadline, chat=run.chat)
    return run


def _used(visit: Visit, offer: str) -> list[Message]:
    """Why a button can't start a session; empty where it can."""
    if not offer.isascii() or not offer.isdecimal():
        return [outdated(visit)]
    started = visit.store.sessions.started_by(visit.person.id, offer)
    if started is not None:
        key = "toast_started" if started.ended_at is None else "toast_over"
        return [toast(visit.say(key), retires=(offer_step(visit, offer),))]
    if visit.open is not None:
        return [toast(visit.say("toast_in_session"))]
    return []


def _briefing(visit: Visit, run: Run) -> Message:
    setup = run.setup
    words, manner = setup.scenario.words[setup.lang], setup.persona.words[setup.lang]
    minutes = EXAM_SECONDS[setup.difficulty] / 60
    return Message(
        aside(
            lines(
                bold(words.title),
                words.briefing,
                visit.say("briefing_persona", name=manner.name, who=manner.who),
                visit.say("briefing_exam", minutes=f"{minutes:g}") if run.mode == "exam" else None,
                visit.say("briefing_how_terminal" if visit.place.kind == "terminal" else "briefing_how"),
            )
        )
    )
