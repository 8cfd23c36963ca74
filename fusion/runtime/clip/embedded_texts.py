"""Texts embedded by a CLIP-like model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EmbeddedTexts"]


@dataclass(frozen=True)
class EmbeddedTexts:
    """Q embedded texts, in the form that a search uses."""

    vectors: NDArray[np.float32]
    """(Q, D), of unit length."""

    def each(self) -> list[EmbeddedTexts]:
        """Return the texts one by one, in their order."""
        return [EmbeddedTexts(self.vectors[row : row + 1]) for row in range(len(self.vectors))]
