"""Is this caption true of this photo? One true and one false pair a caption, judged by a threshold.

The false photo is drawn at random, or from the 20 photos that an independent frozen model finds
most alike; never by the model that is judged. The threshold comes with the model: it was fixed on
photos that were held out of its training, and nothing here moves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.metrics import accuracy, auc, f1

__all__ = [
    "MatchResult",
    "ScoredPairs",
    "hard_false_photos",
    "judge_matching",
    "random_false_photos",
    "score_pairs",
]

HARD_TOP = 20

PairScore = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
"""`score(caption_rows, photo_rows) -> (n,)`, higher is likelier a match."""


@dataclass(frozen=True)
class ScoredPairs:
    """Each of M captions with its own photo, then each with its false one: (2 M,) all."""

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


def random_false_photos(photo_rows: NDArray[np.int64], photos: int, seed: int) -> NDArray[np.int64]:
    """Draw for each caption a photo that is not its own, all others being equally likely.

    Args:
        photo_rows: (M,) int64, the row of each caption's own photo.
        photos: how many photos there are, at least 2.
        seed: the same seed draws the same pairs.

    Raises:
        ValueError: fewer than two photos.
    """
    _check_photos(photos)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, photos - 1, size=len(photo_rows))
    false: NDArray[np.int64] = drawn + (drawn >= photo_rows)  # steps over the photo of its own
    return false


def hard_false_photos(
    similarity: NDArray[np.floating], photo_rows: NDArray[np.int64], seed: int, top: int = HARD_TOP
) -> NDArray[np.int64]:
    """Draw for each caption one of the `top` photos most alike to it that is not its own.

    Args:
        similarity: (M, G) float, of an independent model; higher is more alike, ties by row.
        photo_rows: (M,) int64, the row of each caption's own photo.
        seed: the same seed draws the same pairs.
        top: how many of the most alike to draw from; all others where there are fewer.

    Raises:
        ValueError: fewer than two photos, or shapes that do not fit.
    """
    captions, photos = similarity.shape
    _check_photos(photos)
    if captions != len(photo_rows):
        raise ValueError(f"similarity has {captions} rows, there are {len(photo_rows)} captions")
    others = np.array(similarity, dtype=np.float32)
    others[np.arange(captions), photo_rows] = -np.inf
    nearest = np.argsort(-others, axis=1, kind="stable")[:, : min(top, photos - 1)]
    pick = np.random.default_rng(seed).integers(0, nearest.shape[1], size=captions)
    false: NDArray[np.int64] = nearest[np.arange(captions), pick]
    return false


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
    """Judge scored pairs at a threshold given: at or above it a pair is called a match."""
    called = pairs.scores >= threshold
    return MatchResult(
        accuracy=accuracy(pairs.labels, called),
        f1=f1(pairs.labels, called),
        auc=auc(pairs.labels, pairs.scores),
        threshold=float(threshold),
    )


def _check_photos(photos: int) -> None:
    if photos < 2:
        raise ValueError(f"a false pair needs at least 2 photos, there are {photos}")
