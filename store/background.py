"""A sample of an index's vectors, by which a search tells what stands out from what is usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE", "Background", "spread_ids"]

SAMPLE = 256
"""Photos in a sample, at most."""


@dataclass(frozen=True)
class Background:
    """What the photos of an index are like.

    Attributes:
        vectors: (S, D) float32, of photos that are evenly spread over the ids.
        photos: how many the index holds.
    """

    vectors: NDArray[np.float32]
    photos: int


def spread_ids(photos: str, first: int, last: int) -> str:
    """Give the SQL of at most `SAMPLE` ids at even distances, each one look into the table's index.

    Args:
        photos: the table, whose ids are `id`.
        first: the lowest id.
        last: the highest.
    """
    step = max(1, -(-(last - first + 1) // SAMPLE))
    return f"""
        WITH RECURSIVE wanted(id) AS (
            SELECT {first} UNION ALL SELECT id + {step} FROM wanted WHERE id + {step} <= {last}
        )
        SELECT DISTINCT (SELECT p.id FROM {photos} p WHERE p.id >= wanted.id ORDER BY p.id LIMIT 1)
        FROM wanted
    """
