"""How the coach shows a moment and a session: the anger bar, the card after a reply, the scorecard."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.advice import advice, rule
from bot.desk import Review, Visit
from bot.messages import Markup, aside, bold, italic, lines, paragraphs
from dialogues.acts import FAULTS, Act
from dialogues.grading.coaching import Remark, model_for, remark
from dialogues.grading.rubric import CONDUCT_SLIPS, PASS_MARK, Criterion, Quote, Result, Scorecard, Slip
from dialogues.scenario import Lang, Scenario
from dialogues.turn import Effect, Heat, State, Turn

_CELLS = 10
_COLOURS = {Heat.HOT: "🟥", Heat.WARM: "🟧", Heat.COOL: "🟩"}
_EMPTY = "⬜"
_QUOTED = {"zh": 14, "en": 34}
"""Longest quotation on a card, in characters, by language."""
_TOP = 100
_MOST_ACTS = 3
_MOST_REASONS = 2
_MOST_CORRECTIONS = 3


def bar(anger: int) -> Markup:
    """Anger at a glance: ten blocks, hot ones red, and the number."""
    filled = max(1, round(anger * _CELLS / 100)) if anger else 0
    return Markup(f"{_COLOURS[Heat.of(anger)] * filled}{_EMPTY * (_CELLS - filled)} {anger}")


# After a reply ---------------------------------------------------------------------------------------


def card(visit: Visit, turns: Sequence[Turn], scenario: Scenario, lang: Lang) -> Markup:
    """The coach's word on the last reply, in at most four short lines."""
    seen = remark(turns, scenario, lang)
    return aside(
        lines(
            _did(visit, seen),
            _wrong(visit, seen) or _missing(visit, seen),
            seen.better and visit.say("card_better", sentence=seen.better),
            _mood(visit, turns[-1]),
        )
    )


def _did(visit: Visit, seen: Remark) -> Markup | None:
    if seen.did:
        return visit.say("card_did", acts=_acts(visit, seen.did[:_MOST_ACTS]))
    if seen.faults or seen.misfits:
        return None
    return visit.say("card_nothing")


def _wrong(visit: Visit, seen: Remark) -> Markup | None:
    """Every fault by its name, and one rule: that of the worst."""
    named = [_act(visit, fault) for fault in seen.faults]
    named += [_misfit(visit, misfit.value, words) for misfit, words in seen.misfits]
    if not named:
        return None
    rule = f"rule_{seen.faults[0].act}" if seen.faults else f"rule_{seen.misfits[0][0]}"
    return visit.say("card_wrong", acts=_list(visit, named), rule=visit.say(rule))


def _missing(visit: Visit, seen: Remark) -> Markup | None:
    return visit.say("card_missing", act=visit.texts.acts[seen.missing]) if seen.missing else None


def _mood(visit: Visit, turn: Turn) -> Markup:
    before, after = turn.anger_before, turn.anger_after
    if before == after == _TOP and turn.reading and turn.reading.faults:
        return visit.say("card_top", reason=visit.texts.acts[turn.reading.faults[0].act])
    if after == before:
        reason = _reasons(visit, turn, up=True) or visit.say("why_same")
        return visit.say("card_same", anger=after, reason=reason)
    key = "card_hotter" if after > before else "card_cooler"
    reason = _reasons(visit, turn, up=after > before) or visit.say("why_other")
    return visit.say(key, before=before, after=after, reason=reason)


def _reasons(visit: Visit, turn: Turn, *, up: bool) -> Markup | None:
    """What moved the anger most in that direction."""
    sign = 1 if up else -1
    moved = sorted(
        (effect for effect in turn.effects if effect.change * sign > 0),
        key=lambda effect: -effect.change * sign,
    )
    names = dict.fromkeys(_reason(visit, effect) for effect in moved)
    return _list(visit, list(names)[:_MOST_REASONS]) if names else None


def _reason(visit: Visit, effect: Effect) -> str:
    return visit.say(f"misfit_{effect.misfit}") if effect.misfit else visit.texts.acts[effect.move.act]


