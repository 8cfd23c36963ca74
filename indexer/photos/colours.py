"""Colours by the profile (ICC) that a picture brings, to sRGB, which models and screens expect.

Numbers without their profile are other colours: a red of ProPhoto RGB is a brown of sRGB.
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
"""Of 255. Profiles that are called sRGB differ by as much from each other."""

PROFILES_KEPT = 8
"""Photos of one camera share a profile. Preparing one takes tens of milliseconds and 8 MiB."""

COLOURS = ("RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "P", "PA")
GREYS = ("1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N")
MEANT_FOR = {"RGB": (*COLOURS, *GREYS), "GRAY": GREYS, "CMYK": ("CMYK",)}
"""Colour space of a profile to the modes of pictures that it may be meant for."""

TAKEN_IN = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space of a profile to the mode in which pixels are turned."""


_Apply = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class SrgbTransform:
    """What turns pixels of one profile into sRGB; threads may share it.

    Attributes:
        mode: in which it takes pixels.
    """

    mode: str
    _apply: _Apply

    def apply(self, image: Image.Image) -> Image.Image:
        """Return a picture of any mode that converts to `mode` as RGB without transparency."""
        return self._apply(image if image.mode == self.mode else image.convert(self.mode))


def srgb_transform(image: Image.Image) -> SrgbTransform | None:
    """Return what brings a picture's colours to sRGB.

    None is for a picture that has no profile, or whose profile is sRGB, broken, or meant for
    another kind of pixels: its numbers are then taken as they are.

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
    """Return the colour space of a profile, and what brings its colours to sRGB."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        space = profile.profile.xcolor_space.strip()
        mode, srgb = TAKEN_IN[space], ImageCms.createProfile("sRGB")
        exact = partial(_applied, ImageCms.buildTransform(profile, srgb, mode, "RGB"))
        if _changes_nothing(exact, mode):
            return space, None
        return space, SrgbTransform(mode, _quick(exact) if mode == "RGB" else exact)
    except Exception:  # littleCMS meets broken profiles with errors of several kinds
        return "", None


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    turned = ImageCms.applyTransform(image, transform)
    assert turned is not None  # as it is not done in place
    return turned


def _quick(exact: _Apply) -> _Apply:
    table = ColourTable(exact)
    return table.apply if table.is_close else exact


def _changes_nothing(apply: _Apply, mode: str) -> bool:
    """Return whether a transform gives back a grid of colours as they are."""
    if mode == "CMYK":
        return False
    grid = Image.linear_gradient("L").convert("RGB")
    if mode == "RGB":
        steps = range(0, 256, 51)
        colours = bytes(part for r in steps for g in steps for b in steps for part in (r, g, b))
        grid = Image.frombytes("RGB", (6, 36), colours)
    before, after = grid.tobytes(), apply(grid.convert(mode)).tobytes()
    return max(abs(a - b) for a, b in zip(before, after, strict=True)) <= SAME_WITHIN
