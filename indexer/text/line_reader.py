"""Reads lines of text in an image with RapidOCR, whose models come with its package."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from store import ExtraMissing
from store.types import Box, TextLine

__all__ = ["ENOUGH_PX", "TEXT_READER", "LineReader"]

TEXT_READER = 1
"""Version of the text reader; an index records which version searched a photo for text."""

ENOUGH_PX = 1600
"""Longer side to which an image is reduced; letters a hundredth as high are still found."""
LEAST_CONFIDENCE = 0.5
MOST_LINES = 200
LONGEST_LINE = 500


class LineReader:
    """Finds and reads lines of text in Latin and Chinese script; one instance serves all photos.

    Raises:
        ExtraMissing: RapidOCR is not installed.
    """

    def __init__(self) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise ExtraMissing(
                "text in photos needs RapidOCR: install it with `pip install 'crossgraph[text]'`"
            ) from error
        self._engine: Any = RapidOCR(params={"Global.log_level": "critical"})

    def read(self, image: Image.Image) -> tuple[TextLine, ...]:
        """Return the lines in an image of mode RGB, from the top down; at most 200."""
        small = image
        if max(image.size) > ENOUGH_PX:
            small = image.copy()
            small.thumbnail((ENOUGH_PX, ENOUGH_PX))
        answer = self._engine(np.asarray(small)[:, :, ::-1])  # it takes BGR
        if answer.txts is None or answer.boxes is None:
            return ()
        lines = [
            TextLine(_plain(text), float(score), _box(corners, small.size))
            for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True)
            if score >= LEAST_CONFIDENCE and _plain(text)
        ]
        return tuple(lines[:MOST_LINES])


def _plain(text: str) -> str:
    r"""Return a line without unprintable characters, stripped and cut to `LONGEST_LINE`.

    >>> _plain(" EXIT\x1b ")
    'EXIT'
    """
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST_LINE]


def _box(corners: ArrayLike, size: tuple[int, int]) -> Box:
    """Return the box around four corners, (4, 2) in pixels, as fractions of width and height."""
    shares = np.clip(np.asarray(corners, dtype=float) / np.array(size), 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0), shares.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
