"""What indexing requires of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from store.types import DescribedModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from fusion.runtime.embeddings import EmbeddedQueries, ImageEmbeddings

__all__ = ["IndexingModel"]


class IndexingModel(DescribedModel, Protocol):
    """The part of a retriever that indexing uses (`fusion.retriever.Retriever` is one)."""

    @property
    def size_px(self) -> int | None:
        """Side of the squares that it resizes photos to; None if it takes photos at full size."""

    @property
    def batch_size(self) -> int:
        """Number of photos that it should best get at once."""

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B RGB photos."""

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """Embed Q texts."""

    def recall_queries(self) -> NDArray[np.float32]:
        """Return the vectors (Q, D) float32 of captions that the model was trained on, or none."""
