"""Writes the shipped model's graphs without weights, for machines without torch.

Run it again when a layer of the shipped checkpoint or of the export code changes:

    python -m fusion.export.graph_templates [CHECKPOINT]

The files contain no weights: the exported network has the checkpoint's layers, but random weights
and banks of other sizes, so nothing of a checkpoint can end up in them.
`tests/integration/test_graph_templates.py` compares them with the network.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Set
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
import torch
from onnxscript import optimizer
from torch import Tensor, nn
from torch.func import functional_call

from fusion.checkpoint import build_network, read_checkpoint, shipped_checkpoint
from fusion.encoders import load_encoders
from fusion.encoders.bert import BertEncoder
from fusion.encoders.convolutional import (
    GridEncoder,
)
from fusion.export.graph_sources import CAPTIONS, Sources, known_tensors, lower_sources, source_of
from fusion.export.query_modules import least_tokens
from fusion.export.write_model import Exported, export_raw, photo_graphs, query_graphs
from fusion.graphs.concept_graph import FLOOR
from fusion.graphs.word_detector import NEAREST as DETECTED_NEAREST
from fusion.graphs.word_detector import STEPS
from fusion.graphs.word_graph import HIGHEST, LEAST_PRIOR, LOWEST, SAMPLE
from fusion.graphs.word_graph import NEAREST as WORDED_NEAREST
from fusion.network.network import Network
from fusion.runtime.prepare.template import FOLDER, SOURCES, shape_of

__all__ = ["write_templates"]

MADE_SIZES = {
    "memory_size": 1013, "captions_bank": 211, "captions_bank_nodes": 1493, "word_edges": 2003,
    "detector_sample": 101,
}  # fmt: skip
"""Primes that are no layer's width, so a part of a graph that contains one depends on a bank."""
MADE_WORDS = 307
LONGEST = 13
"""Nodes of the longest generated caption."""

MADE_WITH = ("torch", "onnx", "onnx-ir", "onnxscript")
"""Packages of which other versions may write the same graph differently."""


def main() -> None:
    """Write the files to the package's folder; the first argument may be a checkpoint's folder."""
    write_templates(FOLDER, Path(sys.argv[1]) if len(sys.argv) > 1 else None)


def write_templates(folder: Path, checkpoint: Path | None = None) -> None:
    """Write the graphs and the sources of their weights.

    Args:
        folder: the folder that the files are written to.
        checkpoint: the checkpoint whose layers are used; None for the shipped one.

    Raises:
        ValueError: the checkpoint has graphs of another kind: frozen encoders, small banks, no
            edges to classes.
        CheckpointError, WeightsNotFound, WeightsMismatch: as `load_retriever`.
    """
    read = read_checkpoint(checkpoint or shipped_checkpoint())
    shape = shape_of(read.config)
    encoders = load_encoders(read.encoders)
    if shape is None or read.encoders != "packaged" or None in (shape["blocks"], shape["layers"]):
        raise ValueError(f"{read.folder}: only a model of tuned, packaged encoders has a template")
    folder.mkdir(parents=True, exist_ok=True)
    network = made_network(read.config)
    assert isinstance(encoders.text, BertEncoder)
    assert isinstance(encoders.image, GridEncoder)
    known, lower = known_tensors(network, encoders.text), lower_sources()
    graphs: dict[str, Sources] = {}
    lower_layers, photos = photo_graphs(encoders.image, network)
    for graph in (*query_graphs(encoders.text, network), lower_layers, with_captions(photos)):
        needed = write_template(graph, folder / graph.name)
        graphs[graph.name] = {name: source_of(graph, name, known, lower) for name in sorted(needed)}
    content = {
        "shape": shape,
        "encoders": read.encoders,
        "encoders_fingerprint": encoders.fingerprint,
        "constants": constants_of(network, encoders.image, encoders.text),
        "graphs": graphs,
        "made_with": {name: version(name) for name in MADE_WITH},
    }
    text = json.dumps(content, indent=1, sort_keys=True)
    (folder / SOURCES).write_text(text + "\n", encoding="utf-8")


def constants_of(network: Network, images: GridEncoder, texts: BertEncoder) -> dict[str, Any]:
    """Return the constants of a network that are not in a checkpoint."""
    words, hub = network.words, network.text_hub
    return {
        "size_px": images.size_px,
        "longest_text": texts.max_words,
        "class_floor": FLOOR / network.config.classes,
        "least_tokens": least_tokens(network),
        "least_prior": LEAST_PRIOR,
        "words": {
            "sample": SAMPLE,
            "neighbours": words.neighbours,
            "temperature": words.temperature,
            "smoothing": words.smoothing,
            "lowest": LOWEST,
            "highest": HIGHEST,
        },
        "text_hub": {"nearest": hub.nearest, "weight": hub.weight},
        "detected_steps": STEPS,
        "worded_nearest": WORDED_NEAREST,
        "detected_nearest": DETECTED_NEAREST,
    }


