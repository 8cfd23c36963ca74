"""Hub corrections: how near a photo is to texts in general, which is subtracted from its scores.

A photo whose embedding is near the centre of all texts is among the nearest to many queries, right
or wrong. The correction is its mean cosine with the nearest of a bank of queries (nearest neighbour
normalisation, Chowdhury et al., EMNLP 2024). It is computed when the photo is indexed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.packing import DamagedPhotos

__all__ = ["hubs_of", "pack_hubs", "unpack_hubs"]

Array = NDArray[np.float32]


def hubs_of(vectors: Array, bank: Array, nearest: int) -> Array:
    """Return the mean cosine of each photo with the texts nearest to it: (B,).

    Args:
        vectors: (B, D) photos of unit length.
        bank: (M, D) texts of unit length; with M = 0 the result is zero.
        nearest: the number of nearest texts that are averaged, at least 1.

    >>> hubs_of(np.eye(2, dtype=np.float32), np.array([[1, 0], [0, -1]], np.float32), 1).tolist()
    [1.0, 0.0]
    """
    if not len(bank):
        return np.zeros(len(vectors), np.float32)
    cosines = vectors @ bank.T
    count = min(nearest, len(bank))
    best = np.partition(cosines, len(bank) - count, axis=1)[:, len(bank) - count :]
    hubs: Array = best.mean(axis=1, dtype=np.float32)
    return hubs


def pack_hubs(hubs: Array) -> NDArray[np.uint8]:
    """Return what an index stores of B photos in addition to their vectors: (B, 4)."""
    packed: NDArray[np.uint8] = np.ascontiguousarray(hubs, "<f4")[:, None].view(np.uint8)
    return packed


def unpack_hubs(packed: NDArray[np.uint8]) -> Array:
    """Return the hubs of B photos: (B, 4) uint8 -> (B,) float32.

    Raises:
        DamagedPhotos: the rows do not have this shape and dtype.

    >>> unpack_hubs(pack_hubs(np.array([0.25, -1.0], np.float32))).tolist()
    [0.25, -1.0]
    """
    if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != 4:
        raise DamagedPhotos(
            f"packed photos of shape {packed.shape} and dtype {packed.dtype}, expected (B, 4) uint8"
        )
    hubs: Array = np.ascontiguousarray(packed).view("<f4")[:, 0].astype(np.float32)
    return hubs
