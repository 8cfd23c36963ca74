"""Pixels of any kind to RGB, a band of rows at a time: conversions need little memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.photos.colours import SrgbTransform, srgb_transform

__all__ = ["LYING", "RgbPicture", "is_plain", "rgb_picture", "to_rgb", "turned"]

BAND_PIXELS = 1_000_000
"""Some conversions take 30 bytes a pixel; for a band that is 30 MB."""

DARK_16 = 2**14
"""Of 16 bits, a quarter: where no sample reaches it, there are fewer bits in them."""

PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of TIFF, and a value of it

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


@dataclass(frozen=True)
class RgbPicture:
    """A picture in mode RGB, brought to the colours of sRGB when it is looked at.

    Attributes:
        numbers: its pixels; in the colours of its profile where `colours` is given.
        is_reinterpreted: whether they are others than the plain numbers of the file, since it has a
            profile, an alpha channel of nothing but zeros, samples of few bits, or white as zero.
        colours: what still brings them to sRGB.
    """

    numbers: Image.Image
    is_reinterpreted: bool = False
    colours: SrgbTransform | None = None

    @cached_property
    def image(self) -> Image.Image:
        """Its pixels in the colours of sRGB."""
        return self.numbers if self.colours is None else _in_bands(self.numbers, self.colours.apply)

    def resized(
        self, resize: Callable[[Image.Image], Image.Image], size: tuple[int, int]
    ) -> Image.Image:
        """Return what `resize` makes of its pixels, in the colours of sRGB.

        Args:
            resize: keeps the mode.
            size: of what it makes; colours of a large picture are those of what becomes of it,
                which costs less.
        """
        before, after = math.prod(self.numbers.size), math.prod(size)
        if self.colours is None or before <= after:
            return resize(self.image)
        return self.colours.apply(resize(self.numbers))

    def turned(self, orientation: int) -> RgbPicture:
        """Set it right by its EXIF orientation; what is no orientation changes nothing."""
        return replace(self, numbers=turned(self.numbers, orientation))


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a new picture in mode RGB and the colours of sRGB.

    A colour profile is applied. What is transparent lies on white, but an alpha channel that is
    all zero over a picture says nothing and is left out. 16 bits become 8 by their upper half, or
    by the bits that are used where the brightest is below a quarter; numbers without an agreed
    range (floats, 32 bits) go from the darkest, black, to the brightest, white.

    >>> to_rgb(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    return rgb_picture(image).image


def rgb_picture(image: Image.Image, *, is_deep: bool = False) -> RgbPicture:
    """Return a new picture in mode RGB, as `to_rgb`, and whether it differs from its plain numbers.

    Args:
        image: loaded.
        is_deep: whether its samples had 16 bits in the file, of which the lower half is gone.
    """
    transform = srgb_transform(image)
    convert, changed = _conversion(image, transform, is_deep)
    changed |= transform is not None
    if convert is None:
        # In bands this takes several times as long.
        return RgbPicture(image.copy(), changed, transform)
    return RgbPicture(_in_bands(image, convert), changed)


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Set a picture right by its EXIF orientation; what is no orientation changes nothing."""
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def is_plain(image: Image.Image) -> bool:
    """Return whether all pixels of a picture in mode RGB are of one colour.

    >>> is_plain(Image.new("RGB", (2, 2), "red"))
    True
    """
    return all(low == high for low, high in image.getextrema())  # type: ignore[misc]


_Convert = Callable[[Image.Image], Image.Image]


def _conversion(
    image: Image.Image, transform: SrgbTransform | None, is_deep: bool
) -> tuple[_Convert | None, bool]:
    """Return what brings a band to RGB, and whether it is more than the plain conversion.

    None is for a picture that is as it should be, but for its colours.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        low, factor, is_stretched = _scale(image)
        return lambda band: _coloured(_eight_bits(band, low, factor), transform), is_stretched
    gain = _gain(image) if is_deep else 1
    if not image.has_transparency_data:
        if image.mode == "RGB" and gain == 1 and (transform is None or transform.mode == "RGB"):
            return None, False
        return lambda band: _coloured(band, transform, gain), gain > 1
    is_empty = _has_empty_alpha(image)
    return lambda band: _on_white(band, transform, gain, is_empty), gain > 1 or is_empty


def _in_bands(image: Image.Image, convert: _Convert) -> Image.Image:
    whole = Image.new("RGB", image.size)
    for top, band in _bands(image):
        whole.paste(convert(band), (0, top))
    return whole


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Return the picture's rows in order, some at a time, each with the number of the first."""
    rows = max(1, BAND_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _coloured(image: Image.Image, transform: SrgbTransform | None, gain: int = 1) -> Image.Image:
    if gain > 1:
        brighter = [min(255, value * gain) for value in range(256)]
        image = image.convert("RGB").point(brighter * 3)
    return image.convert("RGB") if transform is None else transform.apply(image)


def _on_white(
    image: Image.Image, transform: SrgbTransform | None, gain: int, is_empty: bool
) -> Image.Image:
    """Return a band in RGB, on white by its alpha channel unless that is empty and says nothing."""
    whole = image.convert("RGBA")
    colours = _coloured(whole.convert("RGB"), transform, gain)
    if is_empty:
        return colours
    colours.putalpha(whole.getchannel("A"))
    return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), colours).convert("RGB")


def _has_empty_alpha(image: Image.Image) -> bool:
    """Whether a picture would be invisible as a whole, and there is something to see below."""
    colours: set[tuple[tuple[int, int], ...]] = set()
    for _, band in _bands(image):
        *shades, alpha = band.convert("RGBA").getextrema()
        if alpha != (0, 0):
            return False
        colours.add(tuple(shades))  # type: ignore[arg-type]
    return len(colours) > 1 or any(low < high for shades in colours for low, high in shades)


def _gain(image: Image.Image) -> int:
    """Return by how much to brighten the upper halves of samples that have fewer than 16 bits."""
    if image.mode not in ("RGB", "RGBA"):
        return 1
    high = max(int(shade[1]) for shade in image.getextrema()[:3])  # type: ignore[index]
    return 256 >> high.bit_length() if 0 < high < DARK_16 // 256 else 1


def _scale(image: Image.Image) -> tuple[float, float, bool]:
    """Return what to take off every value, and what to multiply it with, to reach 0..255.

    At last, whether that differs from what the values of their type mean by themselves.
    """
    low, high = math.inf, -math.inf
    for _, band in _bands(image):
        values = _values(band)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    is_inverted = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
    if image.mode != "F" and low >= 0 and high <= 65_535:
        return _whole_scale(image.mode, high, is_inverted)
    if is_inverted:
        low, high = high, low
    # Halved, since the span of the largest floats is no float.
    return low, 127.5 / (high / 2 - low / 2) if high != low else 1.0, is_inverted


def _whole_scale(mode: str, high: float, is_inverted: bool) -> tuple[float, float, bool]:
    """As `_scale`, for whole numbers from 0 to 65,535."""
    bits = 16 if mode.startswith("I;16") or high > 255 else 8
    is_dark = bits == 16 and 0 < high < DARK_16
    if is_dark:
        bits = max(8, int(high).bit_length())
    factor = 2.0 ** (8 - bits)
    return (2.0**bits - 1, -factor, True) if is_inverted else (0.0, factor, is_dark)


def _eight_bits(image: Image.Image, low: float, factor: float) -> Image.Image:
    """Return a band in mode L."""
    with np.errstate(all="ignore"):  # what is no number becomes black
        values = (_values(image) - low) * factor
    return Image.fromarray(np.nan_to_num(values).clip(0, 255).astype(np.uint8))


def _values(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)
