"""Chooses the frame that represents an animation."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from indexer.photos.pixels import RgbPicture, is_plain, rgb_picture

__all__ = ["first_shown_frame"]

ANIMATIONS = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats whose frames are an animation, not pages or sizes of one picture."""

MOST_FRAMES = 100
MOST_PIXELS = 200_000_000
"""Limit for all frames that are decoded."""
LARGEST_FRAME = 8_000_000
"""In pixels. Decoding also needs the previous frame, whose memory is then small compared to the
limit for a picture."""


def first_shown_frame(image: Image.Image, *, is_deep: bool = False) -> RgbPicture:
    """Return the first frame of an animation that has more than one colour, else its first frame.

    Args:
        image: loaded, at its first frame.
        is_deep: as for `rgb_picture`.
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
        except Exception:  # frames after a damaged one cannot be decoded
            break
        if not is_plain(picture.image):
            return replace(picture, is_reinterpreted=True)
    return first


def _frames(image: Image.Image) -> int:
    if image.format not in ANIMATIONS or image.width * image.height > LARGEST_FRAME:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # for a GIF this reads all frames, some of which may be damaged
        return 1
