"""The customer's invariants, for every scenario, persona, difficulty, seed and sequence of replies."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dialogues.acts import FAULTS, QUESTIONS, Act
from dialogues.grading.rubric import CAP, score
from dialogues.scenario import NEED
from dialogues.turn import OUTCOMES, Misfit, Move, Reading, State
from state.machine import TRANSITIONS
from state.session import Session, Setup, Stop
from state.temper import FITS
from tests.strategies import LIBRARY, readings, sessions, setups


def play(setup, replies):
    session = Session(setup)
    for reply in replies:
        if session.ended:
            break
        session.happen(reply)
    return session


def reading(*acts, topic=None, text=None):
    moves, said = [], ""
    for act in acts:
        word = text or act.value
        moves.append(Move(act, len(said), len(said) + len(word), topic=topic))
        said += word + " "
    return Reading(said.strip(), tuple(moves))


@given(sessions())
def test_a_reply_with_a_fault_never_lowers_anger(case):
    for turn in play(*case).turns:
        if turn.reading and turn.reading.faults and not turn.reading.parroted:
            assert turn.anger_after >= turn.anger_before


@given(sessions())
def test_a_reply_of_only_fitting_good_acts_never_raises_anger(case):
    for turn in play(*case).turns:
        if turn.reading and not turn.reading.faults and not turn.misfits():
            assert turn.anger_after <= turn.anger_before


@given(sessions())
def test_no_fact_is_told_before_a_sincere_apology(case):
    apologized = False
    for turn in play(*case).turns:
        apologized |= Act.APOLOGIZE in turn.reading.acts and not turn.reading.parroted
        if turn.told:
            assert apologized


@given(setups(), st.data())
def test_a_question_before_any_apology_is_balked_at(setup, data):
    session = Session(setup)
    reply = data.draw(readings(setup.scenario, QUESTIONS))
    assume(reply.moves and not reply.parroted)
    turn = session.happen(reply)
    assert turn.misfits() == {Misfit.BEFORE_APOLOGY}
    assert turn.anger_after > turn.anger_before
    assert not turn.told


def test_apologizing_after_asking_in_one_reply_does_not_help_the_question():
    setup = _setup()
    asked_first = Session(setup).happen(reading(Act.ASK_OPEN, Act.APOLOGIZE))
    sorry_first = Session(setup).happen(reading(Act.APOLOGIZE, Act.ASK_OPEN))
    assert Misfit.BEFORE_APOLOGY in asked_first.misfits()
    assert Misfit.BEFORE_APOLOGY not in sorry_first.misfits()


@given(sessions())
def test_a_solution_is_not_agreed_to_before_the_need_was_told_in_an_earlier_answer(case):
    known = False
    for turn in play(*case).turns:
        assert not turn.agreed or known
        known |= NEED in turn.told


def test_the_answer_to_a_question_cannot_help_the_reply_that_asks_it():
    setup = _setup()
    session = Session(setup)
    session.happen(reading(Act.APOLOGIZE, Act.EMPATHIZE, Act.OWN))
    turn = session.happen(
        Reading(
            "need, offer",
            (Move(Act.ASK_NEED, 0, 4, topic=NEED), Move(Act.OFFER, 6, 11, topic="self_service")),
        )
    )
    assert turn.told == (NEED,)
    assert turn.agreed is None
    assert Misfit.BEFORE_NEED in turn.misfits()


@given(sessions())
def test_resolved_takes_an_apology_an_answered_question_and_a_fitting_solution(case):
    session = play(*case)
    if session.state is State.RESOLVED:
        assert any(Act.APOLOGIZE in turn.reading.acts for turn in session.turns)
        assert any(turn.told for turn in session.turns)
        solutions = [turn.agreed for turn in session.turns if turn.agreed]
        assert all(session.setup.scenario.solution(solution).fits for solution in solutions)
        assert solutions


@given(setups(), st.data())
def test_every_session_ends_within_its_limit(setup, data):
    session = Session(setup)
    limit = setup.scenario.thresholds.turns
    for _ in range(limit):
        if session.ended:
            break
        session.happen(data.draw(readings(setup.scenario)))
    assert session.ended
    assert session.state in OUTCOMES


@given(setups(), st.sampled_from(sorted(FAULTS - {Act.OVERPROMISE})))
def test_faults_without_repair_escalate(setup, fault):
    session = play(setup, [reading(fault)] * 20)
    assert session.state is State.ESCALATED


@given(setups(), st.sampled_from(["silence", "nothing", "apologies", "stuffing"]))
def test_stalling_stuffing_and_repeating_end_unresolved(setup, kind):
    reply = {
        "silence": Reading("", (Move(Act.LISTEN, 0, 0),)),
        "nothing": Reading("嗯哼"),
        "apologies": Reading("对不起", (Move(Act.APOLOGIZE, 0, 3),)),
        "stuffing": reading(*(act for act in Act if act not in FAULTS)),
    }[kind]
    again = Reading(
        reply.text,
        tuple(Move(m.act, m.start, m.end, repeat=m.act is not Act.LISTEN) for m in reply.moves),
    )
    session = play(setup, [reply, *[again] * 19])
    assert session.state is State.UNRESOLVED


@given(sessions())
def test_a_second_insult_ends_the_session_and_an_insult_never_passes(case):
    session = play(*case)
    insults = [turn for turn in session.turns if turn.reading and Act.PROVOKE in turn.reading.acts]
    insults = [turn for turn in insults if not turn.reading.parroted]
    if len(insults) >= 2:
        assert session.state in (State.ESCALATED, State.UNRESOLVED)
    if insults:
        card = score(session.turns, session.setup.scenario)
        assert card.score <= CAP
        assert not card.passed


def test_an_escalation_is_repaired_once_by_owning_apologizing_and_listening():
    session = Session(_setup())
    session.happen(reading(Act.PROVOKE))
    assert session.state is State.ESCALATING
    session.happen(reading(Act.OWN, Act.APOLOGIZE, Act.LISTEN))
    assert session.state is State.CALMING
    session.happen(reading(Act.PROVOKE))
    assert session.state is State.ESCALATED


def test_asking_does_not_repair_an_escalation():
    session = Session(_setup())
    session.happen(reading(Act.PROVOKE))
    session.happen(reading(Act.OWN, Act.APOLOGIZE, Act.ASK_OPEN))
    assert session.state is not State.CALMING


@given(sessions())
def test_the_customer_never_says_the_same_line_twice(case):
    session = play(*case)
    lines = [*session.opening, *(line for turn in session.turns for line in turn.lines)]
    assert len(lines) == len(set(lines))


@given(sessions())
def test_the_customer_always_answers(case):
    for turn in play(*case).turns:
        assert 1 <= len(turn.lines) <= 5


@given(sessions(), st.booleans())
@settings(max_examples=50)
def test_a_session_is_the_same_again_from_its_events(case, timed_out):
    setup, replies = case
    session = play(setup, replies)
    if timed_out and not session.ended:
        session.happen(Stop.TIME_OUT)
    again = Session.replay(setup, session.events)
    assert again.turns == session.turns
    assert again.opening == session.opening


@given(setups(), st.sampled_from(["offer", "commit", "overpromise"]))
def test_a_solution_that_breaks_a_rule_ends_the_session_failed(setup, act):
    breaking = next(item.id for item in setup.scenario.solutions if item.breaks_rule)
    session = Session(setup)
    turn = session.happen(reading(Act(act), topic=breaking))
    assert session.state is State.UNRESOLVED
    assert turn.anger_after == turn.anger_before
    assert not score(session.turns, setup.scenario, rule_broken=session.rule_broken).passed


@given(sessions())
def test_anger_stays_between_0_and_100(case):
    for turn in play(*case).turns:
        assert 0 <= turn.anger_after <= 100


@given(sessions())
def test_the_third_apology_never_helps(case):
    heard = 0
    for turn in play(*case).turns:
        for effect in turn.effects:
            if effect.move.act is Act.APOLOGIZE:
                if heard >= 2:
                    assert effect.change >= 0
                    assert effect.misfit
                heard += not effect.move.repeat


def test_every_good_act_has_its_row_in_the_table_of_what_fits():
    assert set(FITS) == set(Act) - FAULTS


def test_every_state_of_the_table_can_be_reached():
    states = {row["dest"] for row in TRANSITIONS} | {State.VENTING}
    assert states == set(State)


def _setup():
    scenario = LIBRARY.scenarios["window-outage"]
    return Setup(scenario, LIBRARY.personas[scenario.personas[0]])
