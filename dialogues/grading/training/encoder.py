"""The network: a plain BERT encoder, a head that recognises acts, and a projection for meaning.

Everything is spelled out in basic operations, so that the exported graph is small and quantises well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dialogues.grading.training.container import Container, Sizes

MEANING_WIDTH = 96
"""Features of a meaning."""

OUTSIDE = -1e4
"""Stands for minus infinity where attention may not look."""


class Dropout(nn.Module):
    """Drops the same features at all of a reply's tokens, which costs less than a mask for each."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, states: Tensor) -> Tensor:
        """Drops features of states `[batch, tokens, features]` while training."""
        if not self.training or not self.share:
            return states
        mask = states.new_empty(states.shape[0], 1, states.shape[2]).bernoulli_(1 - self.share)
        return states * mask / (1 - self.share)


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        self.scale = (sizes.hidden // sizes.heads) ** -0.5
        self.project = nn.Linear(sizes.hidden, 3 * sizes.hidden)
        self.out = nn.Linear(sizes.hidden, sizes.hidden)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """Mixes states `[batch, tokens, hidden]`; the bias is added to the scores."""
        batch, tokens, hidden = states.shape
        split = self.project(states).view(batch, tokens, 3, self.heads, hidden // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(query * self.scale @ key.transpose(2, 3) + bias, dim=-1)
        mixed: Tensor = self.out((weights @ value).transpose(1, 2).reshape(batch, tokens, hidden))
        return mixed


class Layer(nn.Module):
    """One transformer layer, normalised after each part."""

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(sizes)
        self.attention_norm = nn.LayerNorm(sizes.hidden, eps=sizes.epsilon)
        self.widen = nn.Linear(sizes.hidden, sizes.feed_forward)
        self.narrow = nn.Linear(sizes.feed_forward, sizes.hidden)
        self.norm = nn.LayerNorm(sizes.hidden, eps=sizes.epsilon)
        self.dropout = Dropout(dropout)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """Passes states on."""
        states = self.attention_norm(states + self.dropout(self.attention(states, bias)))
        wide = nn.functional.gelu(self.widen(states))
        normed: Tensor = self.norm(states + self.dropout(self.narrow(wide)))
        return normed


class Encoder(nn.Module):
    """Token ids to states of every layer."""

    def __init__(self, sizes: Sizes, pieces: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.word = nn.Embedding(pieces, sizes.hidden)
        self.position = nn.Embedding(sizes.positions, sizes.hidden)
        self.segment = nn.Parameter(torch.zeros(sizes.hidden))
        self.norm = nn.LayerNorm(sizes.hidden, eps=sizes.epsilon)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(Layer(sizes, dropout) for _ in range(sizes.layers))

    def forward(self, ids: Tensor, seen: Tensor, depth: int | None = None) -> list[Tensor]:
        """Encodes a batch.

        Args:
            ids: piece ids `[batch, tokens]`.
            seen: which of them are text and not padding, boolean, of the same shape.
            depth: how many layers to run, all by default.

        Returns:
            The states after every layer, each `[batch, tokens, hidden]`.
        """
        places = torch.arange(ids.shape[1], device=ids.device)
        states = self.dropout(self.norm(self.word(ids) + self.position(places) + self.segment))
        bias = torch.where(seen, 0.0, OUTSIDE)[:, None, None, :]
        if torch.is_autocast_enabled("cpu"):
            states, bias = states.bfloat16(), bias.bfloat16()
        every = []
        for layer in self.layers[:depth]:
            states = layer(states, bias)
            every.append(states)
        return every


class Standard(nn.Module):
    """Standardises states: they share a large common part, which would drown the rest."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(hidden))
        self.deviation = nn.Buffer(torch.ones(hidden))

    def measure(self, states: Tensor) -> None:
        """Sets mean and deviation from states `[tokens, hidden]`."""
        deviation, mean = torch.std_mean(states, dim=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def forward(self, states: Tensor) -> Tensor:
        """Standardises states `[…, hidden]`."""
        return (states.float() - self.mean) / self.deviation


class ActHead(nn.Module):
    """Recognises acts: each act marks the tokens that show it and weighs them into one logit.

    One more output says whether the reply has any fault at all; a fault is only as likely as that.
    """

    def __init__(self, hidden: int, faults: Sequence[bool], dropout: float = 0.1) -> None:
        super().__init__()
        acts = len(faults)
        self.faults = nn.Buffer(torch.tensor(faults), persistent=False)
        self.faulty = nn.Buffer(torch.nonzero(self.faults)[:, 0], persistent=False)
        self.standard = Standard(hidden)
        self.dropout = Dropout(dropout)
        self.look = nn.Linear(hidden, acts + 1)
        self.value = nn.Linear(hidden, acts + 1, bias=False)
        self.mark = nn.Linear(hidden, acts)
        self.bias = nn.Parameter(torch.full((acts + 1,), -2.0))
        for layer in (self.look, self.value, self.mark):
            nn.init.normal_(layer.weight, std=0.02)
        nn.init.constant_(self.mark.bias, -2.0)

    def forward(self, states: Tensor, reply: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Judges a batch.

        Args:
            states: the encoder's last states `[batch, tokens, hidden]`.
            reply: which tokens are the reply's, boolean `[batch, tokens]`.

        Returns:
            The logits of the reply `[batch, acts]`, of any fault `[batch]`, and of every token
            `[batch, tokens, acts]`.
        """
        states = self.dropout(self.standard(states))
        marks = self.mark(states).float()
        shown = torch.cat([marks, marks.index_select(2, self.faulty).amax(2, keepdim=True)], dim=2)
        scores = self.look(states).float() + shown + torch.where(reply, 0.0, OUTSIDE)[:, :, None]
        weights = torch.softmax(scores, dim=1)
        logits = (weights * self.value(states).float()).sum(dim=1) + self.bias
        each, anything = logits[:, :-1], logits[:, -1:]
        return torch.where(self.faults, both(each, anything.expand_as(each)), each), anything[:, 0], marks


def both(one: Tensor, other: Tensor) -> Tensor:
    """The logit of the product of two probabilities, given as logits."""
    return -torch.logsumexp(torch.stack([-one, -other, -one - other]), dim=0)


@dataclass(frozen=True)
class Output:
    """What the network says about a batch.

    Attributes:
        acts: Logits `[batch, acts]`.
        fault: Logits of any fault at all `[batch]`.
        marks: Logits `[batch, tokens, acts]`.
        meaning: Vectors `[batch, tokens, width]` whose mean over some tokens is what those mean.
    """

    acts: Tensor
    fault: Tensor
    marks: Tensor
    meaning: Tensor


class MeaningHead(nn.Module):
    """Projects a middle layer's states to where like meanings lie close."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.standard = Standard(hidden)
        self.project = nn.Linear(hidden, width)

    def forward(self, states: Tensor) -> Tensor:
        """States `[batch, tokens, hidden]` to vectors `[batch, tokens, width]`."""
        vectors: Tensor = self.project(self.standard(states))
        return vectors


class Recogniser(nn.Module):
    """Encoder, act head and meaning head in one pass."""

    def __init__(
        self, encoder: Encoder, hidden: int, faults: Sequence[bool], meaning_layer: int, dropout: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = ActHead(hidden, faults, dropout)
        self.meaning_layer = meaning_layer
        self.meaning = MeaningHead(hidden, MEANING_WIDTH)

    def forward(self, ids: Tensor, part: Tensor) -> Output:
        """Runs a batch; `part` is 0 for padding, 1 for context, 2 for the reply."""
        every = self.encoder(ids, part > 0)
        acts, fault, marks = self.head(every[-1], part == REPLY)
        return Output(acts, fault, marks, self.meaning(every[self.meaning_layer - 1]))

    def means(self, ids: Tensor, part: Tensor) -> Tensor:
        """Only the vectors of meaning, for which the lower layers are enough."""
        every = self.encoder(ids, part > 0, self.meaning_layer)
        vectors: Tensor = self.meaning(every[-1])
        return vectors


PADDING, CONTEXT, REPLY = 0, 1, 2

_LAYER_NAMES = {
    "ao": "attention.out",
    "aln": "attention_norm",
    "fi": "widen",
    "fo": "narrow",
    "oln": "norm",
}


def build(container: Container, kept: list[int], dropout: float = 0.1) -> Encoder:
    """Builds the pretrained encoder with only the kept pieces in its embedding."""
    source = container.tensors
    encoder = Encoder(container.sizes, len(kept), dropout)
    weights = {
        "word.weight": source["emb.word"][kept],
        "position.weight": source["emb.pos"],
        "segment": source["emb.type"][0],
        "norm.weight": source["emb.ln.w"],
        "norm.bias": source["emb.ln.b"],
    }
    for number in range(container.sizes.layers):
        for kind, name in (("w", "weight"), ("b", "bias")):
            parts = [source[f"l{number}.{part}.{kind}"] for part in "qkv"]
            weights[f"layers.{number}.attention.project.{name}"] = np.concatenate(parts)
        for short, name in _LAYER_NAMES.items():
            weights[f"layers.{number}.{name}.weight"] = source[f"l{number}.{short}.w"]
            weights[f"layers.{number}.{name}.bias"] = source[f"l{number}.{short}.b"]
    encoder.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    return encoder