def made_network(config: Mapping[str, Any]) -> Network:
    """Build a network with a checkpoint's layers, random weights and banks of other sizes."""
    words = [f"word{number}" for number in range(MADE_WORDS)]
    sizes = MADE_SIZES | {"vocabulary": words, "class_words": ()}
    network = build_network(dict(config) | {"network": dict(config["network"]) | sizes}).eval()
    generator = torch.Generator().manual_seed(0)
    lengths = torch.arange(MADE_SIZES["captions_bank"]) % (LONGEST - 2) + 3
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
        for bank in network.buffers():
            if bank.dtype == torch.int8:
                bank.copy_(torch.randint(-127, 128, bank.shape, generator=generator))
            elif bank.dtype == torch.float32:
                bank.copy_(torch.rand(bank.shape, generator=generator) + 0.5)
        network.cross_hub.ends.copy_(lengths.cumsum(0).clamp_max(len(network.cross_hub.nodes)))
    return network


class _WithCaptions(nn.Module):
    """`PhotoGraph` with the caption bank's rows as inputs: their size depends on the bank."""

    def __init__(self, graph: nn.Module) -> None:
        super().__init__()
        self.photos = graph

    def forward(self, maps: Tensor, caption_rows: Tensor, caption_mask: Tensor) -> Any:  # noqa: ANN401
        handed = {"hubs.rows": caption_rows, "hubs.mask": caption_mask}
        return functional_call(self.photos, handed, (maps,))


def with_captions(exported: Exported) -> Exported:
    """Return the graph of `PhotoGraph` with the captions' rows as inputs."""
    hubs: Any = exported.module.hubs
    captions, longest = torch.export.Dim("captions"), torch.export.Dim("longest")
    return exported._replace(
        module=_WithCaptions(exported.module),
        inputs=exported.inputs
        | dict(zip(CAPTIONS, (hubs.rows.clone(), hubs.mask.clone()), strict=True)),
        sizes=exported.sizes | {name: {0: captions, 1: longest} for name in CAPTIONS},
    )


def write_template(graph: Exported, path: Path) -> list[str]:
    """Write a graph without weights.

    Returns:
        The names of its missing initializers, sorted.

    Raises:
        ValueError: the graph depends on the size of a bank.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.onnx"
        # Optimising would fold constants that depend on the weights.
        export_raw(graph, raw, optimize=False)
        model = onnx_ir.load(raw)
    tensors = {name for name in graph.module.state_dict() if not name.endswith(NORMALISE)}
    # Only the photo graph has captions as inputs; its module is wrapped in another.
    handed = {name for name in CAPTIONS if name in graph.inputs}
    prefix = "photos." if handed else ""
    for name in tensors & set(model.graph.initializers):
        value = model.graph.initializers.pop(name)
        value.const_value = None
        value.name = name.removeprefix(prefix)
        handed.add(name.removeprefix(prefix))
        model.graph.inputs.append(value)
    optimizer.optimize(model)
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
    written = onnx_ir.to_proto(model)
    strip(written, handed)
    path.write_bytes(written.SerializeToString(deterministic=True))
    used = {name for node in written.graph.node for name in node.input}
    return sorted(handed & used)


NORMALISE = ("normalise.mean", "normalise.deviation")
"""Pixel statistics, which stay in the graph: they belong to the image encoder, not to training."""


def strip(model: onnx.ModelProto, handed: Set[str]) -> None:
    """Remove what a graph need not contain, and reject one that contains the size of a bank.

    Raises:
        ValueError: an initializer contains the size of a bank.
    """
    sizes = {*MADE_SIZES.values(), MADE_WORDS, LONGEST}
    graph = model.graph
    inputs = [value for value in graph.input if value.name not in handed]
    # Shapes let ONNX Runtime fuse layers, but shapes of banks are not the model's.
    known = [value for value in graph.value_info if not sizes & _dimensions(value)]
    for field, kept in ((graph.input, inputs), (graph.value_info, known)):
        del field[:]
        field.extend(kept)
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del value.metadata_props[:]
    del model.metadata_props[:], graph.metadata_props[:]
    for tensor in graph.initializer:
        numbers = onnx.numpy_helper.to_array(tensor)
        # Shapes are short; longer integer arrays are positions.
        counts = numbers.ravel().tolist() if numbers.dtype.kind == "i" and numbers.size < 9 else []
        if sizes & {*tensor.dims, *counts}:
            raise ValueError(f"the graph depends on the size of a bank, by {tensor.name}")


def _dimensions(value: onnx.ValueInfoProto) -> set[int]:
    return {size.dim_value for size in value.type.tensor_type.shape.dim}


if __name__ == "__main__":
    main()
