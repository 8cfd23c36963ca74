"""Checks of embeddings before they are written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from store.columns.codec import StoredArray

__all__ = ["half_vectors"]


def half_vectors(
    vectors: NDArray[np.floating], nodes: StoredArray, wanted: tuple[int, int]
) -> NDArray[np.float16]:
    """Return vectors (B, D) in half precision; `nodes` must have B entries too.

    Raises:
        ValueError: a shape is wrong, or a value is not finite in half precision.

    >>> half_vectors(np.array([[1.0, 0.5]]), np.zeros((1, 3)), (1, 2)).tolist()
    [[1.0, 0.5]]
    """
    if vectors.shape != wanted or len(nodes) != wanted[0]:
        raise ValueError(
            f"vectors {vectors.shape} and nodes {nodes.shape}, expected {wanted} and "
            f"({wanted[0]}, ...)"
        )
    with np.errstate(over="ignore"):
        halves = vectors.astype(np.float16)
    if not np.isfinite(halves).all():
        raise ValueError("vectors have values that are not finite, or above 65,504")
    return halves
