"""Loads the readable pixels of a truncated or damaged file."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from indexer.photos.mending import JPEG_END, JPEG_START, MAX_MENDED_BYTES

__all__ = ["is_whole", "load_what_is_there"]

TRIAL = bytes(range(1, 255))
"""Bytes that a decoder takes for pixels if it still expects some."""

COMPARED_PX = 1024
"""Sides that a picture keeps in the test for missing pixels. In a much smaller one, the last scan
of a file with several, which has the finest detail, would make no difference."""

RESTARTS = tuple(bytes((0xFF, mark)) for mark in range(0xD0, 0xD8))


def load_what_is_there(image: ImageFile.ImageFile) -> str:
    """Load a picture even if its data ends early or is damaged from some point on.

    Decoders fill a picture from the top, so what was decoded stays, and the rest is black or
    transparent. This affects one picture only, while Pillow's switch for it is global to all
    threads.

    Returns:
        Why it could not be loaded completely; empty if it was.

    Raises:
        OSError: no pixel of it can be decoded.
    """
    try:
        image.load()
        return ""
    except MemoryError:
        raise
    except Exception as error:  # whatever a decoder raises for damaged data
        image.tile = []  # nothing more is to be read
        image.load()
        image._size = image.im.size  # before loading, TIFF has the size of the turned picture
        return str(error) or type(error).__name__


def is_whole(content: bytes) -> bool:
    """Return whether a file that could be loaded after mending has all its pixels.

    Only for a JPEG does loading not show this. It has all pixels if it makes no difference which
    bytes follow its data: a decoder that still expects pixels would read them from these bytes.
    """
    if not content.startswith(JPEG_START):
        return True
    if len(content) > MAX_MENDED_BYTES:
        return False
    # All restart markers are tried, as bytes after any marker but the expected one are skipped.
    more = b"".join(TRIAL + mark for mark in RESTARTS * 2)
    try:
        one, other = (_small(content + end) for end in (JPEG_END, more + JPEG_END))
        return ImageChops.difference(one, other).getbbox() is None
    except MemoryError:
        raise
    except Exception:  # the decoder fails on the bytes that follow
        return False


def _small(content: bytes) -> Image.Image:
    image = JpegImageFile(io.BytesIO(content))
    image.draft(None, (COMPARED_PX, COMPARED_PX))
    image.load()
    return image
