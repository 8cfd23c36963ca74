"""CLIP-like models that index and answer untrained; each is prepared once per machine.

Preparing needs torch and transformers, of the extra `clip`; everything afterwards needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fusion.fusion_error import FusionError
from fusion.runtime.clip.clip_folder import (
    CLIP,
    CLIP_MODEL,
    clip_fingerprint,
    find_clip,
    preset_of,
)
from fusion.runtime.model_errors import UnknownPreset

if TYPE_CHECKING:
    from fusion.runtime.clip.clip_indexing_model import ClipIndexingModel
    from store.catalog.models import Model

__all__ = [
    "ClipNotPrepared",
    "clip_arguments",
    "clip_indexing_model",
    "clip_model_of",
    "refuse_unprepared",
]

PACKAGES = 'pip install "crossgraph[clip]"'


class ClipNotPrepared(FusionError, RuntimeError):
    """A CLIP-like model is not prepared on this machine, and cannot be prepared now."""


def clip_arguments(encoders: str | None, index: Path | None) -> dict[str, str | None]:
    """Return the arguments with which `indexing_model` loads a CLIP-like model.

    Args:
        encoders: the named encoders; None for those that the index was made with.
        index: the index's folder; None for no index.
    """
    model = clip_model_of(index) if encoders is None and index is not None else None
    if model is None:
        return {"encoders": encoders, "fingerprint": None}
    return {"encoders": model.encoders, "fingerprint": model.fingerprint}


def clip_model_of(folder: Path) -> Model | None:
    """Return the CLIP-like model that an index was made with; None for other models or no index."""
    from store import CrossgraphError, Index

    try:
        with Index.open(folder) as index:
            model = index.model
    except CrossgraphError:  # which is reported when the index is opened for real
        return None
    return model if model.name == CLIP_MODEL else None


def clip_indexing_model(
    encoders: str,
    *,
    fingerprint: str | None = None,
    threads: int | None = None,
    tell: Callable[[str], object],
) -> ClipIndexingModel:
    """Return a CLIP-like indexing model, preparing it if necessary.

    Args:
        encoders: `clip:` and a folder, the hub's id or a short name.
        fingerprint: as an index records it; if that model is prepared, its folder is not needed.
        threads: number of threads that encode photos; None for one per processor.
        tell: called with a line about what takes a while.

    Raises:
        UnknownPreset: the encoders are of another kind.
        WeightsNotFound, WeightsMismatch: there is no such model, or it is of another kind.
        ClipNotPrepared: a package needed to prepare it is not installed.
        ModelExportError: it cannot be prepared.
    """
    if not encoders.removeprefix(CLIP) or not encoders.startswith(CLIP):
        raise UnknownPreset(
            f"encoders {encoders!r}: expected clip:FOLDER or clip:HUB-ID, such as "
            "clip:google/siglip2-base-patch16-224; models of other encoders are trained"
        )
    model = _prepared(fingerprint, threads) if fingerprint else None
    if model is not None:
        return model
    encoders = preset_of(encoders)
    folder = find_clip(encoders, tell)
    fingerprint = clip_fingerprint(folder)
    model = _prepared(fingerprint, threads)
    if model is None:
        tell(f"preparing {encoders} for quick indexing and searches, once: a minute or more")
        _prepare(folder, fingerprint, encoders)
        model = _prepared(fingerprint, threads)
    if model is None:
        raise ClipNotPrepared(f"{encoders} was prepared and cannot be read: try again")
    model.encoders = encoders
    return model


def refuse_unprepared(model: Model | None) -> None:
    """Raise an error that says what to do if an index's CLIP-like model is not prepared.

    Raises:
        ClipNotPrepared: the model is not prepared on this machine.
    """
    if model is not None and model.name == CLIP_MODEL:
        raise ClipNotPrepared(
            f"the index was made with {model.encoders}, which is not prepared on this machine: "
            "`crossgraph index` with the index's folder prepares it"
        )


def _prepared(fingerprint: str, threads: int | None) -> ClipIndexingModel | None:
    from fusion.runtime.clip.clip_indexing_model import ClipIndexingModel
    from fusion.runtime.onnx_indexing_model import find_indexing_model
    from search.models.cache_folders import exported_models_cache

    exported = find_indexing_model(exported_models_cache(), fingerprint, threads)
    return exported if isinstance(exported, ClipIndexingModel) else None


def _prepare(folder: Path, fingerprint: str, encoders: str) -> None:
    from search.models.cache_folders import exported_models_cache

    try:
        import onnxscript  # noqa: F401 - which torch's exporter asks for late

        from fusion.export.load_clip_source import load_clip_source
        from fusion.export.write_clip import export_clip

        source = load_clip_source(folder)
    except ImportError as error:
        raise ClipNotPrepared(
            f"preparing {encoders} needs packages that are not installed ({error}): {PACKAGES}"
        ) from error
    export_clip(source, fingerprint, encoders, exported_models_cache())
