"""Fusion of two rankings: what vectors find, and what words find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["RANK_CONSTANT", "fused"]

RANK_CONSTANT = 60
"""The higher it is, the less the first ranks stand out; 60 is the paper's value."""

Ids = Sequence[int] | NDArray[np.int64]


def fused(
    rankings: Sequence[Ids], *, constant: float = RANK_CONSTANT
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return all ids of some rankings as one ranking, by reciprocal rank fusion.

    A photo's score is the sum of `1 / (constant + rank)` over the rankings that have it. Only ranks
    count, so that rankings by any kind of score can be combined. Cormack, Clarke and Buettcher
    (2009), Reciprocal Rank Fusion outperforms Condorcet and Individual Rank Learning Methods.

    Args:
        rankings: each has ids, all different, the best first.
        constant: above -1.

    Returns:
        Ids (N,) and scores (N,), the highest score first, equal ones in the order of the ids.

    Raises:
        ValueError: a ranking has an id twice, or the constant is -1 or below.

    Photo 7 is second and first: 1 / 62 + 1 / 61.

    >>> ids, scores = fused([[5, 7], [7, 9]])
    >>> ids.tolist(), scores.round(4).tolist()
    ([7, 5, 9], [0.0325, 0.0164, 0.0161])
    """
    if constant <= -1:
        raise ValueError(f"the constant is {constant}, expected a number above -1")
    scores: dict[int, float] = {}
    for ranking in rankings:
        ids = [int(image_id) for image_id in ranking]
        if len(set(ids)) < len(ids):
            raise ValueError("a ranking has an id twice")
        for rank, image_id in enumerate(ids, start=1):
            scores[image_id] = scores.get(image_id, 0.0) + 1 / (constant + rank)
    ordered = sorted(scores, key=lambda image_id: (-scores[image_id], image_id))
    return (
        np.array(ordered, dtype=np.int64),
        np.array([scores[image_id] for image_id in ordered], dtype=np.float64),
    )
