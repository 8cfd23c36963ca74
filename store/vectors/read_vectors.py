"""Vectors that a search read from the catalog, for reuse in the same snapshot."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

__all__ = ["ReadVectors"]


class ReadVectors:
    """Keeps vectors for as long as one snapshot is open, in which they cannot change.

    >>> read = ReadVectors()
    >>> with read.kept():
    ...     read.keep([5, 7], np.array([[1.0], [2.0]], np.float32))
    ...     read.among([7]).tolist(), read.among([7, 8])
    ([[2.0]], None)
    >>> read.among([7]) is None
    True
    """

    def __init__(self) -> None:
        self._is_open = False
        self._places: dict[int, int] = {}
        self._blocks: list[NDArray[np.float32]] = []

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep vectors that are read within a block, and forget them at its end."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            self._places.clear()
            self._blocks.clear()

    def keep(self, image_ids: Iterable[int], vectors: NDArray[np.float32]) -> None:
        """Keep vectors (K, D) of K ids; does nothing outside of `kept`, or if an id repeats."""
        if self._is_open:
            first = len(self._places)
            places = {image_id: first + row for row, image_id in enumerate(image_ids)}
            if len(places) == len(vectors) and not places.keys() & self._places.keys():
                self._places.update(places)
                self._blocks.append(vectors)

    def among(self, image_ids: Iterable[int]) -> NDArray[np.float32] | None:
        """Return vectors (K, D) of K ids in their order; None if K is 0 or one was not kept."""
        places = [self._places.get(int(image_id), -1) for image_id in image_ids]
        if not places or min(places) < 0:
            return None
        read: NDArray[np.float32] = np.concatenate(self._blocks)[places]
        return read
