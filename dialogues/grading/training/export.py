"""From a trained network to the files that the product ships."""

import json
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import matmul_nbits_quantizer
from tokenizers import Tokenizer
from torch import Tensor, nn

from dialogues.grading.model import META_FILE, NETWORK_FILE, TOKENIZER_FILE
from dialogues.grading.training.encoder import Recogniser

OPSET = 18
BLOCK = 32
ACCURACY_LEVEL = 4
"""Activations of MatMulNBits in 8 bits as well."""


class _Graph(nn.Module):
    """The network with plain tensors for inputs and outputs."""

    def __init__(self, model: Recogniser) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said = self.model(ids, part)
        return said.acts, said.marks, said.meaning


def plain(model: Recogniser, path: Path) -> None:
    """Writes the network in float."""
    example = (torch.tensor([[0, 5, 2, 6, 2]]), torch.tensor([[1, 1, 1, 2, 2]]))
    sizes = {0: "replies", 1: "tokens"}
    torch.onnx.export(
        _Graph(model).eval(),
        example,
        str(path),
        input_names=["ids", "part"],
        output_names=["acts", "marks", "meaning"],
        dynamic_axes={
            "ids": sizes,
            "part": sizes,
            "acts": {0: "replies"},
            "marks": sizes,
            "meaning": sizes,
        },
        opset_version=OPSET,
        dynamo=False,
    )


def quantise(source: Path, target: Path) -> None:
    """Writes the network with its word embedding in blocks of 4 bits and its encoder in blocks of 8.

    Everything else stays in float: the heads, and attention's products of activations.
    """
    network = onnx.load(str(source))
    logging.getLogger(matmul_nbits_quantizer.__name__).setLevel(logging.ERROR)
    for operation, inside, bits in (("Gather", "/word/", 4), ("MatMul", "/layers.", 8)):
        others = [node.name for node in network.graph.node if inside not in node.name]
        quantizer = matmul_nbits_quantizer.MatMulNBitsQuantizer(
            network,
            bits=bits,
            block_size=BLOCK,
            is_symmetric=True,
            accuracy_level=ACCURACY_LEVEL,
            nodes_to_exclude=others,
            op_types_to_quantize=(operation,),
            quant_axes=((operation, 1 if operation == "Gather" else 0),),
        )
        quantizer.process()
        network = quantizer.model.model
    onnx.save(network, str(target))


def export(model: Recogniser, tokenizer: Tokenizer, meta: Mapping[str, object], folder: Path) -> None:
    """Writes network, tokenizer and meta into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "plain.onnx"
        plain(model, path)
        quantise(path, folder / NETWORK_FILE)
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    text = json.dumps(meta, ensure_ascii=False, indent=1)
    (folder / META_FILE).write_text(text + "\n", encoding="utf-8")
