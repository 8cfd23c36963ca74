"""Tables of an exported model, of which a query needs a few rows."""

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
"""Rows of some kilobytes that stay in memory, those that were asked for last."""


class WordTables:
    """How well each word of the vocabulary fits photos at large, and how usual each class is.

    Args:
        files: of the model.
    """

    def __init__(self, files: ExportedFiles) -> None:
        self._files = files
        self._row = lru_cache(maxsize=ROWS_KEPT)(self._read_row)

    def hub(self, bag: Array, part: Part, nearest: int) -> Array:
        """Return how well each text's words fit just any photo: (Q, V) -> (Q,).

        Args:
            bag: how much of each text each word of the vocabulary is.
            part: of the graphs, whose table it is.
            nearest: how many photos count, those that fit best.
        """
        columns = np.flatnonzero(bag.any(0))
        # A row for each word, of which a query asks a few: the rest is not even read.
        rows = [self._row(part, column) for column in columns.tolist()]
        if not rows or not rows[0].shape[1]:
            return np.zeros(len(bag), np.float32)
        fits = bag[:, columns] @ np.concatenate(rows)
        hub: Array = -np.sort(-fits, axis=1)[:, :nearest].mean(1, dtype=np.float32)
        return hub

    @cached_property
    def class_prior(self) -> Array:
        """(K,): how likely each class is for just any text."""
        prior: Array = self._files.tables.get_tensor("class_prior")
        return prior

    def _read_row(self, part: Part, column: int) -> Array:
        row: Array = self._files.tables.get_slice(part)[column : column + 1]
        return row
