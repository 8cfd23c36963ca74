"""What a search asks of a model: `fusion.retriever.Retriever` has all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

    from fusion.runtime.known_words import KnownWords

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

    def embed_queries(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - the retriever's own type
        """Return `.vectors` (Q, D) float32 and whatever `rerank` reads of its own."""

    def rerank(self, query: Any, vectors: Any, packed: Any) -> Any:  # noqa: ANN401
        """Return `.scores`, `.probabilities` and `.detected`, (K,) float32 each, in their order."""

    def explain(self, query: Any, vectors: Any, packed: Any) -> Any:  # noqa: ANN401
        """Return what `search.explanation.from_model` reads of each candidate, in their order."""

    def probabilities(self, query: Any, first_scores: Any) -> Any:  # noqa: ANN401
        """Return (K,) float32 in 0..1 from the first stage alone."""


class PhotoEmbedder(Protocol):
    """What reads photos, for a query that shows one."""

    def embed_images(self, images: Sequence[Image]) -> Any:  # noqa: ANN401
        """Return `.vectors` (B, D) float32 as they are indexed."""
