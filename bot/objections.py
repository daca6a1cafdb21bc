"""``lobby-drill disputes``: what people found unfair, for people, and for the corpus with what was upheld."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.report import Paint
from dialogues.acts import Act
from dialogues.languages import Texts
from state.store import Claim, Dispute, Status

SOURCE = "dispute"
"""Whom the corpus names as the writer of these replies."""


def rows(disputes: Iterable[Dispute], *, upheld: bool = False) -> Iterator[dict[str, Any]]:
    """Disputes in the corpus's format, each with its status.

    The labels of a reply are those that were graded, corrected by everything that was upheld in it. An
    act that was added stands without its words: nobody has marked them.

    Args:
        disputes: All of them.
        upheld: Only replies in which something was upheld, each once.
    """
    known = list(disputes)
    shown = {(it.session, it.turn): it for it in reversed(known) if it.status is Status.UPHELD}
    for dispute in sorted(shown.values(), key=lambda it: it.id) if upheld else known:
        wrong, missing = (_upheld(known, dispute, claim) for claim in Claim)
        acts = {act for act, _, _ in dispute.graded} - wrong | missing
        yield {
            "id": f"{SOURCE}-{dispute.id:04d}",
            "lang": dispute.lang,
            "source": SOURCE,
            "situation": dispute.situation,
            "context": dispute.context,
            "text": dispute.text,
            "acts": [act.value for act in Act if act in acts],
            "spans": [[act.value, start, end] for act, start, end in dispute.graded if act in acts],
            "status": dispute.status.value,
            "claim": {"act": dispute.act.value, "kind": dispute.claim.value},
            "grader": dispute.grader,
        }


def _upheld(disputes: Iterable[Dispute], reply: Dispute, claim: Claim) -> set[Act]:
    """The acts of which something was rightly said in a reply."""
    return {
        it.act
        for it in disputes
        if (it.session, it.turn, it.claim, it.status) == (reply.session, reply.turn, claim, Status.UPHELD)
    }


def report(disputes: Iterable[Dispute], zone: str, texts: Texts, paint: Paint) -> Iterator[str]:
    """Disputes for people, a few lines each.

    Args:
        disputes: Those to show.
        zone: The time zone of the times.
        texts: The words.
        paint: Colours.
    """
    for dispute in disputes:
        when = datetime.fromtimestamp(dispute.created_at, ZoneInfo(zone))
        yield paint(
            "strong",
            texts.say(
                "cli_dispute",
                id=dispute.id,
                status=texts.say(f"dispute_status_{dispute.status}"),
                situation=dispute.situation,
                turn=dispute.turn,
                when=f"{when:%Y-%m-%d %H:%M}",
            ),
        )
        graded = " ".join(texts.acts[act] for act in dict.fromkeys(act for act, _, _ in dispute.graded))
        yield "  " + paint("customer", texts.say("cli_dispute_context", text=_line(dispute.context)))
        yield "  " + texts.say("cli_dispute_reply", text=_line(dispute.text))
        yield "  " + texts.say("cli_dispute_graded", acts=graded or texts.say("cli_nothing"))
        claim = texts.say(f"dispute_claim_{dispute.claim}", act=texts.acts[dispute.act])
        yield "  " + paint("fault", texts.say("cli_dispute_claim", claim=claim))


def _line(text: str) -> str:
    return " ".join(text.split())
