"""Pixels of any kind to RGB, a band of rows at a time: conversions need little memory."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["LYING", "to_rgb", "turned"]

BAND_PIXELS = 1_000_000
"""Some conversions take 30 bytes a pixel; for a band that is 30 MB."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what sets it right."""

LYING = frozenset({5, 6, 7, 8})
"""Orientations of which width and height change places."""


def to_rgb(image: Image.Image) -> Image.Image:
    """Give a new picture in mode RGB.

    What is transparent lies on white; 16 bits become 8 by their upper half; numbers without an
    agreed range (floats, 32 bits) go from the darkest, black, to the brightest, white.

    >>> to_rgb(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    if image.mode == "RGB" and not image.has_transparency_data:
        return image.copy()  # in bands this takes several times as long
    is_deep = image.mode == "F" or image.mode.startswith("I")
    scale = _scale(image) if is_deep else (0.0, 1.0)
    whole = Image.new("RGB", image.size)
    for top, band in _bands(image):
        whole.paste(_eight_bits(band, *scale) if is_deep else _on_white(band), (0, top))
    return whole


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Set a picture right by its EXIF orientation; what is no orientation changes nothing."""
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Give the picture's rows in order, some at a time, each time with the number of the first."""
    rows = max(1, BAND_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    colours = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")


def _scale(image: Image.Image) -> tuple[float, float]:
    """Give what to take off every value, and what to multiply it with, to reach 0..255."""
    low, high = math.inf, -math.inf
    for _, band in _bands(image):
        values = _values(band)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if image.mode != "F" and low >= 0 and high <= 65_535:
        return 0.0, 1 / 256 if image.mode.startswith("I;16") or high > 255 else 1.0
    # Halved, since the span of the largest floats is no float.
    return low, 127.5 / (high / 2 - low / 2) if high > low else 1.0


def _eight_bits(image: Image.Image, low: float, factor: float) -> Image.Image:
    with np.errstate(all="ignore"):  # what is no number becomes black
        values = (_values(image) - low) * factor
    return Image.fromarray(np.nan_to_num(values).clip(0, 255).astype(np.uint8)).convert("RGB")


def _values(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)
