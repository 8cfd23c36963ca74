"""A model's outputs for photos and queries, as numpy arrays, whichever library computed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["EmbeddedQueries", "ImageEmbeddings", "QueryEmbeddings", "Reranked", "check_candidates"]


@dataclass(frozen=True)
class ImageEmbeddings:
    """B photos as an index stores them."""

    vectors: NDArray[np.float32]
    """(B, dim): the inner product with a query's vector is the first-stage score."""
    packed: NDArray[np.uint8]
    """(B, P): nodes and edges for the re-ranker, as `fusion/runtime/packing.py` lays them out."""


class EmbeddedQueries(Protocol):
    """Q queries embedded by any model; any further fields are only for its own re-ranker."""

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(Q, dim)."""

    def each(self) -> Sequence[Self]:
        """Return the queries one by one, in their order."""


@dataclass(frozen=True)
class QueryEmbeddings:
    """Q queries as a search uses them."""

    vectors: NDArray[np.float32]
    """(Q, dim)."""
    bag: NDArray[np.float32]
    """(Q, V): the weight of each word that the word graph knows."""
    bag_hub: NDArray[np.float32]
    """(Q,), to subtract from the bag's mean log odds from the word graph."""
    detected_hub: NDArray[np.float32]
    """(Q,), to subtract from the bag's mean log odds from the word detector."""
    words: NDArray[np.float32]
    """(Q, T + 1, Dn): the whole query and its words."""
    mask: NDArray[np.bool_]
    """(Q, T + 1)."""
    tokens: list[list[str]]
    short: NDArray[np.bool_]
    """(Q,): whether the query is a name of things in a few words, not a sentence."""
    classes: NDArray[np.float32]
    """(Q, K): how much the query asks for each class of the concept graph; K = 0 for a model whose
    re-ranker follows no paths over classes."""

    def each(self) -> list[QueryEmbeddings]:
        """Return the queries one by one, in their order, without padding to longer ones."""
        rows = [slice(row, row + 1) for row in range(len(self.vectors))]
        lengths = [int(np.flatnonzero(mask)[-1]) + 1 for mask in self.mask]
        return [
            QueryEmbeddings(
                self.vectors[row],
                self.bag[row],
                self.bag_hub[row],
                self.detected_hub[row],
                self.words[row, :length],
                self.mask[row, :length],
                self.tokens[row],
                self.short[row],
                self.classes[row],
            )
            for row, length in zip(rows, lengths, strict=True)
        ]


@dataclass(frozen=True)
class Reranked:
    """K candidates after re-ranking, in the order in which they were passed."""

    scores: NDArray[np.float32]
    """(K,), higher is nearer."""
    probabilities: NDArray[np.float32]
    """(K,) in 0..1: the probability that the photo matches the query."""
    detected: NDArray[np.float32]
    """(K,): mean log odds of the query's words from the word detector, less its hub correction,
    which are part of the scores; zeros if it knows none of the words."""


class _Queries(Protocol):
    @property
    def vectors(self) -> NDArray[np.float32]: ...


def check_candidates(
    query: _Queries, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
) -> None:
    """Raise a ValueError unless there is one query, and a vector for each packed photo."""
    if len(query.vectors) != 1 or len(vectors) != len(packed):
        raise ValueError(
            f"expected one query and as many vectors as packed photos, found {len(query.vectors)} "
            f"queries, vectors {np.shape(vectors)}, packed photos {np.shape(packed)}"
        )
