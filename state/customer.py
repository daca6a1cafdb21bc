"""The upset customer: what a graded reply does to anger, to what they tell, and to their state.

Nothing here reads text or draws lines; `hear` takes a reading and returns effects and beats (what
is to be said), which `state.voice` puts into words.
"""

from collections import Counter

from dialogues.acts import FAULTS, QUESTIONS, RESTATEMENTS, Act
from dialogues.scenario import DIFFICULTIES, NEED, Persona, Scenario
from dialogues.turn import OUTCOMES, Effect, Misfit, Move, Reading, State
from state.answer import Heard, Said, answer
from state.machine import trigger
from state.temper import ASSURING, FADING, FITS, IRRITATION, PASSIVE, RELIEF, RISE, SOOTHING

_ANSWERS_A_REPLY = 2
"""Questions of one reply that the customer answers; they hold the rest back."""

_PROMISE_TURNS = 3
"""Replies after which the customer asks what became of a promise."""


class Customer:
    """One customer in one session: the machine's model, its memory and its anger."""

    def __init__(self, scenario: Scenario, persona: Persona, difficulty: str) -> None:
        self._scenario = scenario
        self._persona = persona
        self._level = DIFFICULTIES[difficulty]
        self._limits = scenario.thresholds
        self.state = State.VENTING
        self._anger = float(min(95, max(40, persona.anger + self._level.anger)))
        self._vents_left = self._level.vents
        self._apologies = 0
        self._told: list[str] = []
        self._answered = 0
        self._uses: Counter[Act] = Counter()
        self._on_table: str | None = None
        self._haggled = 0
        self._insults = 0
        self._repaired = False
        self._amends: set[Act] = set()
        self._unrepaired = 0
        self._stalls = 0
        self._turns = 0
        self._closing = 0
        self._goodbye: set[Act] = set()
        self._promise: tuple[int, str] | None = None
        self._chased = False
        self._rule_broken = False
        self._need_was_known = False  # when the reply began: what is told in answer can't be in it

    # What the machine asks -------------------------------------------------------------------------

    @property
    def anger(self) -> int:
        """Anger in whole points, 0–100."""
        return round(self._anger)

    @property
    def apologized(self) -> bool:
        """A sincere apology has been heard."""
        return self._apologies > 0

    @property
    def vented(self) -> bool:
        """The customer has said what had to be said."""
        return self._vents_left <= 0

    @property
    def cooled(self) -> bool:
        """Anger is below the point at which an apology can arrive."""
        return self._anger < self._limits.calm

    @property
    def simmering(self) -> bool:
        """Anger is at the point at which a calm customer accuses again."""
        return self._anger >= self._limits.simmer

    @property
    def boiling(self) -> bool:
        """Anger is at the point at which the customer escalates."""
        return self._anger >= self._limits.boil

    @property
    def repairable(self) -> bool:
        """No escalation has been repaired yet."""
        return not self._repaired

    @property
    def insulted_again(self) -> bool:
        """This is the second insult or threat."""
        return self._insults >= 2

    @property
    def need_known(self) -> bool:
        """The customer has told what they really want."""
        return NEED in self._told

    @property
    def rule_broken(self) -> bool:
        """Staff named a way out that no bank may take."""
        return self._rule_broken

    @property
    def ended(self) -> bool:
        """The session is over."""
        return self.state in OUTCOMES

    # Events ----------------------------------------------------------------------------------------

    def hear(self, reading: Reading) -> Heard:
        """Take in one graded reply.

        Raises:
            ValueError: The session is over.
        """
        if self.ended:
            raise ValueError("the session is over")
        heard = Heard()
        before = self.state
        self._turns += 1
        self._need_was_known = self.need_known
        moves = () if reading.parroted else reading.moves
        blocked = any(move.act in FAULTS for move in moves)
        soothed: list[Act] = []
        for move in moves:
            if self.ended:
                break
            if move.act in FAULTS:
                self._offend(move, heard)
            else:
                if not self._soothes(move):
                    self._settle(soothed, heard, blocked=blocked)
                self._take(move, heard, blocked=blocked)
                if self._soothes(move) or (move.act is Act.EXPLAIN and self.state is State.DEMANDING):
                    soothed.append(move.act)
        if not self.ended:
            self._settle(soothed, heard, blocked=blocked)
            self._vent_on(heard, blocked=blocked)
            self._repair(heard, blocked=blocked)
            self._remember(moves, reading, heard)
            self._limit(before, heard, faulty=blocked)
        heard.beats = answer(before, self.state, reading, heard, rule_broken=self._rule_broken)
        return heard

    def run_out(self) -> Heard:
        """No more replies come: time is up, or staff gave up."""
        heard = Heard()
        trigger(self, "run_out")
        heard.say("goodbye" if self.state is State.RESOLVED else "give_up")
        return heard

    # One move --------------------------------------------------------------------------------------

    def _soothes(self, move: Move) -> bool:
        return move.act in SOOTHING and not self._names_solution(move)

    def _names_solution(self, move: Move) -> bool:
        if move.act is Act.COMMIT and move.topic is not None:
            return self._need_was_known or not move.vague
        return move.act is Act.OFFER

    def _offend(self, move: Move, heard: Heard) -> None:
        if move.topic and move.act is Act.OVERPROMISE and self._scenario.solution(move.topic).breaks_rule:
            self._break_rule(move, heard)
            return
        rise = RISE[move.act] * self._persona.provoked_by.get(move.act, 1.0)
        self._change(move, rise * self._persona.rise * self._level.rise, heard)
        if move.act is Act.PROVOKE:
            self._insults += 1
        if heard.escalated and not self.insulted_again:
            return  # one reply is one step
        if (
            trigger(self, "insult" if move.act is Act.PROVOKE else "offend")
            and self.state is State.ESCALATING
        ):
            heard.escalated = True
            self._amends.clear()
            self._unrepaired = 0

    def _break_rule(self, move: Move, heard: Heard) -> None:
        self._rule_broken = True
        heard.effects.append(Effect(move, 0.0))
        heard.say("solution", move.topic or "")
        trigger(self, "break_rule")

    def _take(self, move: Move, heard: Heard, *, blocked: bool) -> None:
        """A good act: does it fit, what does it change, what does it bring out?"""
        if self._names_solution(move) and move.topic and self._scenario.solution(move.topic).breaks_rule:
            self._break_rule(move, heard)
            return
        misfit = self._misfit(move)
        if move.act is Act.APOLOGIZE and not move.repeat:
            self._apologies += 1
            heard.progress |= self._apologies == 1 and not blocked
        if self.state is State.ESCALATING and move.act in (Act.APOLOGIZE, Act.OWN):
            self._amends.add(move.act)
        if misfit:
            again = any(effect.misfit is misfit for effect in heard.effects)
            self._change(move, 0.0 if again else self._irritation(misfit), heard, misfit)
            self._answer_misfit(misfit, heard)
            return
        if self.state is State.AGREED:
            self._goodbye.add(move.act)
        if not blocked:
            relief = RELIEF[move.act] * self._persona.soothed_by.get(move.act, 1.0) * self._level.relief
            if move.formula:
                relief *= 0.5
            self._change(move, -relief * FADING ** self._uses[move.act], heard)
        else:
            heard.effects.append(Effect(move, 0.0))
        self._uses[move.act] += 1
        if not blocked:
            self._answer(move, heard)

    def _misfit(self, move: Move) -> Misfit | None:
        """Why the act does not help now; None where it fits."""
        if move.act in QUESTIONS and not self.apologized:
            return Misfit.BEFORE_APOLOGY
        if self._names_solution(move):
            if self.state in (State.VENTING, State.ESCALATING):
                return Misfit.INTERRUPTS
            if not self._need_was_known:
                return Misfit.BEFORE_NEED
        elif self.state not in FITS[move.act]:
            interrupts = self.state in (State.VENTING, State.ESCALATING)
            if move.act is Act.SEEK_AGREEMENT and not interrupts and self._on_table:
                return None
            return Misfit.INTERRUPTS if interrupts else Misfit.OUT_OF_PLACE
        if move.repeat:
            return Misfit.REPEATED
        if move.act is Act.APOLOGIZE and self._apologies >= 2:
            return Misfit.APOLOGIZED_ENOUGH
        return None

    def _irritation(self, misfit: Misfit) -> float:
        rise = IRRITATION[misfit] * self._persona.rise * self._level.rise
        return rise * max(1, self._apologies - 2) if misfit is Misfit.APOLOGIZED_ENOUGH else rise

    def _change(self, move: Move, change: float, heard: Heard, misfit: Misfit | None = None) -> None:
        before = self._anger
        self._anger = min(100.0, max(0.0, before + change))
        heard.effects.append(Effect(move, round(self._anger - before, 2), misfit))

    def _answer_misfit(self, misfit: Misfit, heard: Heard) -> None:
        heard.interrupted |= misfit in (Misfit.INTERRUPTS, Misfit.BEFORE_APOLOGY)
        said: dict[Misfit, Said] = {
            Misfit.INTERRUPTS: "interrupted",
            Misfit.BEFORE_APOLOGY: "balk",
            Misfit.BEFORE_NEED: "too_soon",
        }
        if misfit in said:
            heard.say(said[misfit])

    def _answer(self, move: Move, heard: Heard) -> None:
        if move.act in QUESTIONS:
            self._answer_question(move, heard)
        elif move.act in RESTATEMENTS:
            self._confirm(move, heard)
        elif self._names_solution(move):
            self._consider(move, heard)

    def _answer_question(self, move: Move, heard: Heard) -> None:
        trigger(self, "ask")
        if heard.answered >= _ANSWERS_A_REPLY:
            return
        heard.answered += 1
        self._answered += 1
        if move.topic == NEED or (move.act is Act.ASK_NEED and move.topic is None):
            self._tell_need(heard)
        elif move.act is Act.ASK_OPEN:
            self._tell_story(heard)
        elif move.topic:
            self._tell(move.topic, heard)
        else:
            heard.say("unknown")
        volunteers = self._level.volunteers
        if volunteers is not None and self._answered >= volunteers and not self.need_known:
            self._tell_need(heard)

    def _tell_story(self, heard: Heard) -> None:
        untold = [fact.id for fact in self._scenario.facts if fact.open and fact.id not in self._told]
        for fact in untold[: self._level.facts_at_once]:
            self._tell(fact, heard)
        if not untold:
            self._tell_need(heard)

    def _tell(self, fact: str, heard: Heard) -> None:
        heard.say("need" if fact == NEED else "fact", "" if fact == NEED else fact)
        if fact not in self._told:
            self._told.append(fact)
            heard.told.append(fact)
            heard.progress = True

    def _tell_need(self, heard: Heard) -> None:
        facts = len([topic for topic in self._told if topic != NEED])
        if not self.need_known and facts < self._level.hides:
            heard.say("guarded")
            return
        heard.say("need")
        if not self.need_known:
            self._told.append(NEED)
            heard.told.append(NEED)
            heard.progress = True
            trigger(self, "open_up")

    def _confirm(self, move: Move, heard: Heard) -> None:
        """Restating is listening; said back rightly, it may bring out what was guessed."""
        if self.state in (State.VENTING, State.ESCALATING) or not self.apologized:
            return
        if move.vague and self._told:
            self._tell(self._told[-1], heard)  # put right, in case it was not what they said
        elif move.topic == NEED and not self.need_known:
            self._tell_need(heard)
        elif move.topic and move.topic not in self._told:
            self._tell(move.topic, heard)
        else:
            heard.say("confirm")

    def _consider(self, move: Move, heard: Heard) -> None:
        if self.state is State.AGREED:
            return
        if move.topic is None:
            heard.say("vague")
        elif not self._scenario.solution(move.topic).fits:
            heard.say("solution", move.topic)
        else:
            heard.progress |= self._on_table is None
            self._on_table = move.topic
            wanted = self._level.bargains + self._persona.bargains
            if self._haggled < wanted:
                self._haggled += 1
                heard.say("bargain")
            else:
                self._agree(heard)

    def _agree(self, heard: Heard) -> None:
        if trigger(self, "agree"):
            heard.agreed = self._on_table
            heard.progress = True
            heard.say("solution", self._on_table or "")

    # The whole reply -------------------------------------------------------------------------------

    def _settle(self, soothed: list[Act], heard: Heard, *, blocked: bool) -> None:
        """Let what was heard so far sink in: a vent is over, a mood may change."""
        if not soothed or blocked or heard.interrupted:
            return
        if self.state is State.VENTING and self._vents_left > 0:
            fitting = {effect.move.act for effect in heard.effects if not effect.misfit}
            supported = fitting & {Act.EMPATHIZE, Act.OWN, Act.COMMIT}
            full = self._apologies == 1 and Act.APOLOGIZE in soothed and supported
            if fitting & set(soothed):
                self._vents_left -= 2 if full else 1
                heard.vented = heard.progress = True
        waits_in_vain = self.state is State.DEMANDING and set(soothed) <= PASSIVE
        soothed.clear()
        if not waits_in_vain:
            heard.progress |= trigger(self, "soothe")

    def _vent_on(self, heard: Heard, *, blocked: bool) -> None:
        """Cut short after an apology, the customer has their say all the same."""
        if self.state is State.VENTING and heard.interrupted and self.apologized and not blocked:
            self._vents_left -= not heard.vented
            trigger(self, "soothe")

    def _repair(self, heard: Heard, *, blocked: bool) -> None:
        if self.state is not State.ESCALATING or heard.escalated:
            return
        self._unrepaired += 1
        if blocked or heard.interrupted or not self._amends >= {Act.APOLOGIZE, Act.OWN}:
            return
        if trigger(self, "repair"):
            self._repaired = True
            self._anger = min(self._anger, self._limits.calm - 1.0)
            heard.progress = True
            heard.say("repaired")

    def _remember(self, moves: tuple[Move, ...], reading: Reading, heard: Heard) -> None:
        """Bargaining that was answered, and promises that wait to be kept."""
        acts = {effect.move.act for effect in heard.effects if not effect.misfit}
        haggling = any(beat.said == "bargain" for beat in heard.beats)
        if self._on_table and not haggling and not heard.agreed and acts & ASSURING and not reading.faults:
            self._agree(heard)
        if acts & {Act.EXPLAIN, Act.OFFER} or heard.agreed:
            self._promise = None
        promise = next((move for move in moves if move.act is Act.COMMIT), None)
        if promise and self.state is not State.AGREED and self._promise is None:
            self._promise = (self._turns, reading.words(promise))
        elif self._promise and self._promise_waits():
            self._chased = heard.promise_due = True
            heard.say("chase", quote=self._promise[1])
            self._promise = None

    def _promise_waits(self) -> bool:
        """Whether it is time to ask what became of a promise; asked once a session."""
        if self._promise is None or self._chased:
            return False
        listening = self.state not in (State.VENTING, State.ESCALATING, State.AGREED)
        return listening and self._turns - self._promise[0] >= _PROMISE_TURNS

    def _limit(self, before: State, heard: Heard, *, faulty: bool) -> None:
        """Patience, closing phase and the number of replies; faults have their own end."""
        self._stalls = 0 if heard.progress else self._stalls + (not faulty)
        if before is State.AGREED and self.state is State.AGREED:
            self._closing += 1
            if self._closing >= self._limits.closing or self._goodbye >= {Act.FOLLOW_UP, Act.THANK}:
                trigger(self, "close")
        elif self.state is State.AGREED:
            fitting = {effect.move.act for effect in heard.effects if not effect.misfit}
            self._goodbye |= fitting & {Act.FOLLOW_UP, Act.THANK}
        elif self.state is State.ESCALATING:
            if self._unrepaired >= self._limits.unrepaired:
                trigger(self, "stall")
        elif self._stalls >= self._limits.stalls:
            trigger(self, "stall")
        if self._turns >= self._limits.turns and not self.ended:
            trigger(self, "run_out")
