"""How much more often the right answer is ranked first, with a confidence interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from search.evaluation.bootstrap import paired_interval
from search.evaluation.evaluation import percent

__all__ = ["recall_difference", "reranking_gain"]

Ranks = NDArray[np.int64]


def recall_difference(ranks: Ranks, against: Ranks, photo_rows: Ranks) -> dict[str, float]:
    """Return the difference of R@1 in points, and the ends of its paired bootstrap 95 % interval.

    Args:
        ranks: (Q,) int64, from 1.
        against: (Q,) int64, the ranks of the same queries that they are compared with.
        photo_rows: (Q,) int64, the photo of each query; queries of one photo are drawn together.

    >>> recall_difference(np.array([1, 1]), np.array([2, 3]), np.array([0, 1]))
    {'R@1': 100.0, 'low': 100.0, 'high': 100.0}
    """
    interval = paired_interval(ranks == 1, against == 1, photo_rows)
    return {
        "R@1": percent(interval.difference),
        "low": percent(interval.low),
        "high": percent(interval.high),
    }


def reranking_gain(
    ranks: Mapping[str, Mapping[str, Ranks]], photo_rows: Ranks
) -> dict[str, dict[str, float]] | None:
    """Return what re-ranking adds to the R@1 of the first stage, both ways.

    Args:
        ranks: as `Evaluation.ranks`.
        photo_rows: (M,) int64, the photo of each caption.

    Returns:
        A difference as from `recall_difference`, by direction; None for a model of one stage.
    """
    first, reranked = ranks["first_stage"], ranks["reranked"]
    queries = {"text_to_image": photo_rows, "image_to_text": np.unique(photo_rows)}
    gains = {
        way: recall_difference(values, first[way], queries[way]) for way, values in reranked.items()
    }
    return gains or None
