"""Converts colours from a picture's ICC profile to sRGB, which models and screens expect.

Without their profile, numbers mean other colours: a red in ProPhoto RGB is a brown in sRGB.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from PIL import Image, ImageCms

from indexer.photos.colour_table import ColourTable

__all__ = ["SrgbTransform", "srgb_transform"]

SAME_WITHIN = 4
"""A difference, of 255, that profiles named sRGB have among each other."""

PROFILES_KEPT = 8
"""Number of cached profiles, each of which takes tens of milliseconds and 8 MiB to prepare.

Photos from one camera share a profile.
"""

COLOURS = ("RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "P", "PA")
GREYS = ("1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N")
MEANT_FOR = {"RGB": (*COLOURS, *GREYS), "GRAY": GREYS, "CMYK": ("CMYK",)}
"""Colour space of a profile to the picture modes for which it may be meant."""

TAKEN_IN = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space of a profile to the mode in which pixels are converted to sRGB."""


_Apply = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class SrgbTransform:
    """Converts pixels of one profile to sRGB; threads may share it.

    Attributes:
        mode: the mode in which it takes pixels.
    """

    mode: str
    _apply: _Apply

    def apply(self, image: Image.Image) -> Image.Image:
        """Convert a picture of any mode that Pillow converts to `mode` to RGB, without alpha."""
        return self._apply(image if image.mode == self.mode else image.convert(self.mode))


def srgb_transform(image: Image.Image) -> SrgbTransform | None:
    """Return the transform of a picture's colours to sRGB.

    None if the picture has no profile, or one that is sRGB, broken, or meant for another kind of
    pixels: its numbers are then taken as they are.

    >>> srgb_transform(Image.new("RGB", (1, 1))) is None
    True
    """
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return None
    space, transform = _prepared(profile)
    return transform if image.mode in MEANT_FOR.get(space, ()) else None


@lru_cache(PROFILES_KEPT)
def _prepared(content: bytes) -> tuple[str, SrgbTransform | None]:
    """Return the colour space of a profile, and its transform to sRGB; None if not needed."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        space = profile.profile.xcolor_space.strip()
        mode, srgb = TAKEN_IN[space], ImageCms.createProfile("sRGB")
        exact = partial(_applied, ImageCms.buildTransform(profile, srgb, mode, "RGB"))
        if _changes_nothing(exact, mode):
            return space, None
        return space, SrgbTransform(mode, _quick(exact) if mode == "RGB" else exact)
    except Exception:  # littleCMS raises several kinds of errors for broken profiles
        return "", None


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    turned = ImageCms.applyTransform(image, transform)
    assert turned is not None  # it is None only for conversions in place
    return turned


def _quick(exact: _Apply) -> _Apply:
    table = ColourTable(exact)
    return table.apply if table.is_close else exact


def _changes_nothing(apply: _Apply, mode: str) -> bool:
    """Return whether a transform leaves a grid of colours unchanged within `SAME_WITHIN`."""
    if mode == "CMYK":
        return False
    grid = Image.linear_gradient("L").convert("RGB")
    if mode == "RGB":
        steps = range(0, 256, 51)
        colours = bytes(part for r in steps for g in steps for b in steps for part in (r, g, b))
        grid = Image.frombytes("RGB", (6, 36), colours)
    before, after = grid.tobytes(), apply(grid.convert(mode)).tobytes()
    return max(abs(a - b) for a, b in zip(before, after, strict=True)) <= SAME_WITHIN
