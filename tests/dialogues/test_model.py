"""The trained recogniser as its callers see it."""

import json
import statistics
import subprocess
import sys

import numpy as np
import pytest

from dialogues.acts import Act
from dialogues.grading.model import ActModel, evidence

REPLIES = [
    ("真对不住您，站半小时谁不急，我这就去后台催", "我都等了半小时了"),
    (
        "I'm so sorry, we dropped the ball on that one. Do you remember who told you Tuesday?",
        "I was told Tuesday!",
    ),
    ("您先坐，喝口水", ""),
    ("Calm down, it's the rules and there's nothing I can do.", "This is a joke"),
    ("", "你倒是说话啊"),
    ("……", "你倒是说话啊"),
]

ODD = [
    "ＳＯＲＲＹ，　ﬁnally　ｄｏｎｅ！",
    "對不起，讓您久等了，我馬上去催",
    "对不起🙏🏽让您久等了👨‍👩‍👧我马上去催😊",
    "  so  sorry \t about\u200b that…  ",
    "cafe\u0301 ﷺ ㈱ ½ e\u0301",
    "x" * 3000,
    "对不起" * 800,
    "\x00\x07",
    "🙏",
]


@pytest.fixture(scope="module")
def model() -> ActModel:
    return ActModel.load()


def test_predictions_do_not_vary(model: ActModel) -> None:
    """The same reply is judged twice alike."""
    first, second = model.predict(REPLIES), model.predict(REPLIES)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)


def test_a_batch_says_what_single_replies_say(model: ActModel) -> None:
    """Company in a batch changes no label, span or meaning."""
    for one, reply in zip(model.predict(REPLIES), REPLIES, strict=True):
        (alone,) = model.predict([reply])
        np.testing.assert_allclose(one.logits, alone.logits, atol=0.05)
        np.testing.assert_allclose(one.embedding(), alone.embedding(), atol=0.02)
        assert one.acts == alone.acts
        assert {act: one.spans(act) for act in one.acts} == {act: alone.spans(act) for act in alone.acts}


def test_more_replies_than_a_batch_keep_their_order(model: ActModel) -> None:
    """Predictions come in the order of the replies, however many there are."""
    many = REPLIES * 7
    assert [prediction.text for prediction in model.predict(many)] == [text for text, _ in many]
    assert model.predict([]) == []
    assert len(model.embed([])) == 0


@pytest.mark.parametrize("text", [*ODD, *(text for text, _ in REPLIES)])
def test_evidence_lies_inside_the_text(model: ActModel, text: str) -> None:
    """Spans of every act are in order, apart from each other and within the text as it was given."""
    (prediction,) = model.predict([(text, "")])
    for act in Act:
        behind = 0
        for start, end in prediction.spans(act):
            assert behind <= start < end <= len(text)
            behind = end


@pytest.mark.parametrize(
    ("text", "act", "word"),
    [
        ("真对不住您，站半小时谁不急，我这就去后台催", Act.APOLOGIZE, "对不住"),
        ("真对不住您，站半小时谁不急，我这就去后台催", Act.COMMIT, "后台催"),
        ("　　ＯＫ！🙏🏽🙏🏽 真对不住您，我这就去后台催", Act.APOLOGIZE, "对不住"),
        ("👨‍👩‍👧 ok… i am so sorry about this, have a seat over here", Act.APOLOGIZE, "sorry"),
        ("👨‍👩‍👧 ok… i am so sorry about this, have a seat over here", Act.COMFORT, "seat"),
        ("㈱㈱ 對不起，讓您久等了！請您先坐，喝口水", Act.APOLOGIZE, "對不起"),
    ],
)
def test_evidence_quotes_the_words(model: ActModel, text: str, act: Act, word: str) -> None:
    """Evidence is the very words that show the act, full width, emoji and traditional text included."""
    (prediction,) = model.predict([(text, "")])
    assert act in prediction.acts
    assert any(word in text[start:end] for start, end in prediction.spans(act))


def test_evidence_comes_in_whole_words() -> None:
    """A mark on part of a word quotes the word, and of commas and blanks nothing."""
    text = "well, apologies for this. sit"
    offsets = [(0, 4), (4, 5), (6, 10), (10, 15), (16, 19), (20, 24), (24, 25), (26, 29)]
    marks = np.array([0, 0.6, 0.9, 0.1, 0.1, 0.1, 0, 0], np.float32)
    assert [text[start:end] for start, end in evidence(text, offsets, marks, 0.5)] == ["apologies for this"]


def test_evidence_keeps_stretches_apart() -> None:
    """Two marked stretches with words between them are two pieces of evidence."""
    text = "抱歉，系统今天上午突然断了线路，真抱歉"
    offsets = [(at, at + 1) for at in range(len(text))]
    marks = np.array([char in "抱歉真" for char in text], np.float32)
    assert [text[start:end] for start, end in evidence(text, offsets, marks, 0.5)] == ["抱歉", "真抱歉"]


def test_silence_has_no_evidence(model: ActModel) -> None:
    """An empty reply is judged without error and quotes nothing."""
    (prediction,) = model.predict([("", "喂？")])
    assert prediction.spans(Act.LISTEN) == []
    assert not prediction.embedding().any()


def test_like_questions_lie_close(model: ActModel) -> None:
    """A question is closer to its paraphrase than to another question."""
    asked, same, other = model.embed(["您是几点来的", "您大概几点钟进的门", "身份证带了吗"])
    assert asked @ same > asked @ other + 0.05
    np.testing.assert_allclose(np.linalg.norm([asked, same, other], axis=1), 1, atol=1e-5)


def test_a_span_has_a_meaning_of_its_own(model: ActModel) -> None:
    """The meaning of a clause within a longer reply is near that of the clause alone."""
    text = "真对不住您，您是几点来的？"
    (prediction,) = model.predict([(text, "")])
    question, alone = prediction.embedding(6, len(text)), model.embed(["您是几点来的"])[0]
    apology = prediction.embedding(0, 5)
    assert question @ alone > apology @ alone + 0.2


BENCH = """
import json, resource, sys, time
began = time.perf_counter()
from dialogues.grading.model import ActModel
model = ActModel.load()
load = time.perf_counter() - began
taken = []
for text, context in json.load(sys.stdin) * 40:
    began = time.perf_counter()
    model.predict([(text, context)])
    taken.append(time.perf_counter() - began)
print(json.dumps([load, taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


@pytest.mark.bench
def test_speed_and_memory() -> None:
    """A reply takes at most 20 ms on one thread, loading 1.5 s, and all of Python 300 MB."""
    run = subprocess.run(
        [sys.executable, "-c", BENCH], input=json.dumps(REPLIES), capture_output=True, text=True, check=True
    )
    load, taken, memory = json.loads(run.stdout)
    median = statistics.median(taken) * 1000
    print(f"load {load:.2f} s, median {median:.1f} ms, memory {memory:.0f} MB")
    assert load <= 1.5
    assert median <= 20
    assert memory <= 300
