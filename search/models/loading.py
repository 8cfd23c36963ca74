"""A checkpoint's retriever, loaded with torch: at once, or on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from search.models.training_packages import require_training_packages

if TYPE_CHECKING:
    from fusion.retriever import Retriever

__all__ = ["LazyModel", "load_model"]

M = TypeVar("M")


class LazyModel(Generic[M]):
    """A retriever that is loaded on first use.

    Faults of a folder or an annotation file are thus reported before the seconds of loading.
    """

    def __init__(self, load: Callable[[], M]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: M | None = None

    @property
    def loaded(self) -> M:
        """The retriever itself, loaded once, even if several threads use it."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.loaded, name)


def load_model(
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
) -> Retriever:
    """Load the retriever of a checkpoint folder; None for the shipped one.

    Raises:
        CheckpointError, WeightsNotFound, WeightsMismatch: as `fusion.retriever.load_retriever`.
        ExtraMissing: torch, or another package that this needs, is not installed.
    """
    require_training_packages("reading these encoders or this checkpoint")
    from fusion.retriever import load_retriever

    return load_retriever(
        None if checkpoint is None else Path(checkpoint),
        image_weights=None if image_weights is None else Path(image_weights),
        text_weights=None if text_weights is None else Path(text_weights),
    )
