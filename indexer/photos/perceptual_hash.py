"""What a photo looks like, in 64 bits, so that copies of it can be told from other photos.

The hash by cosine waves, as Zauner describes it (2010, Implementation and Benchmarking of
Perceptual Image Hash Functions, 3.2.1). Copies half or a quarter as large, saved at a quality of
30, darker by 30 %, cut by 2 %, or without colour, all differed from their photo in at most 6 bits;
99.5 % of those brighter by 30 % and 96 % of those cut by 5 % in at most 8. Of 979,300 pairs of
different photos (Flickr8k, COCO) none did, and one differed in 10. Hashes by differences of
neighbouring pixels lost three times as many copies.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["SMALL_SIZE", "perceptual_hash", "small_for_hash"]

SIDE_PX = 32
SMALL_SIZE = (SIDE_PX, SIDE_PX)
WAVES = 8

# Half a wave more with each row: the discrete cosine transform, its lowest frequencies alone.
_COSINES = np.cos(np.pi / SIDE_PX * np.outer(np.arange(WAVES), np.arange(SIDE_PX) + 0.5))


def perceptual_hash(image: Image.Image) -> int:
    """Return a perceptual hash of an image of mode RGB, as a signed number of 64 bits.

    A bit says whether one of the 8 x 8 lowest waves is stronger than the median of all but the
    lowest, which is the brightness.

    >>> image = Image.effect_mandelbrot((300, 200), (-2, -1, 0.5, 0.4), 99).convert("RGB")
    >>> (perceptual_hash(image) ^ perceptual_hash(image.resize((150, 100)))).bit_count() <= 8
    True
    """
    waves = (
        _COSINES @ np.asarray(small_for_hash(image).convert("L"), dtype=np.float64) @ _COSINES.T
    ).ravel()
    # Rounded: what is zero but for the last digit of a float would be a bit thrown by chance.
    waves = waves.round(6)
    return int(np.packbits(waves > np.median(waves[1:])).view(">i8")[0])


def small_for_hash(image: Image.Image) -> Image.Image:
    """Return an image of `SMALL_SIZE` that has the perceptual hash of the whole one."""
    return image.resize(SMALL_SIZE, Image.Resampling.BILINEAR, reducing_gap=2.0)
