"""Is this caption true of this photo? One true and one false pair per caption, and a threshold.

The false photo is drawn at random, or from the 20 photos that an independent frozen model ranks
highest; never by the evaluated model. The threshold comes with the model: it was fitted on photos
held out of its training, one for each kind of pair, and nothing here changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.evaluation.metrics import accuracy, auc, f1

__all__ = ["MatchResult", "ScoredPairs", "judge_matching", "score_pairs"]

PairScore = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
"""`score(caption_rows, photo_rows) -> (n,)`; a higher score is likelier a match."""


@dataclass(frozen=True)
class ScoredPairs:
    """Scores of M captions with their own photos, then with their false ones: all (2 M,)."""

    caption_rows: NDArray[np.int64]
    photo_rows: NDArray[np.int64]
    labels: NDArray[np.bool_]
    """True where the photo is the caption's own."""
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class MatchResult:
    """Measures of one set of pairs, half of them true; fractions from 0 to 1."""

    accuracy: float
    f1: float
    auc: float
    threshold: float


def score_pairs(
    score: PairScore, photo_rows: NDArray[np.int64], false_photos: NDArray[np.int64]
) -> ScoredPairs:
    """Score every caption with its own photo and with its false one: (M,) rows of photos each."""
    captions = np.arange(len(photo_rows))
    scores = np.concatenate([score(captions, photo_rows), score(captions, false_photos)])
    labels = np.repeat([True, False], len(captions))
    photos = np.concatenate([photo_rows, false_photos])
    return ScoredPairs(np.tile(captions, 2), photos, labels, scores)


def judge_matching(pairs: ScoredPairs, threshold: float) -> MatchResult:
    """Measure scored pairs at a given threshold: at or above it, a pair is called a match."""
    called = pairs.scores >= threshold
    return MatchResult(
        accuracy=accuracy(pairs.labels, called),
        f1=f1(pairs.labels, called),
        auc=auc(pairs.labels, pairs.scores),
        threshold=float(threshold),
    )
