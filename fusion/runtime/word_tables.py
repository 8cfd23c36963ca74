"""The tables of an exported model; a query reads only a few of their rows."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.exported_files import ExportedFiles

__all__ = ["WordTables"]

Array = NDArray[np.float32]
Part = Literal["worded", "detected"]

ROWS_KEPT = 512
"""How many of the most recently used rows, of some kilobytes each, stay in memory."""


class WordTables:
    """How well each word of the vocabulary fits photos in general, and how common each class is.

    Args:
        files: the model's files.
    """

    def __init__(self, files: ExportedFiles) -> None:
        self._files = files
        self._row = lru_cache(maxsize=ROWS_KEPT)(self._read_row)

    def hub(self, bag: Array, part: Part, nearest: int) -> Array:
        """Return how well each text's words fit photos in general: (Q, V) -> (Q,).

        Args:
            bag: the weight of each word of the vocabulary in each text.
            part: the part of the score whose table is used.
            nearest: how many of the best-fitting photos are averaged.
        """
        columns = np.flatnonzero(bag.any(0))
        # There is a row per word; only the rows of the query's words are read from the file.
        rows = [self._row(part, column) for column in columns.tolist()]
        if not rows or not rows[0].shape[1]:
            return np.zeros(len(bag), np.float32)
        fits = bag[:, columns] @ np.concatenate(rows)
        hub: Array = -np.sort(-fits, axis=1)[:, :nearest].mean(1, dtype=np.float32)
        return hub

    @cached_property
    def class_prior(self) -> Array:
        """The mean over texts of how much they ask for each class: (K,)."""
        prior: Array = self._files.tables.get_tensor("class_prior")
        return prior

    def _read_row(self, part: Part, column: int) -> Array:
        row: Array = self._files.tables.get_slice(part)[column : column + 1]
        return row
