"""What a search asks of a model: `fusion.retriever.Retriever` has all of it."""

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
    Query: TypeAlias = Any  # one of what the same model's `embed_queries` gave

__all__ = ["PhotoEmbedder", "SearchModel"]


class SearchModel(Protocol):
    """What reads queries and ranks photos by them."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes with weights, encoders or configuration."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def known_words(self) -> KnownWords:
        """The words that mean something to it; loads nothing that `embed_queries` has not."""

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """Embed Q texts; `rerank` and `explain` take them one by one."""

    def rerank(self, query: Query, vectors: Vectors, packed: Packed) -> Reranked:
        """Score K candidates anew, in their order: vectors (K, D), packed (K, P)."""

    def explain(self, query: Query, vectors: Vectors, packed: Packed) -> list[PhotoExplanation]:
        """Say what the score of each of K candidates is made of, in their order."""

    def probabilities(self, query: Query, first_scores: Vectors) -> NDArray[np.float32]:
        """Return (K,) float32 in 0..1 from the first stage alone."""


class PhotoEmbedder(Protocol):
    """What reads photos, for a query that shows one."""

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B photos as they are indexed."""
