"""Retrieval and matching measures: arrays in, numbers out, every convention stated.

Retrieval. Our Recall@k counts a query as hit when *any* relevant item is among the first k (TREC
calls it Success@k): with one relevant photo a caption both are the same; for photo-to-caption
search, where a photo has several captions, it is the number the retrieval literature prints as
R@k. Ties are pessimistic: an irrelevant item with the same score as the relevant one stands before
it, so a model that scores everything alike gets the worst rank and not the best.

Matching. A pair is called a match when its score is at or above the threshold. All functions
return fractions from 0 to 1 or ranks from 1; percentages are made where they are printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Record",
    "accuracy",
    "auc",
    "average_precision",
    "expected_calibration_error",
    "f1",
    "median_rank",
    "recall_at_k",
    "retrieval_ranks",
    "share_in_best",
]

Record = dict[str, Any]
"""Measures by name, nested, as JSON writes them."""

_BLOCK = 256  # queries compared at a time: bounds the (block, items) comparison table


def retrieval_ranks(
    scores: NDArray[np.floating],
    query_groups: NDArray[np.integer],
    item_groups: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Return for each query the rank of its best-placed relevant item.

    Args:
        scores: (Q, N) float, higher is nearer; -inf is allowed, NaN is not.
        query_groups: (Q,) int, the photo that a query belongs to.
        item_groups: (N,) int, the photo that an item belongs to; same photo means relevant.

    Returns:
        (Q,) int64, from 1: one more than the irrelevant items that score at least as high as the
        query's best relevant item (ties are pessimistic).

    Raises:
        ValueError: shapes that do not fit, a NaN score, or a query without a relevant item.

    >>> scores = np.array([[0.9, 0.5, 0.9], [0.1, 0.2, 0.3]])
    >>> retrieval_ranks(scores, np.array([0, 2]), np.array([0, 1, 2])).tolist()
    [2, 1]
    """
    expected = (len(query_groups), len(item_groups))
    if scores.shape != expected:
        raise ValueError(f"scores has shape {scores.shape}, its groups say {expected}")
    ranks = np.empty(len(query_groups), dtype=np.int64)
    for start in range(0, len(ranks), _BLOCK):
        rows = slice(start, start + _BLOCK)
        ranks[rows] = _block_ranks(scores[rows], query_groups[rows], item_groups)
    return ranks


def _block_ranks(
    scores: NDArray[np.floating],
    query_groups: NDArray[np.integer],
    item_groups: NDArray[np.integer],
) -> NDArray[np.int64]:
    # NaN compares false with everything and would count as rank 1.
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN: a model that gives no number has no rank")
    relevant = query_groups[:, None] == item_groups[None, :]
    if not relevant.any(axis=1).all():
        raise ValueError("a query has no relevant item: leave it out before ranking")
    best = np.where(relevant, scores, -np.inf).max(axis=1, keepdims=True)
    before = (scores >= best) & ~relevant
    ranks: NDArray[np.int64] = before.sum(axis=1) + 1
    return ranks


def recall_at_k(ranks: ArrayLike, k: int) -> float:
    """Return the share of queries whose best relevant item is among the first k (Success@k).

    Args:
        ranks: (Q,) int, from 1, at least one query.
        k: cut-off, at least 1.

    >>> recall_at_k([1, 3, 8, 1], k=5)
    0.75
    """
    if k < 1:
        raise ValueError(f"k is {k}, expected at least 1")
    return float((_filled(ranks) <= k).mean())


def median_rank(ranks: ArrayLike) -> float:
    """Return the median rank; for an even number of queries the mean of the two middle ones.

    >>> median_rank([1, 2, 9, 30])
    5.5
    """
    return float(np.median(_filled(ranks)))


def share_in_best(ranked: ArrayLike, relevant: int, most: int = 5) -> float:
    """Return the share of relevant items among the best min(most, relevant) of a list.

    1 can be reached however few are relevant. Missing items of a shorter list count as irrelevant.

    Args:
        ranked: (N,) bool or 0 / 1, whether each item is relevant, the best first.
        relevant: how many relevant items there are, in the list or not, at least 1.
        most: cut-off, at least 1.

    >>> share_in_best([1, 0, 1, 1], relevant=2), share_in_best([1], relevant=9)
    (0.5, 0.2)
    """
    if relevant < 1 or most < 1:
        raise ValueError(f"relevant is {relevant} and most is {most}, expected at least 1 each")
    cut = min(most, relevant)
    return float(np.asarray(ranked, dtype=bool)[:cut].sum() / cut)


