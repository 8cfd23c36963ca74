"""Measures of probabilities that were shown, in percent, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search.evaluation.bootstrap import sampled_interval
from search.evaluation.evaluation import percent
from search.evaluation.metrics import Record, auc, expected_calibration_error

__all__ = ["MATCH", "reliability", "shown_share"]

MATCH = 0.5
"""From this probability on, a hit is more likely a match than not, and counts as shown as one."""

RESAMPLES = 1000
Rows = NDArray[np.int64]


def reliability(
    right: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    groups: Rows,
    *,
    seed: int = 0,
) -> Record:
    """Measure how well probabilities agree with what is right.

    Args:
        right: (n,) bool.
        probabilities: (n,) float, 0..1, that each is right.
        groups: (n,) int64, the unit of resampling for intervals, such as the photo of a caption.
        seed: draws the samples.

    Returns:
        The share `right`, the `mean_probability`, the expected calibration error (`ece`, 15 bins of
        equal width) and how often a right one has a higher probability than a wrong one (`auroc`),
        the last two with intervals (`_95`); None where undefined: all of them without hits, the
        AUROC if all are right or all are wrong.

    >>> found = reliability(np.array([True, False]), np.array([0.9, 0.7]), np.array([0, 1]))
    >>> found["right"], found["mean_probability"], found["ece"], found["auroc"]
    (50.0, 80.0, 40.0, 100.0)
    """
    if not len(right):
        return dict.fromkeys(
            ("right", "mean_probability", "ece", "ece_95", "auroc", "auroc_95"), None
        )
    given = np.clip(probabilities, 0, 1)

    def error(rows: Rows) -> float:
        return expected_calibration_error(right[rows], given[rows])

    def told_apart(rows: Rows) -> float:
        is_mixed = right[rows].any() and not right[rows].all()
        return auc(right[rows], given[rows]) if is_mixed else float("nan")

    return {
        "right": percent(float(right.mean())),
        "mean_probability": percent(float(given.mean())),
        **_with_interval("ece", error, groups, seed),
        **_with_interval("auroc", told_apart, groups, seed),
    }


def shown_share(probabilities: NDArray[np.float64], groups: Rows, *, seed: int = 0) -> Record:
    """Return the share of (n,) top hits that are shown as a match, with its interval (`_95`).

    >>> shown_share(np.array([0.9, 0.5, 0.49]), np.arange(3))["shown_as_match"]
    66.67
    """
    shown = probabilities >= MATCH
    return _with_interval("shown_as_match", lambda rows: float(shown[rows].mean()), groups, seed)


def _with_interval(name: str, measure: Callable[[Rows], float], groups: Rows, seed: int) -> Record:
    value = measure(np.arange(len(groups)))
    if np.isnan(value):
        return {name: None, f"{name}_95": None}
    ends = sampled_interval(measure, groups, resamples=RESAMPLES, seed=seed)
    interval = None if np.isnan(ends).any() else [percent(end) for end in ends]
    return {name: percent(value), f"{name}_95": interval}
