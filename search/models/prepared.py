"""Models made ready to index and search without torch: `crossgraph index` does it once for each.

What is prepared lies in the user's cache folder, since a checkpoint that ships with the weights of
other people's encoders in it would be four times as large.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion.retriever import Retriever
    from fusion.runtime.photo_model import PhotoModel
    from fusion.runtime.query_model import QueryModel
    from store.integrity.problems import Problem

__all__ = ["is_prepared", "model_problems", "photo_model", "prepare", "prepared_model"]

PREPARABLE = {"packaged", "resnet50-bert"}
"""Presets whose encoders can be exported."""


def prepared_model(
    fingerprint: str, checkpoint: str | Path | None = None, *, once: bool = False
) -> QueryModel | None:
    """Give the model of that fingerprint without torch, None where it is not prepared.

    Args:
        fingerprint: as an index records it.
        checkpoint: None, or the folder that must hold this very model.
        once: as in `open_index`.
    """
    from fusion.runtime.model_fingerprint import checkpoint_fingerprint
    from fusion.runtime.query_model import find_query_model
    from search.models.cache_folders import query_cache

    if checkpoint is not None and checkpoint_fingerprint(Path(checkpoint)) != fingerprint:
        return None
    return find_query_model(query_cache(), fingerprint, once=once)


def photo_model(
    checkpoint: Path | None,
    *,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    device: str = "auto",
    threads: int | None = None,
    tell: Callable[[str], object],
    warn: Callable[[str], object],
) -> Any:  # noqa: ANN401 - one of three classes, two of which cost an import of torch
    """Give the model that indexes, in the quickest form that this machine can run.

    Without a GPU that is ONNX Runtime, for which the model is prepared where it is not yet; with
    one it is torch, and the model is prepared for searches.

    Args:
        checkpoint: the model's folder; None is the one that ships with this package.
        image_weights: as `open_index` takes it; giving it or the next loads torch.
        text_weights: the same for the text encoder.
        device: `auto`, `cpu` or `cuda`.
        threads: that encode photos in ONNX Runtime; None for one a processor.
        tell: called with a line about what will take a while.
        warn: called with a line about what could not be done, after which a slower way is taken.

    Raises:
        DeviceNotThere: there is no GPU, and one was asked for.
        CheckpointError, WeightsNotFound: as `loading.load_model`.
    """
    from fusion.hardware.device import choose_device
    from fusion.runtime.model_fingerprint import checkpoint_fingerprint
    from search.engine import open_index as loading

    place = choose_device(device)
    if place == "cpu" and image_weights is None and text_weights is None:
        found = _without_torch(checkpoint_fingerprint(checkpoint), threads)
        if found is not None:
            return found
    model = loading.load_model(checkpoint, image_weights=image_weights, text_weights=text_weights)
    if model.encoders not in PREPARABLE:
        if model.encoders.startswith("clip:"):
            tell(f"{model.encoders} cannot be prepared: indexing and searches load torch each time")
        return model
    _prepare(model, tell, warn)
    if place == "cuda":
        from fusion.gpu_retriever import GpuPhotos

        return GpuPhotos(model, place)
    return _without_torch(model.fingerprint, threads) or model


def _without_torch(fingerprint: str | None, threads: int | None) -> PhotoModel | None:
    from fusion.runtime.photo_model import find_photo_model
    from search.models.cache_folders import query_cache

    return find_photo_model(query_cache(), fingerprint, threads) if fingerprint else None


def _prepare(
    model: Retriever, tell: Callable[[str], object], warn: Callable[[str], object]
) -> None:
    from fusion.runtime.exported_folder import query_folder, read_facts
    from search.models.cache_folders import query_cache

    if read_facts(query_folder(query_cache(), model.fingerprint), thorough=True) is not None:
        return
    tell("preparing this model for quick indexing and searches, once: half a minute")
    note = prepare(model)
    if note:
        warn(f"indexing is slow and searches will start slowly: {note}")


def is_prepared(folder: str | Path) -> bool:
    """Say whether searches of an index need no torch, or will need it whatever is done."""
    from fusion.runtime.exported_folder import query_folder, read_facts
    from search.models.cache_folders import query_cache
    from store import Index

    with Index.open(Path(folder)) as index:
        model = index.model
    place = query_folder(query_cache(), model.fingerprint)
    return model.encoders not in PREPARABLE or read_facts(place) is not None


def model_problems(folder: Path, *, repair: bool = False) -> tuple[Problem, ...]:
    """Hold the prepared model that an index is searched with against its checksums.

    Args:
        folder: the index.
        repair: whether a damaged one is removed, so that the next indexing prepares it anew.
    """
    from fusion.runtime.exported_folder import query_folder, read_facts
    from search.models.cache_folders import query_cache
    from store import CrossgraphError, Index
    from store.integrity.problems import Problem

    try:
        with Index.open(folder) as index:
            place = query_folder(query_cache(), index.model.fingerprint)
    except CrossgraphError:  # which is told by who looks at the index itself
        return ()
    if not place.is_dir() or read_facts(place, thorough=True) is not None:
        return ()
    if repair:
        shutil.rmtree(place, ignore_errors=True)
    what = "prepared models that are not what was written"
    mending = "removes them, and the next `crossgraph index` prepares them anew"
    return (Problem("prepared-model", 1, what, (str(place),), mending),)


def prepare(model: Retriever) -> str:
    """Write what indexing and searches need of a model, so that they need no torch.

    Returns:
        Why it could not be done, in one line; empty when all is well.
    """
    from fusion.export.write_model import ExportError, export_model
    from search.models.cache_folders import query_cache

    try:
        export_model(model, query_cache())
    except ExportError as error:
        return str(error)
    return ""
