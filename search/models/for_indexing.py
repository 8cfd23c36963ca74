"""The indexing model, in the quickest form that this machine can run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from search.models import loading
from search.models.clip_models import clip_indexing_model
from search.models.prepared import is_preparable, prepare

if TYPE_CHECKING:
    from fusion.retriever import Retriever
    from fusion.runtime.clip.clip_indexing_model import ClipIndexingModel
    from fusion.runtime.onnx_indexing_model import OnnxIndexingModel
    from indexer.indexing_model import IndexingModel

__all__ = ["indexing_model"]


def indexing_model(
    checkpoint: Path | None,
    *,
    encoders: str | None = None,
    fingerprint: str | None = None,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    device: str = "auto",
    threads: int | None = None,
    tell: Callable[[str], object],
    warn: Callable[[str], object],
) -> IndexingModel:
    """Return the model that indexes, in the quickest form that this machine can run.

    Without a GPU that is ONNX Runtime, for which the model is prepared if necessary; with one it is
    torch, and the model is prepared for searches.

    Args:
        checkpoint: the model's folder; None for the one that ships with this package.
        encoders: a CLIP-like model instead, as `clip:` and a folder or a hub id.
        fingerprint: the fingerprint of that model, if an index records it.
        image_weights: as in `open_index`; passing it or the next loads torch.
        text_weights: the same for the text encoder.
        device: `auto`, `cpu` or `cuda`.
        threads: number of threads that encode photos in ONNX Runtime; None for one per processor.
        tell: called with a line about what takes a while.
        warn: called with a line about what failed, so that a slower way is used.

    Raises:
        DeviceNotThere: a GPU was requested, and there is none.
        CheckpointError, WeightsNotFound, WeightsMismatch: as `loading.load_model`.
        ClipNotPrepared, ModelExportError: a CLIP-like model cannot be prepared.
    """
    if encoders is not None:
        return clip_indexing_model(encoders, fingerprint=fingerprint, threads=threads, tell=tell)
    from fusion.hardware.device import choose_device
    from fusion.runtime.model_fingerprint import checkpoint_fingerprint

    place = choose_device(device)
    if place == "cpu" and image_weights is None and text_weights is None:
        prepared = _without_torch(checkpoint_fingerprint(checkpoint), threads)
        prepared = prepared or _made_ready(checkpoint, threads, tell)
        if prepared is not None:
            return prepared
    model = loading.load_model(checkpoint, image_weights=image_weights, text_weights=text_weights)
    if not is_preparable(model.encoders):
        return model
    _prepare(model, tell, warn)
    if place == "cuda":
        from fusion.gpu_retriever import GpuPhotos

        return GpuPhotos(model, place)
    return _without_torch(model.fingerprint, threads) or model


def _without_torch(
    fingerprint: str | None, threads: int | None
) -> OnnxIndexingModel | ClipIndexingModel | None:
    from fusion.runtime.onnx_indexing_model import find_indexing_model
    from search.models.cache_folders import exported_models_cache

    return (
        find_indexing_model(exported_models_cache(), fingerprint, threads) if fingerprint else None
    )


def _made_ready(
    checkpoint: Path | None, threads: int | None, tell: Callable[[str], object]
) -> OnnxIndexingModel | ClipIndexingModel | None:
    """Return a model that can be prepared without torch; None if it cannot."""
    from search.models import ready

    prepared = _without_torch(ready.make_ready(checkpoint), threads)
    if prepared is not None:
        tell("prepared this model for quick indexing and searches, once")
    return prepared


def _prepare(
    model: Retriever, tell: Callable[[str], object], warn: Callable[[str], object]
) -> None:
    from fusion.runtime.exported_folder import exported_model_folder, read_facts
    from search.models.cache_folders import exported_models_cache

    if (
        read_facts(exported_model_folder(exported_models_cache(), model.fingerprint), thorough=True)
        is not None
    ):
        return
    tell("preparing this model for quick indexing and searches, once: half a minute")
    note = prepare(model)
    if note:
        warn(f"indexing is slow and searches will start slowly: {note}")
