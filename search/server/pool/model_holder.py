"""The model, loaded once for all threads, and again when the index has another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fusion.runtime.model_fingerprint import checkpoint_fingerprint
from search.models.for_queries import models_of
from search.models.model_protocols import SearchModel
from search.models.prepared import prepared_model
from store import ModelMismatch

if TYPE_CHECKING:
    from indexer.indexing_model import IndexingModel

__all__ = ["LoadedModel", "Models", "model_loader"]


@dataclass(frozen=True)
class LoadedModel:
    """A model that answers.

    Attributes:
        query: the model that reads queries and ranks photos.
        photo: the model that embeds photos; loaded when the first photo is embedded.
    """

    query: SearchModel
    photo: IndexingModel


class Models:
    """Holds the most recently used model.

    Args:
        load: returns the model with a fingerprint; raises ModelMismatch if it has another.
    """

    def __init__(self, load: Callable[[str], LoadedModel]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._held: tuple[str, LoadedModel] | None = None

    def of(self, fingerprint: str) -> LoadedModel:
        """Return the model with a fingerprint, as an index records it."""
        with self._lock:
            if self._held is None or self._held[0] != fingerprint:
                self._held = (fingerprint, self._load(fingerprint))
            return self._held[1]

    def holds(self, fingerprint: str) -> bool:
        """Return whether that model is loaded."""
        return self._held is not None and self._held[0] == fingerprint


def model_loader(
    checkpoint: Path | None,
    image_weights: Path | None,
    text_weights: Path | None,
    *,
    shared: bool = False,
) -> Callable[[str], LoadedModel]:
    """Return a loader of models like that of `search.open_index`, which explains the arguments.

    A checkpoint of another model is detected without loading it, for which each request would wait.

    Args:
        checkpoint: see there, as for the next two.
        image_weights: see there.
        text_weights: see there.
        shared: whether other processes load the same model, so that they should share its weights.
    """

    def load(fingerprint: str) -> LoadedModel:
        known = checkpoint_fingerprint(checkpoint)
        is_other = known is not None and known != fingerprint
        if is_other and prepared_model(fingerprint, checkpoint) is None:
            raise _another(fingerprint, "crossgraph", str(known))
        model, photo = models_of(
            fingerprint, checkpoint, image_weights=image_weights, text_weights=text_weights
        )
        if model.fingerprint != fingerprint:
            raise _another(fingerprint, model.name, model.fingerprint)
        share = getattr(model, "share_weights", None)
        if shared and share is not None:
            share()
        return LoadedModel(model, cast("IndexingModel", photo))  # it does more than queries need

    return load


def _another(wanted: str, name: str, fingerprint: str) -> ModelMismatch:
    return ModelMismatch(
        f"the index was made with another model ({wanted[:12]}) than {name} ({fingerprint[:12]}): "
        "give that model with --checkpoint, or prepare it with `crossgraph index`"
    )
