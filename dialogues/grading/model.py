"""The trained recogniser: a reply and its context to acts, the words that show them, and what they mean.

Everything here works on the text as it is given: offsets are characters of that very text, whatever the
tokenizer normalises on the way. The same arguments always give the same answer, alone or in a batch.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from dialogues.acts import Act

Floats = NDArray[np.float32]
Span = tuple[int, int]

NETWORK_FILE = "acts.onnx"
TOKENIZER_FILE = "tokenizer.json"
META_FILE = "meta.json"

OPEN, PAD, CLOSE = 0, 1, 2
PADDING, CONTEXT, REPLY = 0, 1, 2

BATCH = 16
"""Replies in one run of the network; more save no time."""


@dataclass(frozen=True)
class Meta:
    """What the weights say about themselves.

    Attributes:
        version: Of the weights.
        acts: The order of the network's outputs.
        thresholds: The probability from which an act counts, in that order.
        mark_threshold: The probability from which a word counts as evidence.
        context_tokens: How much of the context is read: its last pieces.
        most_tokens: How much is read in all; of a longer reply only the beginning.
        corpus: Hash of the corpus that the weights were trained on.
    """

    version: str
    acts: tuple[Act, ...]
    thresholds: tuple[float, ...]
    mark_threshold: float
    context_tokens: int
    most_tokens: int
    corpus: str

    @classmethod
    def read(cls, text: str) -> "Meta":
        """Reads the file beside the weights; fields that it does not know are left out."""
        fields: dict[str, Any] = json.loads(text)
        return cls(
            version=fields["version"],
            acts=tuple(map(Act, fields["acts"])),
            thresholds=tuple(fields["thresholds"]),
            mark_threshold=fields["mark_threshold"],
            context_tokens=fields["context_tokens"],
            most_tokens=fields["most_tokens"],
            corpus=fields["corpus"],
        )


@dataclass(frozen=True)
class Prediction:
    """What the recogniser sees in one reply.

    Attributes:
        text: The reply as it was given.
        logits: One for each act.
        offsets: Start and end of each piece of the reply, in characters of `text`.
        marks: For each piece the probability that it shows each act `[pieces, acts]`.
        vectors: For each piece a vector; the mean over some pieces is what these mean.
        meta: Names the acts and holds their thresholds.
    """

    text: str
    logits: Floats
    offsets: tuple[Span, ...]
    marks: Floats
    vectors: Floats
    meta: Meta

    @cached_property
    def probabilities(self) -> Floats:
        """The probability of each act, in the order of `meta.acts`."""
        return _sigmoid(self.logits)

    @cached_property
    def acts(self) -> frozenset[Act]:
        """The acts at or above their thresholds."""
        pairs = zip(self.meta.acts, self.probabilities, self.meta.thresholds, strict=True)
        return frozenset(act for act, probability, threshold in pairs if probability >= threshold)

    def probability(self, act: Act) -> float:
        """How probable one act is."""
        return float(self.probabilities[self.meta.acts.index(act)])

    def spans(self, act: Act) -> list[Span]:
        """The words that show an act, in the order of the text.

        At least one span where the reply has any word at all; whole words, no blanks or commas at the ends.
        """
        if not self.offsets:
            return [(0, len(self.text))] if self.text else []
        marks = self.marks[:, self.meta.acts.index(act)]
        return evidence(self.text, self.offsets, marks, self.meta.mark_threshold)

    def embedding(self, start: int = 0, end: int | None = None) -> Floats:
        """What the reply, or a span of it, means: a unit vector, zeros where there are no words.

        Vectors of like meaning have a high product; a question and a statement lie around zero.
        """
        end = len(self.text) if end is None else end
        inside = [at for at, (left, right) in enumerate(self.offsets) if left < end and right > start]
        if not inside:
            return np.zeros(self.vectors.shape[1], np.float32)
        return _unit(self.vectors[inside].mean(axis=0))


class ActModel:
    """The network with its tokenizer.

    Args:
        network: The ONNX file's content.
        tokenizer: The tokenizer's JSON.
        meta: The meta file's JSON.
        threads: Threads that one run may use.
    """

    def __init__(self, network: bytes | str, tokenizer: str, meta: str, *, threads: int = 1) -> None:
        self.meta = Meta.read(meta)
        self._tokenizer: Tokenizer = Tokenizer.from_str(tokenizer)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        self._width: int = self._session.get_outputs()[2].shape[2]

    @classmethod
    def load(cls, folder: Traversable | None = None, *, threads: int = 1) -> "ActModel":
        """Loads the weights from a folder, the package's own by default."""
        folder = folder or files("dialogues.grading") / "weights"
        with as_file(folder / NETWORK_FILE) as network:
            return cls(
                str(network),
                (folder / TOKENIZER_FILE).read_text(encoding="utf-8"),
                (folder / META_FILE).read_text(encoding="utf-8"),
                threads=threads,
            )

    def predict(self, replies: Sequence[tuple[str, str]]) -> list[Prediction]:
        """Judges replies.

        Args:
            replies: Pairs of a reply and its context, the customer's last line (possibly empty).

        Returns:
            One prediction for each reply, in the same order.
        """
        return [prediction for some in _chunks(replies) for prediction in self._run(some)]

    def embed(self, texts: Sequence[str]) -> Floats:
        """What texts mean, as unit vectors `[texts, width]`; see `Prediction.embedding`."""
        vectors = np.zeros((len(texts), self._width), np.float32)
        for number, prediction in enumerate(self.predict([(text, "") for text in texts])):
            vectors[number] = prediction.embedding()
        return vectors

    def _run(self, replies: Sequence[tuple[str, str]]) -> Iterator[Prediction]:
        """Runs the network once."""
        meta = self.meta
        contexts = self._encode([context for _, context in replies])
        encodings = self._encode([text for text, _ in replies])
        lines, firsts = [], []
        for context, encoding in zip(contexts, encodings, strict=True):
            before = context.ids[-meta.context_tokens :]
            room = meta.most_tokens - len(before) - 3
            lines.append([OPEN, *before, CLOSE, *encoding.ids[:room], CLOSE])
            firsts.append(len(before) + 2)
        width = max(map(len, lines))
        ids = np.full((len(lines), width), PAD, np.int64)
        part = np.full((len(lines), width), PADDING, np.int64)
        for number, (line, first) in enumerate(zip(lines, firsts, strict=True)):
            ids[number, : len(line)] = line
            part[number, :first] = CONTEXT
            part[number, first : len(line)] = REPLY
        acts, marks, vectors = self._session.run(None, {"ids": ids, "part": part})
        for number, (text, _) in enumerate(replies):
            inside = slice(firsts[number], len(lines[number]) - 1)
            count = inside.stop - inside.start
            yield Prediction(
                text=text,
                logits=acts[number],
                offsets=tuple(encodings[number].offsets[:count]),
                marks=_sigmoid(marks[number, inside]),
                vectors=vectors[number, inside],
                meta=meta,
            )

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(list(texts), add_special_tokens=False)