def average_precision(ranked: ArrayLike, relevant: int) -> float:
    """Return the mean of the precision at each relevant item of a list that may end early.

    Relevant items that are not in the list count 0, as far as the list has room for them: the sum
    is divided by min(N, relevant), so that 1 can be reached.

    Args:
        ranked: (N,) bool or 0 / 1, whether each item is relevant, the best first.
        relevant: how many relevant items there are, in the list or not, at least 1.

    >>> average_precision([1, 0, 1, 0], relevant=3)  # (1/1 + 2/3) / 3
    0.5555555555555555
    """
    if relevant < 1:
        raise ValueError(f"relevant is {relevant}, expected at least 1")
    is_relevant = np.asarray(ranked, dtype=bool)
    if not len(is_relevant):
        return 0.0
    precision = np.cumsum(is_relevant) / np.arange(1, len(is_relevant) + 1)
    return float(precision[is_relevant].sum() / min(len(is_relevant), relevant))


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of pairs that are classified correctly.

    >>> accuracy([1, 1, 0, 0], [1, 0, 0, 0])
    0.75
    """
    truth, called = _pairs(labels, predicted)
    return float((truth.astype(bool) == called.astype(bool)).mean())


def f1(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Return the harmonic mean of precision and recall of the true pairs.

    It is 0.0 if no pair is true and none is called a match (scikit-learn's `zero_division=0`).

    >>> f1([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    truth, called = (values.astype(bool) for values in _pairs(labels, predicted))
    wrong = int((truth != called).sum())
    right = int((truth & called).sum())
    return 2 * right / (2 * right + wrong) if right else 0.0


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve: how often a true pair scores above a false one.

    A tie counts half (Mann and Whitney, 1947), which is the trapezoidal area.

    Raises:
        ValueError: all pairs are true, or all are false, or a score is NaN.

    >>> auc([1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1])
    0.875
    """
    truth, values = _pairs(labels, scores)
    positive = truth.astype(bool)
    true_count, false_count = int(positive.sum()), int((~positive).sum())
    if not true_count or not false_count:
        raise ValueError("AUC needs at least one true and one false pair")
    if np.isnan(values).any():
        raise ValueError("scores hold NaN")
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mean_rank[place][positive].sum())
    return (rank_sum - true_count * (true_count + 1) / 2) / (true_count * false_count)


def expected_calibration_error(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = 15
) -> float:
    """Return how far probabilities of a match are from the share of matches on average (ECE).

    Pairs are put into bins of equal width by their probability; each bin's mean probability is
    compared with its share of true pairs, and the gaps are averaged with the bins' counts as
    weights (Naeini et al., AAAI 2015; 15 bins as in Guo et al., ICML 2017). Of the two conventions
    for binary labels ours takes the probability of the match itself, not that of whichever answer
    is likelier. A bin holds its upper edge, and the first one 0 as well.

    Args:
        labels: (n,) bool or 0 / 1.
        probabilities: (n,) float from 0 to 1.
        bins: how many, at least 1.

    Raises:
        ValueError: shapes that do not fit, no pairs, no bins, or a probability outside 0 to 1.

    >>> # Two bins: 0.2 and 0.4 against one true in two, 0.9 and 0.7 against two in two.
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.2, 0.4, 0.9, 0.7], bins=2), 3)
    0.2
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}, expected at least 1")
    left, right = _pairs(labels, probabilities)
    truth, given = left.astype(np.float64), right.astype(np.float64)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"probabilities reach from {given.min()} to {given.max()}, expected 0..1")
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    # A bin's gap times its count is the sum of its pairs' differences.
    off = np.bincount(np.searchsorted(edges, given), weights=truth - given, minlength=bins)
    return float(np.abs(off).sum() / len(given))


def _filled(ranks: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(ranks, dtype=np.float64)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"ranks has shape {values.shape}, expected (Q,) with at least one query")
    return values


def _pairs(labels: ArrayLike, values: ArrayLike) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    left, right = np.asarray(labels), np.asarray(values)
    if left.shape != right.shape or left.ndim != 1 or not left.size:
        raise ValueError(
            f"labels {left.shape} and values {right.shape} must be the same (n,), n > 0"
        )
    return left, right