def _acts(visit: Visit, quotes: Iterable[Quote]) -> Markup:
    """Acts with the words that show them: the same words once, behind all that they do."""
    by_words: dict[str, list[str]] = {}
    for quote in quotes:
        by_words.setdefault(short(quote.words, visit.lang), []).append(visit.texts.acts[quote.act])
    return _list(visit, [_named(visit, "/".join(acts), words) for words, acts in by_words.items()])


def _act(visit: Visit, quote: Quote) -> Markup:
    return _named(visit, visit.texts.acts[quote.act], short(quote.words, visit.lang))


def _misfit(visit: Visit, misfit: str, quote: Quote) -> Markup:
    return _named(visit, visit.say(f"misfit_{misfit}"), short(quote.words, visit.lang))


def _named(visit: Visit, name: str, words: str) -> Markup:
    return visit.say("card_act", act=name, words=words) if words else visit.say("card_act_silent", act=name)


def _list(visit: Visit, parts: Iterable[str]) -> Markup:
    return visit.say("card_and").join(parts)


def found(visit: Visit, text: str, marks: Iterable[tuple[Act, int, int]]) -> Markup:
    """Acts of a reply with the words that show them, each act once; empty where there is none."""
    words: dict[Act, str] = {}
    for act, start, end in marks:
        words.setdefault(act, short(text[start:end], visit.lang))
    return _list(visit, [_named(visit, visit.texts.acts[act], shown) for act, shown in words.items()])


def short(words: str, lang: Lang) -> str:
    """A quotation that is short enough for a card; empty where there is nothing to read."""
    words = " ".join(words.split())
    if not any(char.isalnum() for char in words):
        return ""
    most = _QUOTED["zh" if any(char > "⺀" for char in words) else lang]
    return words if len(words) <= most else words[: most - 1] + "…"


# After a session -------------------------------------------------------------------------------------


def scene(review: Review) -> Markup:
    """How it ended, told as a scene."""
    endings = review.scenario.words[review.lang].endings
    if review.run.rule_broken:
        return italic(endings.rule_broken)
    told = {
        State.RESOLVED: endings.resolved,
        State.ESCALATED: endings.escalated,
    }
    return italic(told.get(review.card.outcome, endings.unresolved))


def headline(visit: Visit, review: Review) -> Markup:
    """Outcome and score in one line."""
    passed = visit.say("passed" if review.card.passed else "not_passed")
    outcome = visit.texts.states[review.card.outcome]
    return bold(visit.say("result_headline", score=review.card.score, outcome=outcome, passed=passed))


def scorecard(visit: Visit, review: Review) -> Markup:
    """The whole scorecard: criteria with evidence and what was missing, corrections, the best sentence."""
    shown = review.card
    return paragraphs(
        lines(
            headline(visit, review),
            None if review.run.branched is None else visit.say("result_branch"),
            visit.say("result_upheld", count=review.upheld) if review.upheld else None,
            *[visit.say("result_blocker", blocker=visit.say(f"blocker_{it}")) for it in shown.blockers],
        ),
        lines(*[_criterion(visit, result, shown) for result in shown.results]),
        lines(*corrections(visit, review)),
        visit.say("result_best", words=short(shown.best.words, visit.lang)) if shown.best else None,
        visit.say("result_rubric", version=shown.version, mark=PASS_MARK),
    )


def corrections(visit: Visit, review: Review) -> list[Markup]:
    """At most three things to say otherwise, the costliest first, no better sentence twice."""
    said = {sentence: _correction(visit, slip, sentence) for slip, sentence in _slips(review)}
    for result in _weakest_first(review.card.results):
        if result.missing and result.criterion is not Criterion.CONDUCT:
            line = advice(result, review.card, review.turns, review.scenario, review.lang)
            if not any(sentence in line for sentence in said):
                named = visit.say(f"criterion_{result.criterion}")
                said[_last_quoted(line)] = visit.say("result_advice", criterion=named, advice=line)
    shown = list(said.values())[:_MOST_CORRECTIONS]
    return [visit.say("result_corrections"), *shown] if shown else []


def _slips(review: Review) -> Iterator[tuple[Slip, str]]:
    """The costliest slip of each turn, with a better sentence for that moment."""
    turns = {turn.number: turn for turn in review.turns}
    for slip in review.card.slips:
        turn = turns.pop(slip.quote.turn, None)
        if turn is not None and slip.quote.words:
            yield slip, model_for(turn, review.turns, review.scenario, review.lang)


