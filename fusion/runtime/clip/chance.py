"""Estimates how likely a hit of an uncalibrated model is right, by comparison with chance.

Cosines of CLIP-like models have no absolute meaning: for one query 0.2 is a match, for another 0.3
is none. So a hit is compared with the query's own background, the cosines of a sample of the
collection. The best of n photos unrelated to the query is as many standard deviations above their
mean as the highest of n draws from a normal distribution; a hit that stands out from that is more
likely right than wrong.

SigLIP models have a probability of their own, from a sigmoid that was trained on pairs (Zhai et
al., ICCV 2023). It is low for short queries, right or wrong, but where it is high it can be
trusted. Either may support a hit: the result is the probability that not both are wrong.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["ABOVE", "FEW", "STEEPNESS", "by_chance", "highest_by_chance", "pair_probabilities"]

Array = NDArray[np.float32]

FEW = 8
"""Minimum number of background photos; with fewer, the spread says nothing."""
STEEPNESS, ABOVE = 1.5, 0.45
"""Log odds per deviation, and how many deviations above the highest by chance a hit is as likely
right as wrong: for captions, with the shipped model's embeddings without its graphs."""


def pair_probabilities(cosines: Array, scale: float, offset: float | None) -> Array:
    """Return the model's own probabilities of pairs, from their cosines alone: (K,) -> (K,).

    Args:
        cosines: the cosines of one text and K photos.
        scale: the scale of the model's own sigmoid.
        offset: the offset of the sigmoid; None for a model without one: every pair gets 0.5.

    >>> pairs = pair_probabilities(np.array([0.1, 0.3], np.float32), 10.0, -2.0)
    >>> [round(float(each), 2) for each in pairs]
    [0.27, 0.73]
    """
    if offset is None:
        return np.full(len(cosines), 0.5, np.float32)
    logits = np.clip(np.float32(scale) * cosines + np.float32(offset), -30, 30)
    probabilities: Array = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return probabilities


def highest_by_chance(photos: int) -> float:
    """Return the approximate mean of the highest of n draws from a standard normal distribution.

    This is Blom's approximation (Statistical Estimates and Transformed Beta-Variables, 1958).

    >>> round(highest_by_chance(10), 2), round(highest_by_chance(1000), 2)
    (1.55, 3.23)
    """
    from statistics import NormalDist

    share = (max(photos, 1) - 0.375) / (max(photos, 1) + 0.25)
    return NormalDist().inv_cdf(share)


def by_chance(
    scores: Array, first: Array, background: Array, photos: int, pairs: Array | None = None
) -> Array | None:
    """Return how likely each of K hits is right.

    Args:
        scores: (K,) scores by which the hits are ranked, higher is nearer.
        first: (K,) their cosines.
        background: (S,) cosines of a sample of the collection.
        photos: the number of photos in the collection.
        pairs: (K,) the model's own probability of each; ignored if all are equal, or None.

    Returns:
        (K,) in 0..1; a lower score never has a higher probability. None if the sample is smaller
        than `FEW`.
    """
    if len(background) < FEW:
        return None
    deviations = (first - background.mean()) / max(float(background.std()), 1e-6)
    logits = STEEPNESS * (deviations - highest_by_chance(photos) - ABOVE)
    likely = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    if pairs is not None and not math.isclose(float(np.ptp(pairs)) if len(pairs) else 0.0, 0.0):
        likely = 1 - (1 - likely) * (1 - pairs)
    order = np.argsort(-scores, kind="stable")
    falling = np.empty(len(scores), np.float32)
    falling[order] = np.minimum.accumulate(likely[order])
    return falling
