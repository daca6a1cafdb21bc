"""What a scenario's example phrasings mean, kept beside the shipped content so that starting stays fast.

``python -m dialogues.grading.phrasings`` writes the file of every shipped scenario; it is due when
the weights or a scenario's phrasings have changed (a test says so). A scenario without a file that
fits is embedded when its first reply is read, which takes some seconds.
"""

import hashlib
import io
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from dialogues.grading.model import ActModel, Floats
from dialogues.grading.reply import normalize
from dialogues.library import Library
from dialogues.scenario import NEED, Scenario

FILE = "phrasings.npz"


def phrasings(scenario: Scenario) -> list[str]:
    """Every text that replies are compared with, each once, in a fixed order."""
    return list(dict.fromkeys(_texts(scenario)))


def _texts(scenario: Scenario) -> Iterator[str]:
    for lang in sorted(scenario.words):
        words = scenario.words[lang]
        for topic in [*sorted(words.facts), NEED]:
            fact = words.need if topic == NEED else words.facts[topic]
            yield from fact.asked
            yield from (line.text for line in fact.answers)
        for topic in sorted(words.solutions):
            yield from words.solutions[topic].named


def vectors(scenario: Scenario, model: ActModel) -> dict[str, Floats]:
    """What each phrasing means, as unit vectors: from the file if it fits, else from the model."""
    texts = phrasings(scenario)
    kept = _kept(scenario.id, _digest(texts, model))
    if kept is None:
        kept = _embed(texts, model)
    return dict(zip(texts, kept, strict=True))


def is_kept(scenario: Scenario, model: ActModel) -> bool:
    """Whether the scenario's file fits the weights and the phrasings."""
    return _kept(scenario.id, _digest(phrasings(scenario), model)) is not None


def _embed(texts: list[str], model: ActModel) -> Floats:
    return model.embed([normalize(text) for text in texts])


def _digest(texts: list[str], model: ActModel) -> str:
    """Changes with the weights and with every phrasing."""
    said = "\n".join([model.meta.version, model.meta.corpus, *texts])
    return hashlib.sha256(said.encode()).hexdigest()


def _kept(identifier: str, digest: str) -> Floats | None:
    file = resources.files("dialogues") / "scenarios" / identifier / FILE
    if not file.is_file():
        return None
    with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as data:
        if str(data["digest"]) != digest:
            return None
        return np.asarray(data["vectors"], np.float32)


def main() -> None:
    """Write the file of every shipped scenario that has none that fits."""
    model = ActModel.load()
    root = Path(str(resources.files("dialogues"))) / "scenarios"
    for scenario in Library.read().scenarios.values():
        if is_kept(scenario, model):
            continue
        texts = phrasings(scenario)
        half = _embed(texts, model).astype(np.float16)
        np.savez_compressed(root / scenario.id / FILE, digest=_digest(texts, model), vectors=half)
        print(scenario.id)


if __name__ == "__main__":
    main()
