"""Writes a model to files that need no torch: ONNX graphs of both sides, tables and the tokenizer.

Weights stay float32. On the Flickr8k development photos, Recall@1/5/10 of captions was 34.9 / 66.5
/ 78.6 for the first stage and 36.9 / 68.7 / 80.0 re-ranked, with an earlier model. Dynamic 8-bit
quantisation with a scale per column lowered the first to 34.5 / 65.9 / 78.3, and to 34.5 / 66.3 /
78.4 if applied only to the widest matrices: too much. Eight bits in blocks of 32 preserved recall
(35.1 / 66.4 / 78.7 and 36.9 / 68.6 / 79.9) and encoded a query in three fifths of the time, some 3
ms less; but a search from the command line took 0.08 s more, because such weights have to be
unpacked first, and the order of the first ten photos often differed from the model's own. All of
this was measured before the photos' nodes were rounded (`fusion/runtime/packing.py` describes the
effect of that). Convolutions of the image encoder in 8 bits (static, per channel) were no faster on
two cores with VNNI: 18.4 ms a photo instead of 17.3.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from fusion.encoders.bert import BertEncoder
from fusion.encoders.clip import ClipImages, ClipTexts
from fusion.encoders.convolutional import GridEncoder
from fusion.export.clip_steps import plain_tokenizer
from fusion.export.clip_towers import PatchGrid
from fusion.export.photo_module import LowerLayers, PhotoGraph
from fusion.export.query_modules import PairGraph, QueryGraph, ReadingGraph, least_tokens
from fusion.fusion_error import FusionError
from fusion.graphs.concept_graph import FLOOR
from fusion.graphs.word_detector import NEAREST as DETECTED_NEAREST
from fusion.graphs.word_detector import STEPS
from fusion.graphs.word_graph import NEAREST as WORDED_NEAREST
from fusion.network.network import GATES, Network
from fusion.retriever import Retriever
from fusion.runtime.exported_facts import TrainedFacts
from fusion.runtime.exported_folder import (
    LOWER,
    PAIRS,
    PHOTOS,
    QUERY,
    READING,
    TABLES,
    TOKENIZER,
    exported_model_folder,
    new_export_folder,
    read_facts,
)
from fusion.runtime.prepare.onnx_file import write_optimised
from fusion.runtime.stored_standings import stored_standings

__all__ = ["ModelExportError", "export_model"]

Named = dict[str, Tensor]


class ModelExportError(FusionError, RuntimeError):
    """A model could not be written as files."""


def export_model(retriever: Retriever, root: Path) -> Path:
    """Write a retriever below `root`, unless it is already there and intact.

    The query side is written, and the photo side if the image encoder can be exported.

    Returns:
        The folder, for `fusion.runtime.onnx_search_model.OnnxSearchModel`.

    Raises:
        ModelExportError: the text encoder is neither of the BERT nor of the CLIP family, a required
            package is missing, or the files cannot be written.
    """
    encoder = retriever.text_encoder
    if not isinstance(encoder, BertEncoder | ClipTexts):
        raise ModelExportError(
            f"the text encoder of {retriever.encoders} cannot be exported, only those of the BERT "
            "and CLIP families; searches with it load torch"
        )
    folder = exported_model_folder(root, retriever.fingerprint)
    if read_facts(folder, thorough=True) is not None:
        return folder
    try:
        with new_export_folder(folder, facts_of(retriever)) as partial, torch.inference_mode():
            write_graphs(encoder, retriever.network, partial)
            images = _grid(retriever.image_encoder)
            if images is not None:
                write_photo_graphs(images, retriever.network, partial)
            save_file(
                tables_of(retriever.network) | {"probes": retriever.recall_queries()},
                partial / TABLES,
            )
            write_tokenizer(encoder, partial / TOKENIZER)
    except (OSError, ImportError, RuntimeError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelExportError(
            f"{retriever.name} could not be exported to {folder.parent}: {first_line}"
        ) from error
    return folder


def _grid(encoder: object) -> GridEncoder | PatchGrid | None:
    """Return an image encoder in the form that is exported; None if it is unsupported."""
    if isinstance(encoder, ClipImages):
        return PatchGrid(encoder)
    return encoder if isinstance(encoder, GridEncoder) else None


def facts_of(retriever: Retriever) -> TrainedFacts:
    """Return what a reader of the files has to know in addition to their tensors."""
    network, images = retriever.network, _grid(retriever.image_encoder)
    return {
        "photos": None if images is None else {"size_px": images.size_px},
        "dim": retriever.dim,
        "unit_dim": retriever.unit_dim,
        "name": retriever.name,
        "encoders": retriever.encoders,
        "fingerprint": retriever.fingerprint,
        "layout": list(retriever.network.layout),
        "vocabulary": list(network.config.vocabulary),
        "least_tokens": least_tokens(network),
        "gates": [float(getattr(network, name)) for name in GATES],
        "short_gates": network.short_gates.tolist(),
        "standing": stored_standings(network.standings),
        "class_words": list(network.config.class_words),
        "class_floor": FLOOR / max(network.config.classes, 1),
        "first": network.calibration.first.tolist(),
        "full": network.calibration.full.tolist(),
        "worded_nearest": WORDED_NEAREST,
        "detected_nearest": DETECTED_NEAREST,
    }


def tables_of(network: Network) -> dict[str, np.ndarray]:
    """Return the classes' prior (K,) and the words' log odds for two samples of photos, (V, S)."""
    words, detector = network.words, network.detector
    worded = torch.zeros(0, len(network.config.vocabulary))
    if len(words.words):
        worded = words.odds(words.sample(network.text_hub.bank), None)
    detected = detector.sample.float() / STEPS
    concepts = network.reader.concepts
    prior = concepts.prior if concepts is not None and concepts.kept else torch.zeros(0)
    return {
        "class_prior": prior.numpy(),
        "worded": worded.T.contiguous().numpy(),
        "detected": detected.T.contiguous().numpy(),
    }


def write_tokenizer(encoder: BertEncoder | ClipTexts, path: Path) -> None:
    """Write the tokenizer as the encoder uses it: truncated at its limit, without padding."""
    tokenizer = plain_tokenizer(encoder.tokenizer)
    tokenizer.enable_truncation(encoder.max_words)
    tokenizer.no_padding()
    tokenizer.save(str(path), pretty=False)


class Exported(NamedTuple):
    """One graph to write, with example inputs for tracing it."""

    name: str
    """The name of its file."""
    module: nn.Module
    inputs: Named
    """Example inputs by name, of any size that the graph accepts."""
    sizes: dict[str, Any]
    """The dynamic sizes, by input and dimension."""
    outputs: tuple[str, ...]
    """The names of its outputs."""


def query_graphs(encoder: BertEncoder | ClipTexts, network: Network) -> tuple[Exported, ...]:
    """Return the three graphs that answer a query."""
    tokens = torch.export.Dim("tokens", min=least_tokens(network), max=encoder.max_words)
    nodes = torch.export.Dim("nodes", min=least_tokens(network) + 1, max=encoder.max_words + 1)
    photos, columns = torch.export.Dim("photos"), torch.export.Dim("asked")
    count, width = least_tokens(network) + 4, network.config.reranker.node_width
    pair: Named = {
        "words": torch.rand(1, count, width),
        "mask": torch.ones(1, count, dtype=torch.bool),
        "regions": torch.rand(7, 5, width),
    }
    regions = torch.export.Dim("regions")
    sizes: dict[str, dict[int, Any]] = {
        "words": {1: nodes},
        "mask": {1: nodes},
        "regions": {0: photos, 1: regions},
    }
    query = Exported(
        QUERY,
        QueryGraph(encoder, network),
        {"ids": torch.ones(1, count, dtype=torch.long), "mask": pair["mask"]},
        {"ids": {1: tokens}, "mask": {1: tokens}},
        ("vectors", "hub", "nodes", *(("classes",) if network.layout.class_edges else ())),
    )
    pairs = Exported(
        PAIRS,
        PairGraph(network),
        pair
        | {
            "neighbours": torch.zeros(7, network.layout.edges, dtype=torch.long),
            "weights": torch.rand(7, network.layout.edges),
            "asked": torch.zeros(3, dtype=torch.long),
        },
        sizes | {"neighbours": {0: photos}, "weights": {0: photos}, "asked": {0: columns}},
        ("logits", "worded", "detected"),
    )
    reading = Exported(
        READING, ReadingGraph(network.cross), pair, sizes, ("shares", "attention", "nearest")
    )
    return query, pairs, reading


def photo_graphs(encoder: GridEncoder | PatchGrid, network: Network) -> tuple[Exported, Exported]:
    """Return the two graphs that indexing runs, one after the other."""
    classes = ("classes", "class_shares") if network.layout.class_edges else ()
    layers, photos = LowerLayers(encoder), torch.export.Dim("photos")
    pixels = torch.zeros(2, encoder.size_px, encoder.size_px, 3, dtype=torch.uint8)
    with torch.no_grad():
        maps = layers(pixels)
    lower = Exported(LOWER, layers, {"pixels": pixels}, {"pixels": {0: photos}}, ("maps",))
    outputs = ("vectors", "nodes", "neighbours", "weights", *classes)
    graph = PhotoGraph(encoder, network)
    return lower, Exported(PHOTOS, graph, {"maps": maps}, {"maps": {0: photos}}, outputs)


def write_graphs(encoder: BertEncoder | ClipTexts, network: Network, folder: Path) -> None:
    """Write the graphs that answer a query."""
    for graph in query_graphs(encoder, network):
        write_graph(graph, folder / graph.name)


def write_photo_graphs(encoder: GridEncoder | PatchGrid, network: Network, folder: Path) -> None:
    """Write the graphs that indexing runs."""
    for graph in photo_graphs(encoder, network):
        write_graph(graph, folder / graph.name)


def write_graph(graph: Exported, path: Path) -> None:
    """Write a graph as ONNX, optimised for any processor, with its weights in a separate file."""
    raw = path.with_suffix(".raw")
    export_raw(graph, raw)
    with quiet():
        write_optimised(raw, path)
    raw.unlink()


def export_raw(graph: Exported, path: Path, *, optimize: bool = True) -> None:
    """Write a graph as torch's exporter produces it.

    Args:
        graph: the graph to write.
        path: the path of the file.
        optimize: whether the exporter may fold constants, which depend only on weights.
    """
    with quiet():
        torch.onnx.export(
            graph.module.eval(),
            tuple(graph.inputs.values()),
            str(path),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=tuple(graph.sizes.get(name) for name in graph.inputs),
            external_data=False,
            verbose=False,
            optimize=optimize,
        )


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Silence the exporter's progress output, warnings and log messages."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
