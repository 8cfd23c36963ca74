"""Converts pixels of any kind to RGB, a band of rows at a time, so that it takes little memory."""

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
"""Some conversions take 30 bytes per pixel, which is 30 MB for a band."""

DARK_16 = 2**14
"""A quarter of the 16-bit range: if no sample reaches it, the samples have fewer bits."""

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
"""EXIF orientation to the transposition that makes the picture upright."""

LYING = frozenset({5, 6, 7, 8})
"""Orientations that swap width and height."""


@dataclass(frozen=True)
class RgbPicture:
    """A picture in mode RGB, converted to the colours of sRGB only when its pixels are used.

    Attributes:
        numbers: its pixels; in the colours of its profile if `colours` is set.
        is_reinterpreted: whether the pixels differ from the plain numbers of the file, because it
            has a profile, an alpha channel of only zeros, samples of few bits, or white as zero, or
            because a later frame of an animation is shown.
        colours: the transform to sRGB that is still to be applied.
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
        """Return its pixels resized by `resize`, in the colours of sRGB.

        Args:
            resize: resizes a picture and keeps its mode.
            size: the size that it makes; if this is smaller, colours are converted after resizing,
                which is faster.
        """
        before, after = math.prod(self.numbers.size), math.prod(size)
        if self.colours is None or before <= after:
            return resize(self.image)
        return self.colours.apply(resize(self.numbers))

    def turned(self, orientation: int) -> RgbPicture:
        """Turn it upright by its EXIF orientation; any other number changes nothing."""
        return replace(self, numbers=turned(self.numbers, orientation))


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a new picture in mode RGB and the colours of sRGB.

    A colour profile is applied. Transparent pixels are shown on white, but an alpha channel that is
    zero throughout, over a picture that is not plain, is ignored. 16 bits become 8 by keeping the
    upper byte, or the upper 8 of the used bits if the brightest sample is below a quarter of the
    range. Numbers without an agreed range (floats, 32 bits) are scaled from the darkest, which
    becomes black, to the brightest, which becomes white.

    >>> to_rgb(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    return rgb_picture(image).image


def rgb_picture(image: Image.Image, *, is_deep: bool = False) -> RgbPicture:
    """Return a new picture like `to_rgb`, which also says whether it was reinterpreted.

    Args:
        image: loaded.
        is_deep: whether its samples had 16 bits in the file, of which only the upper byte is left.
    """
    transform = srgb_transform(image)
    convert, changed = _conversion(image, transform, is_deep)
    changed |= transform is not None
    if convert is None:
        # Copying in bands would take several times as long.
        return RgbPicture(image.copy(), changed, transform)
    return RgbPicture(_in_bands(image, convert), changed)


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright by its EXIF orientation; any other number changes nothing."""
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def is_plain(image: Image.Image) -> bool:
    """Return whether all pixels of a picture in mode RGB have the same colour.

    >>> is_plain(Image.new("RGB", (2, 2), "red"))
    True
    """
    return all(low == high for low, high in image.getextrema())  # type: ignore[misc]


_Convert = Callable[[Image.Image], Image.Image]


def _conversion(
    image: Image.Image, transform: SrgbTransform | None, is_deep: bool
) -> tuple[_Convert | None, bool]:
    """Return the conversion of a band to RGB, and whether it is more than the plain conversion.

    The conversion is None if the picture is RGB already, apart from its colour profile.
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
    """Yield the picture's rows in order as bands, each with the number of its first row."""
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
    """Return a band in RGB, composited on white by its alpha channel unless that is empty."""
    whole = image.convert("RGBA")
    colours = _coloured(whole.convert("RGB"), transform, gain)
    if is_empty:
        return colours
    colours.putalpha(whole.getchannel("A"))
    return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), colours).convert("RGB")


def _has_empty_alpha(image: Image.Image) -> bool:
    """Return whether a picture is fully transparent, but its colours show something."""
    colours: set[tuple[tuple[int, int], ...]] = set()
    for _, band in _bands(image):
        *shades, alpha = band.convert("RGBA").getextrema()
        if alpha != (0, 0):
            return False
        colours.add(tuple(shades))  # type: ignore[arg-type]
    return len(colours) > 1 or any(low < high for shades in colours for low, high in shades)


def _gain(image: Image.Image) -> int:
    """Return the factor to brighten the upper bytes of samples that use fewer than 16 bits."""
    if image.mode not in ("RGB", "RGBA"):
        return 1
    high = max(int(shade[1]) for shade in image.getextrema()[:3])  # type: ignore[index]
    return 256 >> high.bit_length() if 0 < high < DARK_16 // 256 else 1


def _scale(image: Image.Image) -> tuple[float, float, bool]:
    """Return an offset to subtract from every value and then a factor, to map values to 0..255.

    The third item is whether this differs from the usual meaning of the values' type.
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
    # Halved, because the span of the largest floats would overflow.
    return low, 127.5 / (high / 2 - low / 2) if high != low else 1.0, is_inverted


def _whole_scale(mode: str, high: float, is_inverted: bool) -> tuple[float, float, bool]:
    """Return the same as `_scale`, for whole numbers from 0 to 65,535."""
    bits = 16 if mode.startswith("I;16") or high > 255 else 8
    is_dark = bits == 16 and 0 < high < DARK_16
    if is_dark:
        bits = max(8, int(high).bit_length())
    factor = 2.0 ** (8 - bits)
    return (2.0**bits - 1, -factor, True) if is_inverted else (0.0, factor, is_dark)


def _eight_bits(image: Image.Image, low: float, factor: float) -> Image.Image:
    """Return a band in mode L."""
    with np.errstate(all="ignore"):  # NaN becomes black
        values = (_values(image) - low) * factor
    return Image.fromarray(np.nan_to_num(values).clip(0, 255).astype(np.uint8))


def _values(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)
