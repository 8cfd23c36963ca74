"""Pixels of a file that is cut off or damaged: as far as they go."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from indexer.photos.mending import JPEG_END, JPEG_START, MAX_MENDED_BYTES

__all__ = ["is_whole", "load_what_is_there"]

TRIAL = bytes(range(1, 255))
"""Bytes that a decoder takes for pixels wherever it still wants some."""

COMPARED_PX = 1024
"""Sides that a picture keeps while it is seen whether pixels are missing. Of one in several scans
the last of them, with the finest detail, would be nothing in a much smaller one."""

RESTARTS = tuple(bytes((0xFF, mark)) for mark in range(0xD0, 0xD8))


def load_what_is_there(image: ImageFile.ImageFile) -> str:
    """Load a picture though its data end early or are damaged from some place on.

    Decoders fill a picture from its top, so what they had decoded stays, and the rest is black, or
    transparent. This is one image's own affair: Pillow's switch for it is one for all threads.

    Returns:
        Why it could not be loaded whole; empty where it was.

    Raises:
        OSError: no pixel of it can be decoded.
    """
    try:
        image.load()
        return ""
    except MemoryError:
        raise
    except Exception as error:  # whatever a decoder says of damaged data
        image.tile = []  # nothing more is to be read
        image.load()
        image._size = image.im.size  # TIFF gives that of the turned picture before it is loaded
        return str(error) or type(error).__name__


def is_whole(content: bytes) -> bool:
    """Return whether a file that could be loaded as mended has all its pixels.

    Only of a JPEG does loading not tell. It has them if it makes no difference what follows: a
    decoder that still wants pixels takes them from there.
    """
    if not content.startswith(JPEG_START):
        return True
    if len(content) > MAX_MENDED_BYTES:
        return False
    # Each restart mark is tried: what comes behind another than the expected one is passed over.
    more = b"".join(TRIAL + mark for mark in RESTARTS * 2)
    try:
        one, other = (_small(content + end) for end in (JPEG_END, more + JPEG_END))
        return ImageChops.difference(one, other).getbbox() is None
    except MemoryError:
        raise
    except Exception:  # the decoder minds what follows
        return False


def _small(content: bytes) -> Image.Image:
    image = JpegImageFile(io.BytesIO(content))
    image.draft(None, (COMPARED_PX, COMPARED_PX))
    image.load()
    return image
