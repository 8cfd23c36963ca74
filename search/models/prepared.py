"""Models prepared to index and search without torch, once per machine.

Prepared models are in the user's cache folder, since a checkpoint that included the weights of
third-party encoders would be four times as large.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from fusion.runtime.clip.clip_folder import CLIP

if TYPE_CHECKING:
    from fusion.retriever import Retriever
    from fusion.runtime.clip.clip_search_model import ClipSearchModel
    from fusion.runtime.onnx_search_model import OnnxSearchModel
    from store.integrity.problems import Problem

__all__ = [
    "is_preparable",
    "is_prepared",
    "model_problems",
    "prepare",
    "prepared_model",
    "ready_model",
]


def is_preparable(encoders: str) -> bool:
    """Return whether models with these encoders can be exported."""
    return encoders in {"packaged", "resnet50-bert"} or encoders.startswith(CLIP)


def prepared_model(
    fingerprint: str, checkpoint: str | Path | None = None, *, once: bool = False
) -> OnnxSearchModel | ClipSearchModel | None:
    """Return the model with that fingerprint, without torch; None if it is not prepared.

    Args:
        fingerprint: as an index records it.
        checkpoint: None, or the folder that must hold this model.
        once: as in `open_index`.
    """
    from fusion.runtime.model_fingerprint import checkpoint_fingerprint
    from fusion.runtime.onnx_search_model import find_search_model
    from search.models.cache_folders import exported_models_cache

    if checkpoint is not None and checkpoint_fingerprint(Path(checkpoint)) != fingerprint:
        return None
    return find_search_model(exported_models_cache(), fingerprint, once=once)


def ready_model(
    checkpoint: str | Path | None, *, once: bool = False
) -> OnnxSearchModel | ClipSearchModel | None:
    """Prepare a checkpoint's model without torch and return it; None if that needs torch.

    Args:
        checkpoint: its folder; None for the one that comes with this package.
        once: as in `open_index`.

    Raises:
        CheckpointError, WeightsMismatch: as `search.models.ready.make_ready`.
    """
    from fusion.runtime.onnx_search_model import find_search_model
    from search.models import ready
    from search.models.cache_folders import exported_models_cache

    fingerprint = ready.make_ready(checkpoint)
    return (
        find_search_model(exported_models_cache(), fingerprint, once=once) if fingerprint else None
    )


def is_prepared(folder: str | Path) -> bool:
    """Return whether preparing is done: searches need no torch, or need it in any case."""
    from fusion.runtime.exported_folder import exported_model_folder, read_facts
    from search.models.cache_folders import exported_models_cache
    from store import Index

    with Index.open(Path(folder)) as index:
        model = index.model
    place = exported_model_folder(exported_models_cache(), model.fingerprint)
    return not is_preparable(model.encoders) or read_facts(place) is not None


def model_problems(folder: Path, *, repair: bool = False) -> tuple[Problem, ...]:
    """Check the prepared model that an index is searched with by its checksums.

    Args:
        folder: the index.
        repair: whether a damaged one is removed, so that the next indexing prepares it again.
    """
    from fusion.runtime.exported_folder import exported_model_folder, read_facts
    from search.models.cache_folders import exported_models_cache
    from store import CrossgraphError, Index
    from store.integrity.problems import Problem

    try:
        with Index.open(folder) as index:
            place = exported_model_folder(exported_models_cache(), index.model.fingerprint)
    except CrossgraphError:  # which the check of the index itself reports
        return ()
    if not place.is_dir() or read_facts(place, thorough=True) is not None:
        return ()
    if repair:
        shutil.rmtree(place, ignore_errors=True)
    what = "prepared models with wrong checksums"
    mending = "removes them, and the next `crossgraph index` prepares them again"
    return (Problem("prepared-model", 1, what, (str(place),), mending),)


def prepare(model: Retriever) -> str:
    """Export a model for indexing and searches without torch.

    Returns:
        Why it could not be done, in one line; empty on success.
    """
    from fusion.export.write_model import ModelExportError, export_model
    from search.models.cache_folders import exported_models_cache

    try:
        export_model(model, exported_models_cache())
    except ModelExportError as error:
        return str(error)
    return ""
