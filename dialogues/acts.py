"""The 25 dialogue acts that a reply is graded by, spelled as the training material spells them."""

from enum import StrEnum


class Act(StrEnum):
    """One thing that a reply does; a reply carries zero or more of them."""

    LISTEN = "listen"
    EMPATHIZE = "empathize"
    APOLOGIZE = "apologize"
    OWN = "own"
    ASK_OPEN = "ask_open"
    ASK_CHECK = "ask_check"
    ASK_SPECIFIC = "ask_specific"
    ASK_NEED = "ask_need"
    SUMMARIZE = "summarize"
    EXPLAIN = "explain"
    OFFER = "offer"
    COMMIT = "commit"
    DISCLOSE_LIMITS = "disclose_limits"
    SEEK_AGREEMENT = "seek_agreement"
    FOLLOW_UP = "follow_up"
    THANK = "thank"
    COMFORT = "comfort"
    HUSH = "hush"
    DENY = "deny"
    BLAME = "blame"
    DEFLECT = "deflect"
    DISMISS = "dismiss"
    PROVOKE = "provoke"
    OVERPROMISE = "overpromise"
    HOLLOW_APOLOGY = "hollow_apology"


FAULTS = frozenset(
    {
        Act.HUSH,
        Act.DENY,
        Act.BLAME,
        Act.DEFLECT,
        Act.DISMISS,
        Act.PROVOKE,
        Act.OVERPROMISE,
        Act.HOLLOW_APOLOGY,
    }
)
"""The acts that the technique forbids."""

QUESTIONS = frozenset({Act.ASK_OPEN, Act.ASK_SPECIFIC, Act.ASK_NEED})
"""Asking for something new; what `RESTATEMENTS` do is listening."""

RESTATEMENTS = frozenset({Act.ASK_CHECK, Act.SUMMARIZE})
"""Saying back what the customer said."""

PROPOSALS = frozenset({Act.OFFER, Act.COMMIT, Act.OVERPROMISE})
"""The acts that can name a solution."""
