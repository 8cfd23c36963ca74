"""Photos resized to squares of pixels, which image encoders are trained on; without torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["square", "squares"]

LONG_SIDES = 64
"""Photos with a side longer than this many sides of the square are reduced before they are resized:
resizing a column of ten million pixels in one step would take gigabytes."""


def square(image: Image.Image, size_px: int) -> Image.Image:
    """Resize a photo to a square without keeping its proportions, so that nothing is cropped.

    Args:
        image: a photo of any size and mode; modes other than RGB are converted.
        size_px: side of the square.

    Returns:
        The photo in mode RGB; its pixels are unchanged if it already has this size.
    """
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    if rgb.size == (size_px, size_px):
        return rgb
    gap = 3.0 if max(rgb.size) > LONG_SIDES * size_px else None
    return rgb.resize((size_px, size_px), Image.Resampling.BICUBIC, reducing_gap=gap)


def squares(images: Sequence[Image.Image], size_px: int) -> NDArray[np.uint8]:
    """Resize B photos as `square` does; return (B, size_px, size_px, 3) uint8.

    Raises:
        ValueError: there are no photos.

    >>> squares([Image.new("L", (3, 2), 9)], 4)[0, 0, 0]
    array([9, 9, 9], dtype=uint8)
    """
    if not images:
        raise ValueError("no images to encode: expected at least one")
    return np.stack([np.asarray(square(image, size_px), dtype=np.uint8) for image in images])
