"""Lines of text read in a picture by RapidOCR, whose models come with its package."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from store import ExtraMissing
from store.types import Box, TextLine

__all__ = ["ENOUGH_PX", "TEXT_READER", "LineReader"]

TEXT_READER = 1
"""Counts the ways in which text has been read; an index keeps by which one a photo's was."""

ENOUGH_PX = 1600
"""The longer side of a picture as it is read; letters of a hundredth of it are still found."""
LEAST_CONFIDENCE = 0.5
MOST_LINES = 200
LONGEST_LINE = 500


class LineReader:
    """Finds and reads lines of text in Latin and Chinese letters; made once, used for all photos.

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
        """Return the lines of a picture in mode RGB, from the top down; at most 200."""
        small = image
        if max(image.size) > ENOUGH_PX:
            small = image.copy()
            small.thumbnail((ENOUGH_PX, ENOUGH_PX))
        answer = self._engine(np.asarray(small)[:, :, ::-1])  # it takes blue first
        if answer.txts is None or answer.boxes is None:
            return ()
        lines = [
            TextLine(_plain(text), float(score), _box(corners, small.size))
            for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True)
            if score >= LEAST_CONFIDENCE and _plain(text)
        ]
        return tuple(lines[:MOST_LINES])


def _plain(text: str) -> str:
    r"""Return a line without what is no letter or sign.

    >>> _plain(" EXIT\x1b ")
    'EXIT'
    """
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST_LINE]


def _box(corners: ArrayLike, size: tuple[int, int]) -> Box:
    """Return the box around four corners, (4, 2) in pixels, as shares of width and height."""
    shares = np.clip(np.asarray(corners, dtype=float) / np.array(size), 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0), shares.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