def _last_quoted(line: str) -> str:
    return _QUOTATION.findall(line)[-1] if _QUOTATION.search(line) else line


_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")


def _correction(visit: Visit, slip: Slip, sentence: str) -> Markup:
    return visit.say(
        "result_correction",
        turn=slip.quote.turn,
        words=short(slip.quote.words, visit.lang),
        why=visit.say(f"misfit_{slip.misfit}") if slip.misfit else visit.texts.acts[slip.quote.act],
        rule=visit.say(rule(slip)),
        sentence=sentence,
    )


def retry_turn(review: Review) -> int | None:
    """The turn from which playing on anew teaches most: the costliest, else the last; None without any."""
    if review.card.slips:
        return review.card.slips[0].quote.turn
    replies = [turn.number for turn in review.turns if turn.reading]
    return replies[-1] if replies else None


def debrief(visit: Visit, review: Review) -> Markup:
    """What the case teaches."""
    told = review.scenario.words[review.lang].debrief
    return paragraphs(
        bold(visit.say("debrief_title", title=review.title)),
        lines(bold(visit.say("debrief_lesson")), told.lesson),
        lines(bold(visit.say("debrief_risk")), told.risk),
        lines(bold(visit.say("debrief_improve")), told.improve),
    )


def _criterion(visit: Visit, result: Result, card: Scorecard) -> Markup:
    words = [short(quote.words, visit.lang) for quote in result.evidence[:2]]
    quoted = [visit.say("result_quote", words=word) for word in words if word]
    return lines(
        visit.say(
            "result_criterion",
            mark=_mark(result),
            name=visit.say(f"criterion_{result.criterion}"),
            points=result.points,
            max=result.max,
        ),
        Markup(" ").join(quoted) if quoted else None,
        visit.say("result_missing", missing=visit.say(f"missing_{_costliest(result, card)}"))
        if result.missing
        else None,
    )


def _costliest(result: Result, card: Scorecard) -> str:
    if result.criterion is Criterion.CONDUCT and all(it.misfit not in CONDUCT_SLIPS for it in card.slips):
        return "taking_part"
    return result.missing[0]


def _mark(result: Result) -> str:
    share = result.points / result.max
    return "🟢" if share >= 0.8 else "🟡" if share >= 0.5 else "🔴"


def _weakest_first(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda result: result.points - result.max)


# The whole conversation ------------------------------------------------------------------------------


def transcript(visit: Visit, review: Review) -> list[Markup]:
    """The conversation, in parts that can each be shown whole."""
    said = [_customer(visit, review.opening, review.opening_anger)]
    said += [part for turn in review.turns for part in _exchange(visit, turn)]
    parts, length = [[visit.say("transcript_title", title=review.title, persona=review.persona)]], 0
    for part in said:
        if length + len(part) > _PART:
            parts.append([])
            length = 0
        parts[-1].append(part)
        length += len(part)
    return [paragraphs(*part) for part in parts]


_PART = 3000
"""Characters of markup in one part of a transcript."""


def _exchange(visit: Visit, turn: Turn) -> list[Markup]:
    if turn.reading is None:
        return [_customer(visit, turn.lines, turn.anger_after)] if turn.lines else []
    spoken = turn.reading.text if short(turn.reading.text, visit.lang) else visit.say("transcript_silence")
    named = dict.fromkeys(_label(visit, effect) for effect in turn.effects)
    return [
        lines(
            visit.say("transcript_staff", number=turn.number, text=spoken),
            italic(_list(visit, named)) if named else None,
        ),
        _customer(visit, turn.lines, turn.anger_after),
    ]


def _label(visit: Visit, effect: Effect) -> Markup:
    name = visit.texts.acts[effect.move.act]
    if effect.move.act in FAULTS:
        return visit.say("transcript_fault", act=name)
    if effect.misfit:
        return visit.say("transcript_misfit", act=name, misfit=visit.say(f"misfit_{effect.misfit}"))
    return visit.say("transcript_act", act=name)


def _customer(visit: Visit, said: Sequence[str], anger: int) -> Markup:
    return lines(*[visit.say("transcript_customer", text=line) for line in said], bar(anger))
