"""The layout of indexed vectors and of query vectors: an embedding followed by three numbers.

    photo  embedding (D,) | -hub | 1    | cross hub
    query  embedding (D,) | 1    | -hub | 0

The first stage's inner product is thus the embeddings' inner product less the hub corrections of
the photo and of the query. The cross hub, which the first stage multiplies by zero, is what the
re-ranker subtracts from the cross-modal graph's logit (`fusion/graphs/cross_graph_hubs.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

__all__ = ["BESIDE", "CROSS_HUB", "photo_columns", "query_columns"]

BESIDE = 3
"""How many numbers follow the embedding."""

CROSS_HUB = -1
"""Index of the cross hub in a photo's vector."""


class _Numbers(Protocol):
    def __neg__(self) -> Self: ...


T = TypeVar("T", bound=_Numbers)


def photo_columns(hub: T, ones_like: Callable[[T], T], cross_hub: T) -> tuple[T, T, T]:
    """Return the columns after photos' embeddings: arrays or tensors of the shape of `hub`."""
    return -hub, ones_like(hub), cross_hub


def query_columns(
    hub: T, ones_like: Callable[[T], T], zeros_like: Callable[[T], T]
) -> tuple[T, T, T]:
    """Return the columns after queries' embeddings: arrays or tensors of the shape of `hub`.

    >>> import numpy as np
    >>> photo = photo_columns(np.array(0.25), np.ones_like, np.array(9.0))
    >>> float(np.dot(photo, query_columns(np.array(0.5), np.ones_like, np.zeros_like)))
    -0.75
    """
    return ones_like(hub), -hub, zeros_like(hub)
