"""The models of an open index: one for queries, and one for photos in queries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from search.models import loading
from search.models.clip_models import refuse_unprepared
from search.models.loading import LazyModel
from search.models.model_protocols import PhotoEmbedder, SearchModel
from search.models.unavailable import model_errors_told

if TYPE_CHECKING:
    from store.catalog.models import Model

__all__ = ["models_of"]


@model_errors_told()
def models_of(
    fingerprint: str,
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
    once: bool = False,
    made_by: Model | None = None,
) -> tuple[SearchModel, PhotoEmbedder]:
    """Return the search model and the photo embedder for an index.

    Both work without torch if the index's model is prepared, or can be prepared without it;
    otherwise the result of `load_model` serves as both. In that case it is the checkpoint's model,
    whose fingerprint may differ.

    Args:
        fingerprint: as the index records it.
        checkpoint: as in `open_index`, like the next three.
        image_weights: see there.
        text_weights: see there.
        once: see there.
        made_by: what the index knows about its model, if available.

    Raises:
        ClipNotPrepared: it is a CLIP-like model that is not prepared on this machine.
        ModelUnavailable: the checkpoint is damaged, or an encoder's weights are missing.
    """
    from search.models.prepared import prepared_model, ready_model

    given = image_weights is not None or text_weights is not None
    prepared = None if given else prepared_model(fingerprint, checkpoint, once=once)
    if prepared is None and checkpoint is None:
        refuse_unprepared(made_by)
    if prepared is None and not given:
        prepared = ready_model(checkpoint, once=once)
    if prepared is not None:
        return prepared, _photo_embedder(checkpoint, prepared.fingerprint)
    model = loading.load_model(checkpoint, image_weights=image_weights, text_weights=text_weights)
    return model, model


def _photo_embedder(checkpoint: str | Path | None, fingerprint: str) -> PhotoEmbedder:
    """Return the photo embedder of a prepared model, loaded by the first query with a photo."""

    def load() -> PhotoEmbedder:
        from fusion.runtime.onnx_indexing_model import find_indexing_model
        from search.models.cache_folders import exported_models_cache
        from store import ModelMismatch

        prepared = find_indexing_model(exported_models_cache(), fingerprint)
        if prepared is not None:
            return prepared
        with model_errors_told():
            model = loading.load_model(checkpoint)
        if model.fingerprint != fingerprint:
            raise ModelMismatch(
                f"a photo as a query needs the model that made the index ({fingerprint[:12]}), "
                f"this is {model.name} ({model.fingerprint[:12]}): give it with --checkpoint"
            )
        return model

    return LazyModel(load)
