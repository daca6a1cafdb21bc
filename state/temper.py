"""What moves the customer: which act fits where, and how many points of anger it is worth."""

from dialogues.acts import RESTATEMENTS, Act
from dialogues.turn import Misfit, State

_V, _D, _C, _T, _N, _A, _E = (
    State.VENTING,
    State.DEMANDING,
    State.CALMING,
    State.TELLING,
    State.NEGOTIATING,
    State.AGREED,
    State.ESCALATING,
)
_ANY = frozenset({_V, _D, _C, _T, _N, _A, _E})
_HEARING = _ANY - {_V, _E}

FITS: dict[Act, frozenset[State]] = {
    Act.LISTEN: frozenset({_V, _D, _C, _T, _E}),
    Act.EMPATHIZE: _ANY,
    Act.APOLOGIZE: _ANY,
    Act.OWN: _ANY,
    Act.ASK_OPEN: _HEARING,
    Act.ASK_CHECK: _ANY,
    Act.ASK_SPECIFIC: _HEARING,
    Act.ASK_NEED: _HEARING,
    Act.SUMMARIZE: _ANY,
    Act.EXPLAIN: _HEARING,
    Act.OFFER: _HEARING,
    Act.COMMIT: _ANY,
    Act.DISCLOSE_LIMITS: _HEARING,
    Act.SEEK_AGREEMENT: frozenset({_N, _A}),
    Act.FOLLOW_UP: frozenset({_N, _A}),
    Act.THANK: _ANY,
    Act.COMFORT: _ANY,
}
"""Which good act fits in which state; faults fit nowhere.

A commit that names a solution counts as an offer. On top of the table: a question needs a sincere
apology before it, a solution a known need, and nothing fits when it is said again; the third
apology and every later one do not fit.
"""

RELIEF: dict[Act, float] = {
    Act.LISTEN: 3,
    Act.EMPATHIZE: 6,
    Act.APOLOGIZE: 9,
    Act.OWN: 6,
    Act.ASK_OPEN: 2,
    Act.ASK_CHECK: 3,
    Act.ASK_SPECIFIC: 1,
    Act.ASK_NEED: 3,
    Act.SUMMARIZE: 4,
    Act.EXPLAIN: 3,
    Act.OFFER: 8,
    Act.COMMIT: 4,
    Act.DISCLOSE_LIMITS: 2,
    Act.SEEK_AGREEMENT: 2,
    Act.FOLLOW_UP: 4,
    Act.THANK: 3,
    Act.COMFORT: 4,
}
"""Points of anger that a fitting act takes away the first time; later times count for less."""

RISE: dict[Act, float] = {
    Act.HUSH: 9,
    Act.DENY: 12,
    Act.BLAME: 13,
    Act.DEFLECT: 10,
    Act.DISMISS: 10,
    Act.PROVOKE: 20,
    Act.OVERPROMISE: 3,
    Act.HOLLOW_APOLOGY: 9,
}
"""Points of anger that a fault adds."""

IRRITATION: dict[Misfit, float] = {
    Misfit.INTERRUPTS: 4,
    Misfit.BEFORE_APOLOGY: 5,
    Misfit.BEFORE_NEED: 3,
    Misfit.REPEATED: 1,
    Misfit.APOLOGIZED_ENOUGH: 2,
    Misfit.OUT_OF_PLACE: 0,
}
"""Points of anger that a good act adds where it does not fit."""

FADING = 0.6
"""How much of an act's relief is left each further time."""

SOOTHING = frozenset(
    {Act.LISTEN, Act.EMPATHIZE, Act.APOLOGIZE, Act.OWN, Act.COMFORT, Act.THANK, Act.COMMIT} | RESTATEMENTS
)
"""Acts that never interrupt the venting customer."""

PASSIVE = frozenset({Act.LISTEN, Act.THANK})
"""Acts that do not answer a customer who demands an explanation."""

ASSURING = frozenset(
    {
        Act.OFFER,
        Act.COMMIT,
        Act.EXPLAIN,
        Act.DISCLOSE_LIMITS,
        Act.SEEK_AGREEMENT,
        Act.FOLLOW_UP,
        Act.SUMMARIZE,
        Act.ASK_CHECK,
    }
)
"""Acts that answer a customer who wants more certainty about a solution."""
