"""Colours by the profile (ICC) that a picture brings, to sRGB, which models and screens expect.

Numbers without their profile are other colours: a red of ProPhoto RGB is a brown of sRGB.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageCms

__all__ = ["SrgbTransform", "srgb_transform"]

SAME_WITHIN = 4
"""Of 255. Profiles that are called sRGB differ by as much from each other."""

PROFILES_KEPT = 16
"""Photos of one camera share a profile. Preparing one of a printer takes tens of milliseconds."""

COLOURS = ("RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "P", "PA")
GREYS = ("1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N")
MEANT_FOR = {"RGB": (*COLOURS, *GREYS), "GRAY": GREYS, "CMYK": ("CMYK",)}
"""Colour space of a profile to the modes of pictures that it may be meant for."""

TAKEN_IN = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space of a profile to the mode in which pixels are turned."""


@dataclass(frozen=True)
class SrgbTransform:
    """What turns pixels of one profile into sRGB; threads may share it.

    Attributes:
        mode: in which it takes pixels.
    """

    mode: str
    _transform: ImageCms.ImageCmsTransform

    def apply(self, image: Image.Image) -> Image.Image:
        """Return a picture of any mode that converts to `mode` as RGB without transparency."""
        taken = image if image.mode == self.mode else image.convert(self.mode)
        converted = ImageCms.applyTransform(taken, self._transform)
        assert converted is not None  # as it is not done in place
        return converted


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
    return _prepared(profile, image.mode)


@lru_cache(PROFILES_KEPT)
def _prepared(content: bytes, mode: str) -> SrgbTransform | None:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        space = profile.profile.xcolor_space.strip()
        if mode not in MEANT_FOR.get(space, ()):
            return None
        taken, srgb = TAKEN_IN[space], ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(profile, srgb, taken, "RGB")
        prepared = SrgbTransform(taken, transform)
        return None if _changes_nothing(prepared) else prepared
    except Exception:  # littleCMS meets broken profiles with errors of several kinds
        return None


def _changes_nothing(prepared: SrgbTransform) -> bool:
    """Whether a transform gives back a grid of colours as they are."""
    if prepared.mode == "CMYK":
        return False
    grid = Image.linear_gradient("L").convert("RGB")
    if prepared.mode == "RGB":
        steps = range(0, 256, 51)
        colours = bytes(part for r in steps for g in steps for b in steps for part in (r, g, b))
        grid = Image.frombytes("RGB", (6, 36), colours)
    before, after = grid.tobytes(), prepared.apply(grid).tobytes()
    return max(abs(a - b) for a, b in zip(before, after, strict=True)) <= SAME_WITHIN
