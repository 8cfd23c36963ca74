"""all-MiniLM-L6-v2 (Wang et al., 2020) in 8 bits, as numpy arrays, and its tokenizer.

Its matrices are rounded to 255 steps per row, whichever copy is read, so the published float
weights and the much smaller file of the pip package give bit-identical numbers. The vocabulary is
the one of bert-base-uncased (Devlin et al., 2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.prepare.onnx_file import read_initializers

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SIZES", "minilm_tensors", "minilm_tokenizer", "rounded_rows"]

Tensors = dict[str, NDArray[Any]]

SIZES: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "layer_norm_eps": 1e-12,
}
"""The arguments of transformers' `BertConfig`."""

VOCABULARY = Path(__file__).with_name("minilm_vocabulary.txt")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
STEPS = 127
"""Steps of a rounded number on either side of zero."""
LAYER_MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""The matrices of one layer, in the order in which an exported graph multiplies by them."""
KEPT_WHOLE = "embeddings.token_type_embeddings.weight"
"""The only matrix that isn't rounded; it has two rows."""
PREFIX, WHOLE, SCALE = "inner.", "_q", "_scale"
"""Prefix and suffixes of tensor names in the package's ONNX file."""


def minilm_tensors(path: Path) -> Tensors:
    """Read the encoder's tensors, named as in transformers' `BertModel`, with matrices rounded.

    Args:
        path: `model.safetensors` as published, or `model.onnx` of the pip package.

    Returns:
        float32 arrays by name, without the pooler, which nothing reads.

    Raises:
        WeightsMismatch: the file cannot be read, or a tensor is missing or of another shape.
    """
    if path.suffix == ".onnx":
        tensors = _from_package(read_initializers(path))
    else:
        try:
            tensors = {name: rounded_rows(name, each) for name, each in load_file(path).items()}
        except (OSError, SafetensorError) as error:
            raise WeightsMismatch(f"{path}: not readable as weights ({error})") from error
    wanted = _shapes()
    for name, shape in wanted.items():
        if name not in tensors or tensors[name].shape != shape:
            raise WeightsMismatch(
                f"{path}: expected {name} of shape {shape}, found another or none"
            )
    return {name: tensors[name] for name in wanted}


def rounded_rows(name: str, tensor: NDArray[Any]) -> NDArray[np.float32]:
    """Round a matrix to 255 steps per row, symmetric about zero; leave any other tensor unchanged.

    >>> rounded_rows("weight", np.array([[1.27, 0.004]], np.float32)).round(4).tolist()
    [[1.2699999809265137, 0.0]]
    """
    values = tensor.astype(np.float32, copy=False)
    if values.ndim < 2 or name == KEPT_WHOLE:
        return values
    scale = np.abs(values).max(axis=1, keepdims=True) / np.float32(STEPS)
    whole = np.clip(np.round(values / np.where(scale, scale, np.float32(1))), -STEPS, STEPS)
    return np.asarray(whole.astype(np.int8).astype(np.float32) * scale, np.float32)


def minilm_tokenizer() -> Tokenizer:
    """Return the tokenizer, without truncation and padding."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces = models.WordPiece.from_file(str(VOCABULARY), unk_token="[UNK]")
    tokenizer = Tokenizer(pieces)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def _from_package(packed: Mapping[str, NDArray[Any]]) -> Tensors:
    """Rename the package's tensors; its unnamed matrices are in order of use."""
    tensors = {name.removeprefix(PREFIX): each for name, each in packed.items()}
    matrices = [name for name in tensors if name.startswith("val_") and name.endswith(WHOLE)]
    for place, name in enumerate(matrices):
        layer, part = divmod(place, len(LAYER_MATRICES))
        tensors[f"encoder.layer.{layer}.{LAYER_MATRICES[part]}.weight"] = _widened(
            tensors, name.removesuffix(WHOLE)
        ).T
    for name in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"):
        if name + WHOLE in tensors:
            tensors[name] = _widened(tensors, name)
    return tensors


def _widened(tensors: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    scale = tensors.get(name + SCALE)
    whole = tensors[name + WHOLE].astype(np.float32)
    return whole if scale is None else np.asarray(whole * scale, np.float32)


def _shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor by name."""
    width, inner = SIZES["hidden_size"], SIZES["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (SIZES["vocab_size"], width),
        "embeddings.position_embeddings.weight": (SIZES["max_position_embeddings"], width),
        KEPT_WHOLE: (2, width),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(SIZES["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        for part in LAYER_MATRICES:
            out = inner if part == "intermediate.dense" else width
            into = inner if part == "output.dense" else width
            shapes[f"{prefix}.{part}.weight"] = (out, into)
            shapes[f"{prefix}.{part}.bias"] = (out,)
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
    for name in norms:
        shapes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    return shapes
