"""The frame by which an animation is shown."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from indexer.photos.pixels import RgbPicture, is_plain, rgb_picture

__all__ = ["first_shown_frame"]

ANIMATIONS = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats whose frames are one picture after the other, and not pages or sizes of one."""

MOST_FRAMES = 100
MOST_PIXELS = 200_000_000
"""Of all frames that are looked at."""
LARGEST_FRAME = 8_000_000
"""In pixels. A frame needs the one before, too, which is nothing beside the limit of a picture."""


def first_shown_frame(image: Image.Image, *, is_deep: bool = False) -> RgbPicture:
    """Return the first frame of an animation that is more than one colour, else its first.

    Args:
        image: loaded, at its first frame.
        is_deep: as of `rgb_picture`.
    """
    first = rgb_picture(image, is_deep=is_deep)
    frames = _frames(image)
    if frames < 2 or not is_plain(first.image):
        return first
    pixels = image.width * image.height
    for number in range(1, min(frames, MOST_FRAMES, MOST_PIXELS // pixels)):
        try:
            image.seek(number)
            picture = rgb_picture(image, is_deep=is_deep)
        except Exception:  # the frames behind one that is damaged are not there
            break
        if not is_plain(picture.image):
            return replace(picture, is_reinterpreted=True)
    return first


def _frames(image: Image.Image) -> int:
    if image.format not in ANIMATIONS or image.width * image.height > LARGEST_FRAME:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # a GIF is gone through for that, and may be damaged somewhere
        return 1
