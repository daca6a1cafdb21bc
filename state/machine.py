"""The customer's moods as one `transitions` machine: the table, and the only place where state changes.

One machine serves every session: its single model is set to the session's stored state, triggered,
and read again (building a machine a session would cost a hundred times as much).
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from transitions import Machine
from transitions.extensions import GraphMachine

from dialogues.turn import OUTCOMES, State


class Mind(Protocol):
    """The yes/no questions that the table asks."""

    state: State

    @property
    def apologized(self) -> bool:
        """A sincere apology has been heard."""

    @property
    def vented(self) -> bool:
        """The customer has said what had to be said."""

    @property
    def cooled(self) -> bool:
        """Anger is below the point at which an apology can arrive."""

    @property
    def simmering(self) -> bool:
        """Anger is at the point at which a calm customer accuses again."""

    @property
    def boiling(self) -> bool:
        """Anger is at the point at which the customer escalates."""

    @property
    def repairable(self) -> bool:
        """No escalation has been repaired yet."""

    @property
    def insulted_again(self) -> bool:
        """This is the second insult or threat."""

    @property
    def need_known(self) -> bool:
        """The customer has told what they really want."""


_LIVE: list[State] = [state for state in State if state not in OUTCOMES]
_BEFORE_AGREEMENT: list[State] = [state for state in _LIVE if state is not State.AGREED]
_BEFORE_ESCALATION: list[State] = [state for state in _BEFORE_AGREEMENT if state is not State.ESCALATING]
_COMPOSED: list[State] = [State.CALMING, State.TELLING, State.NEGOTIATING]


def _row(
    trigger: str,
    source: State | list[State],
    dest: State,
    conditions: str | tuple[str, ...] = (),
    unless: str | tuple[str, ...] = (),
) -> dict[str, Any]:
    sources = source if isinstance(source, list) else [source]
    return {
        "trigger": trigger,
        "source": [state.value for state in sources],
        "dest": dest.value,
        "conditions": [conditions] if isinstance(conditions, str) else list(conditions),
        "unless": [unless] if isinstance(unless, str) else list(unless),
    }


TRANSITIONS: tuple[dict[str, Any], ...] = (
    # soothe: listening, empathy, apology, owning, comfort, restating, "I'm on it" were heard
    _row("soothe", State.VENTING, State.CALMING, ("vented", "apologized", "cooled")),
    _row("soothe", State.VENTING, State.DEMANDING, "vented", unless="apologized"),
    _row("soothe", State.DEMANDING, State.NEGOTIATING, ("apologized", "need_known", "cooled")),
    _row("soothe", State.DEMANDING, State.CALMING, ("apologized", "cooled")),
    # repair: an escalation was answered by owning, apologizing and listening
    _row("repair", State.ESCALATING, State.NEGOTIATING, ("repairable", "need_known")),
    _row("repair", State.ESCALATING, State.CALMING, "repairable"),
    # ask: a question that the customer answers
    _row("ask", [State.CALMING, State.DEMANDING], State.TELLING, "apologized"),
    # open_up: the need is told
    _row("open_up", [State.CALMING, State.TELLING], State.NEGOTIATING, "apologized"),
    # agree: a fitting solution to a known need
    _row("agree", [*_COMPOSED, State.DEMANDING], State.AGREED, ("apologized", "need_known")),
    # offend: a fault was heard
    _row("offend", State.ESCALATING, State.ESCALATED),
    _row("offend", _BEFORE_ESCALATION, State.ESCALATED, "boiling", unless="repairable"),
    _row("offend", _BEFORE_ESCALATION, State.ESCALATING, "boiling"),
    _row("offend", _COMPOSED, State.DEMANDING, "simmering"),
    # insult: a threat, a dare, mockery
    _row("insult", State.ESCALATING, State.ESCALATED),
    _row("insult", [*_BEFORE_ESCALATION, State.AGREED], State.ESCALATED, "insulted_again"),
    _row("insult", [*_BEFORE_ESCALATION, State.AGREED], State.ESCALATED, unless="repairable"),
    _row("insult", [*_BEFORE_ESCALATION, State.AGREED], State.ESCALATING),
    # break_rule: a way out that no bank may take
    _row("break_rule", _LIVE, State.UNRESOLVED),
    # stall: limits of patience are reached
    _row("stall", State.ESCALATING, State.ESCALATED),
    _row("stall", _BEFORE_ESCALATION, State.UNRESOLVED),
    # close: the goodbye
    _row("close", State.AGREED, State.RESOLVED),
    # run_out: no more replies come (time is up, staff gave up)
    _row("run_out", State.AGREED, State.RESOLVED),
    _row("run_out", _BEFORE_AGREEMENT, State.UNRESOLVED),
)
"""What each trigger does, read from the top; a trigger that no row serves changes nothing."""

_OPTIONS: dict[str, Any] = {
    "states": [state.value for state in State],
    "initial": State.VENTING.value,
    "auto_transitions": False,
}


class _Slot:
    """The machine's one model: answers the table's questions for whoever sits in it."""

    state: str
    mind: Mind
    trigger: Callable[[str], bool]


def _ask(name: str) -> property:
    return property(lambda slot: lambda: getattr(slot.mind, name))


for _name in (
    "apologized",
    "vented",
    "cooled",
    "simmering",
    "boiling",
    "repairable",
    "insulted_again",
    "need_known",
):
    setattr(_Slot, _name, _ask(_name))

_SLOT = _Slot()
_MACHINE = Machine(model=_SLOT, transitions=list(TRANSITIONS), **_OPTIONS)
_LOCK = threading.Lock()
_SERVED = {(row["trigger"], source) for row in TRANSITIONS for source in row["source"]}


def trigger(mind: Mind, name: str) -> bool:
    """Fire a trigger for a customer; True if the state changed.

    Args:
        mind: The customer; `state` is read and set.
        name: A trigger of `TRANSITIONS`.

    Raises:
        KeyError: The table has no such trigger.
    """
    before = mind.state
    if (name, before.value) not in _SERVED:
        if name not in _MACHINE.events:
            raise KeyError(name)
        return False
    with _LOCK:
        _SLOT.mind = mind
        _MACHINE.set_state(before.value, _SLOT)
        _SLOT.trigger(name)
        mind.state = State(_SLOT.state)
        return mind.state is not before


def diagram() -> str:
    """The machine as Mermaid text, drawn from the table by the library."""
    graph = GraphMachine(
        model=_Slot(),
        transitions=list(TRANSITIONS),
        graph_engine="mermaid",
        show_conditions=True,
        title="title: The customer",  # the library writes it into the front matter as it is
        **_OPTIONS,
    )
    drawn: Any = graph.get_combined_graph()
    return str(drawn.source)
