"""Confidence intervals for the difference between two models on the same queries.

Captions of one photo are not independent queries, so photos are drawn, each with all its captions.
An interval says how the difference would vary with other photos of the same kind. It says nothing
about another training run, or another draw of shuffled edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RESAMPLES", "Interval", "paired_interval", "sampled_interval"]

RESAMPLES = 2000
_BLOCK = 100  # resamples drawn at a time: bounds the (block, photos) table of counts


@dataclass(frozen=True)
class Interval:
    """A difference of two shares and the interval around it, from -1 to 1."""

    difference: float
    low: float
    high: float


def paired_interval(
    hits: NDArray[np.bool_],
    against: NDArray[np.bool_],
    photo_rows: NDArray[np.integer],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Return the percentile interval of a difference in hits by bootstrap (Efron, 1979).

    Args:
        hits: (Q,) bool, the queries that one model answers.
        against: (Q,) bool, those that the other model answers.
        photo_rows: (Q,) int, the photo of each query; queries of one photo are drawn together.
        resamples: number of draws, each of as many photos as there are, with replacement.
        seed: the same seed draws the same photos, whatever the models.
        level: the share of resamples inside the interval.

    Returns:
        The share of `hits` minus that of `against`, over all queries, and the interval.

    Raises:
        ValueError: no queries, or shapes that do not fit.

    >>> always, never = np.ones(6, bool), np.zeros(6, bool)
    >>> paired_interval(always, never, np.array([0, 0, 0, 1, 1, 2]))
    Interval(difference=1.0, low=1.0, high=1.0)
    """
    if not (len(hits) and hits.shape == against.shape == photo_rows.shape):
        raise ValueError(
            f"hits {hits.shape}, against {against.shape} and photo_rows {photo_rows.shape} must "
            "be the same (Q,), Q > 0"
        )
    _, photo = np.unique(photo_rows, return_inverse=True)
    gains = np.bincount(photo, weights=hits.astype(np.float64) - against).astype(np.float64)
    queries = np.bincount(photo).astype(np.float64)
    rng = np.random.default_rng(seed)
    drawn = [
        _resampled(rng, min(_BLOCK, resamples - start), gains, queries)
        for start in range(0, resamples, _BLOCK)
    ]
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail])
    return Interval(float(gains.sum() / queries.sum()), float(low), float(high))


def sampled_interval(
    measure: Callable[[NDArray[np.int64]], float],
    groups: NDArray[np.integer],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of any measure of queries.

    Args:
        measure: returns the measure of rows (n,) int64 of queries, some of them repeated; NaN if
            undefined, which is left out.
        groups: (Q,) int, the photo, word or other thing of each query; queries of one are drawn
            together.
        resamples: number of draws, each of as many groups as there are, with replacement.
        seed: the same seed draws the same groups.
        level: the share of resamples inside the interval.

    Returns:
        Its ends; NaN where no resample has a measure.

    Raises:
        ValueError: no queries.

    >>> values = np.array([3.0, 3.0, 3.0])
    >>> sampled_interval(lambda rows: values[rows].mean(), np.array([0, 0, 1]))
    (3.0, 3.0)
    """
    if not len(groups):
        raise ValueError("groups is empty, expected (Q,), Q > 0")
    _, sizes = np.unique(groups, return_counts=True)
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(sizes)[:-1])
    rng = np.random.default_rng(seed)
    values = np.empty(resamples)
    for place in range(resamples):
        drawn = rng.integers(0, len(members), len(members))
        values[place] = measure(np.concatenate([members[group] for group in drawn]))
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _resampled(
    rng: np.random.Generator, count: int, gains: NDArray[np.float64], queries: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Draw photos `count` times and return the difference over the queries of each draw."""
    photos = len(gains)
    times = rng.multinomial(photos, np.full(photos, 1 / photos), size=count).astype(np.float64)
    shares: NDArray[np.float64] = (times @ gains) / (times @ queries)
    return shares