def _chunks(replies: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    for start in range(0, len(replies), BATCH):
        yield replies[start : start + BATCH]


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


# Evidence: from marked pieces to words that a person would quote.

WEAKER = 0.5
"""Beside a marked piece, this share of the threshold is enough."""

STRONGEST = 0.5
"""Where no piece reaches the threshold, this share of the likeliest piece's probability is the threshold."""

NEAR = {"han": 4, "latin": 12}
"""The most characters that a border moves to meet the border of its clause."""

EDGES = ' \t\n，。；、：,.;:—–-~～…"“”'
"""What a quotation neither begins nor ends with."""

CLAUSE = re.compile(r"[^，。！？；、：,.!?;:…~～\n—]+[！？!?]*")
WORD = re.compile(r"[A-Za-zÀ-ɏ0-9]+(?:['’][A-Za-z]+)*")
HAN = re.compile(r"[\u3400-\u9fff]")


def evidence(text: str, offsets: Sequence[Span], marks: Floats, threshold: float) -> list[Span]:
    """Chooses the stretches of a text that show an act.

    Args:
        text: The reply.
        offsets: Start and end of each piece.
        marks: The probability of each piece that it shows the act.
        threshold: From which probability a piece counts; where none reaches it, the likeliest ones count.

    Returns:
        Start and end of each stretch, in order, without overlap; at least one.
    """
    limit = min(threshold, float(marks.max()) * STRONGEST)
    stretches: list[Span] = []
    for first, last in _runs(marks, limit):
        start, end = _bordered(text, offsets[first][0], offsets[last][1])
        if start >= end:
            continue
        if stretches and not any(map(str.isalnum, text[stretches[-1][1] : start])):
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return stretches or [(0, len(text))]


def _runs(marks: Floats, limit: float) -> Iterator[tuple[int, int]]:
    """First and last piece of each run at or above the weaker limit that reaches the limit somewhere."""
    first = None
    for at, mark in enumerate([*marks.tolist(), 0.0]):
        if mark >= limit * WEAKER and mark > 0:
            first = at if first is None else first
        elif first is not None:
            if marks[first:at].max() >= limit:
                yield first, at - 1
            first = None


def _bordered(text: str, start: int, end: int) -> Span:
    """Moves borders out to whole words and to the borders of a clause nearby, then off blanks and commas."""
    near = NEAR["han" if HAN.search(text) else "latin"]
    for word in WORD.finditer(text):
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    for clause in CLAUSE.finditer(text):
        if clause.start() < start < clause.end() and start - clause.start() <= near:
            start = clause.start()
        if clause.start() < end < clause.end() and clause.end() - end <= near:
            end = clause.end()
    while start < end and text[start] in EDGES:
        start += 1
    while start < end and text[end - 1] in EDGES:
        end -= 1
    return start, end
