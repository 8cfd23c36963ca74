"""False pairs: for each caption a photo that is not its own, either a random one or a hard one.

Training fits thresholds on such pairs, and an evaluation tests them on other pairs of this kind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HARD_TOP", "alike_photos", "hard_false_photos", "random_false_photos", "top_of"]

HARD_TOP = 20


def top_of(photos: int) -> int:
    """Return how many of `photos` are as hard as the top 20 of a thousand are: at least 1."""
    return max(round(HARD_TOP * photos / 1000), 1)


def random_false_photos(photo_rows: NDArray[np.int64], photos: int, seed: int) -> NDArray[np.int64]:
    """Draw for each caption a photo that is not its own, uniformly from all others.

    Args:
        photo_rows: (M,) int64, the row of each caption's own photo.
        photos: the number of photos, at least 2.
        seed: the same seed draws the same pairs.

    Raises:
        ValueError: fewer than two photos.
    """
    _check_photos(photos)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, photos - 1, size=len(photo_rows))
    false: NDArray[np.int64] = drawn + (drawn >= photo_rows)  # skips the caption's own photo
    return false


def hard_false_photos(
    similarity: NDArray[np.floating], photo_rows: NDArray[np.int64], seed: int, top: int = HARD_TOP
) -> NDArray[np.int64]:
    """Draw for each caption one of the `top` most similar photos, other than its own.

    Args:
        similarity: (M, G) float, by an independent model; higher is more similar, ties by row.
        photo_rows: (M,) int64, the row of each caption's own photo.
        seed: the same seed draws the same pairs.
        top: how many of the most similar photos to draw from; all of them if there are fewer.

    Raises:
        ValueError: there are fewer than two photos, or the shapes do not fit.
    """
    nearest = alike_photos(similarity, photo_rows, top)
    captions = len(nearest)
    pick = np.random.default_rng(seed).integers(0, nearest.shape[1], size=captions)
    false: NDArray[np.int64] = nearest[np.arange(captions), pick]
    return false


def alike_photos(
    similarity: NDArray[np.floating], photo_rows: NDArray[np.int64], top: int
) -> NDArray[np.int64]:
    """Return the `top` photos most similar to each caption, other than its own.

    Arguments and errors are those of `hard_false_photos`.

    Returns:
        (M, top) int64, or fewer columns if there are fewer other photos; the most similar first.
    """
    captions, photos = similarity.shape
    _check_photos(photos)
    if captions != len(photo_rows):
        raise ValueError(f"similarity has {captions} rows, there are {len(photo_rows)} captions")
    others = np.array(similarity, dtype=np.float32)
    others[np.arange(captions), photo_rows] = -np.inf
    nearest: NDArray[np.int64] = np.argsort(-others, axis=1, kind="stable")
    return nearest[:, : min(top, photos - 1)]


def _check_photos(photos: int) -> None:
    if photos < 2:
        raise ValueError(f"a false pair needs at least 2 photos, there are {photos}")
