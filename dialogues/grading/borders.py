"""Border rules that are surer than learning: each takes back what the model found and what cannot be."""

from dialogues.acts import Act
from dialogues.grading.model import Prediction
from dialogues.languages import cues

_SHORT = 40
"""Characters up to which a reply can be no more than an opener with its request."""

Spans = dict[Act, list[tuple[int, int]]]
"""Where each act was found, as start and end offsets."""


def apply(prediction: Prediction, spans: Spans) -> None:
    """Hold every rule against what was found; `spans` is changed in place."""
    one_kind_of_apology(prediction, spans)
    an_opener_is_no_apology(prediction, spans)
    a_refusal_promises_nothing(prediction, spans)


def one_kind_of_apology(prediction: Prediction, spans: Spans) -> None:
    """Rule 1: the same apology is either sincere or hollow; the likelier one stays."""
    if not {Act.APOLOGIZE, Act.HOLLOW_APOLOGY} <= spans.keys():
        return
    sincere, hollow = (prediction.probability(act) for act in (Act.APOLOGIZE, Act.HOLLOW_APOLOGY))
    weaker, stronger = (
        (Act.APOLOGIZE, Act.HOLLOW_APOLOGY) if hollow >= sincere else (Act.HOLLOW_APOLOGY, Act.APOLOGIZE)
    )
    _keep(
        spans,
        weaker,
        [
            (start, end)
            for start, end in spans[weaker]
            if all(end <= left or start >= right for left, right in spans[stronger])
        ],
    )


def an_opener_is_no_apology(prediction: Prediction, spans: Spans) -> None:
    """Rule 1: "不好意思，借过" opens a request; the whole of a short reply must be that."""
    short = len(prediction.text) <= _SHORT and spans.keys() <= {Act.APOLOGIZE, Act.ASK_SPECIFIC}
    if short and _has(prediction.text, "openers"):
        spans.pop(Act.APOLOGIZE, None)


def a_refusal_promises_nothing(prediction: Prediction, spans: Spans) -> None:
    """Saying what may not be done ("我不能私下补您") is no promise of it."""
    if Act.OVERPROMISE in spans:
        found = spans[Act.OVERPROMISE]
        _keep(spans, Act.OVERPROMISE, [span for span in found if not refuses(prediction.text[slice(*span)])])


def refuses(words: str) -> bool:
    """Whether words say that something may not or can't be done."""
    return _has(words, "refusals")


def _has(words: str, kind: str) -> bool:
    lowered = words.lower().replace("’", "'")
    return any(cue in lowered for cue in cues(kind))


def _keep(spans: Spans, act: Act, kept: list[tuple[int, int]]) -> None:
    if kept:
        spans[act] = kept
    else:
        del spans[act]
