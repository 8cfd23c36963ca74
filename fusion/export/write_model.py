"""A model as files that need no torch: ONNX graphs of both sides, tables and the tokenizer.

Weights stay float32. On the Flickr8k development photos Recall@1/5/10 of captions, first stage and
re-ranked, was 34.9 / 66.5 / 78.6 and 36.9 / 68.7 / 80.0 with a model before today's. Eight bits by
dynamic quantisation, a scale for each column, moved the first to 34.5 / 65.9 / 78.3, and to 34.5 /
66.3 / 78.4 where only the widest matrices had them: too much. Eight bits in blocks of 32 kept it
(35.1 / 66.4 / 78.7 and 36.9 / 68.6 / 79.9) and encoded a query in three fifths of the time, some 3
ms less; but a search from the command line took 0.08 s more, since such weights have to be unpacked
first, and the first ten photos often came in another order than from the model itself. All of this
was measured on nodes of photos that were not rounded yet (`fusion/runtime/packing.py` tells what
that does).
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from fusion.encoders.bert import BertEncoder
from fusion.encoders.clip import ClipImages, ClipTexts
from fusion.encoders.convolutional import GridEncoder
from fusion.export.clip_steps import plain_tokenizer
from fusion.export.clip_towers import PatchGrid
from fusion.export.photo_module import PhotoGraph
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

__all__ = ["ModelExportError", "export_model"]

Named = dict[str, Tensor]


class ModelExportError(FusionError, RuntimeError):
    """A model could not be written as files."""


def export_model(retriever: Retriever, root: Path) -> Path:
    """Write a retriever below `root`, unless it is there and whole.

    Its query side, and what indexing runs where that can be exported.

    Returns:
        Its folder, for `fusion.runtime.onnx_search_model.OnnxSearchModel`.

    Raises:
        ModelExportError: the text encoder is neither a BERT nor CLIP's, a package for it is
            missing, or the files cannot be written.
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
                write_photo_graph(images, retriever.network, partial)
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
    """Return an image encoder as the photos' graph takes it; None for one that it does not know."""
    if isinstance(encoder, ClipImages):
        return PatchGrid(encoder)
    return encoder if isinstance(encoder, GridEncoder) else None


def facts_of(retriever: Retriever) -> TrainedFacts:
    """What a reader of the files must know beside their tensors."""
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
        "standing": {"full": _standing(network, "full"), "first": _standing(network, "first")},
        "class_words": list(network.config.class_words),
        "class_floor": FLOOR / max(network.config.classes, 1),
        "first": network.calibration.first.tolist(),
        "full": network.calibration.full.tolist(),
        "worded_nearest": WORDED_NEAREST,
        "detected_nearest": DETECTED_NEAREST,
    }


def _standing(network: Network, stage: Literal["full", "first"]) -> list[object]:
    """Return a fitted `Standing`, part by part."""
    parts = network.standing(stage)
    return [part.tolist() if isinstance(part, np.ndarray) else part for part in parts]


def tables_of(network: Network) -> dict[str, np.ndarray]:
    """Log odds of each word for the photos that texts are corrected by, (V, S) float32 each."""
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
    """Write the tokenizer as the encoder uses it: cut off at its limit, nothing padded."""
    tokenizer = plain_tokenizer(encoder.tokenizer)
    tokenizer.enable_truncation(encoder.max_words)
    tokenizer.no_padding()
    tokenizer.save(str(path), pretty=False)


class Exported(NamedTuple):
    """One graph to write, with made inputs by which its layers are followed."""

    name: str
    """Of its file."""
    module: nn.Module
    inputs: Named
    """By name, of any of the sizes that it takes."""
    sizes: dict[str, Any]
    """By input and dimension, those that may be others."""
    outputs: tuple[str, ...]
    """Their names."""


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


def photo_side(encoder: GridEncoder | PatchGrid, network: Network) -> Exported:
    """Return what indexing runs."""
    classes = ("classes", "class_shares") if network.layout.class_edges else ()
    return Exported(
        PHOTOS,
        PhotoGraph(encoder, network),
        {"pixels": torch.zeros(2, encoder.size_px, encoder.size_px, 3, dtype=torch.uint8)},
        {"pixels": {0: torch.export.Dim("photos")}},
        ("vectors", "nodes", "neighbours", "weights", *classes),
    )


def write_graphs(encoder: BertEncoder | ClipTexts, network: Network, folder: Path) -> None:
    """Write what answers a query."""
    for graph in query_graphs(encoder, network):
        write_graph(graph, folder / graph.name)


def write_photo_graph(encoder: GridEncoder | PatchGrid, network: Network, folder: Path) -> None:
    """Write what indexing runs."""
    write_graph(photo_side(encoder, network), folder / PHOTOS)


def write_graph(graph: Exported, path: Path) -> None:
    """Write a graph as ONNX, optimised for any processor, with its weights in a file beside it."""
    raw = path.with_suffix(".raw")
    export_raw(graph, raw)
    with quiet():
        write_optimised(raw, path)
    raw.unlink()


def export_raw(graph: Exported, path: Path, *, optimize: bool = True) -> None:
    """Write a graph as torch's exporter makes it.

    Args:
        graph: what is written.
        path: of the file.
        optimize: whether the exporter may work out what depends on weights alone.
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
    """Keep the exporter's progress and its remarks about its own insides to itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
