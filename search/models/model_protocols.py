"""What a search needs from a model; `fusion.retriever.Retriever` implements all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from fusion.runtime.embeddings import EmbeddedQueries, ImageEmbeddings, Reranked
    from fusion.runtime.known_words import KnownWords
    from fusion.runtime.photo_explanation import PhotoExplanation

    Vectors: TypeAlias = NDArray[np.floating]
    Packed: TypeAlias = NDArray[np.uint8]
    Query: TypeAlias = Any  # a query embedded by the same model's `embed_queries`

__all__ = ["PhotoEmbedder", "SearchModel"]


class SearchModel(Protocol):
    """A model that reads queries and ranks photos by them."""

    @property
    def fingerprint(self) -> str:
        """A hex digest that changes with weights, encoders or configuration."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def known_words(self) -> KnownWords:
        """The words it knows; loads nothing beyond what `embed_queries` needs."""

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """Embed Q texts; `rerank` and `explain` take them one by one."""

    def rerank(self, query: Query, vectors: Vectors, packed: Packed) -> Reranked:
        """Re-score K candidates, in their order: vectors (K, D), packed (K, P)."""

    def explain(self, query: Query, vectors: Vectors, packed: Packed) -> list[PhotoExplanation]:
        """Explain the score of each of K candidates, in their order."""

    def probabilities(self, query: Query, first_scores: Vectors) -> NDArray[np.float32]:
        """Return (K,) float32 in 0..1 from the first stage alone."""


class PhotoEmbedder(Protocol):
    """A model that embeds the photos of queries."""

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B photos as indexing does."""
