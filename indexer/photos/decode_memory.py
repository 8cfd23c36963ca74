"""The memory that decoding a picture takes, known from its header."""

from __future__ import annotations

import math

from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from store import UnreadableImage

__all__ = ["LARGE_DECODE_BYTES", "MAX_DECODE_BYTES", "has_sixteen_bits", "reserve"]

MAX_DECODE_BYTES = 700 * 2**20
"""What is left of 1 GiB beside the file and the interpreter."""

LARGE_DECODE_BYTES = 200 * 2**20
"""Pictures above this are decoded one after the other, however many threads there are."""

SHOWN_BYTES_A_PIXEL = 8
"""Pillow's own picture, four bytes a pixel also in RGB, and the one that is given back."""

ROW_BYTES = 64
"""Of a row, or of a column where a picture is turned, whatever its pixels: each has an address of
its own in every picture that is held, and its pixels are rounded up."""

DECODE_BYTES_A_PIXEL = {
    "PNG": 10,
    "GIF": 8,
    "BMP": 10,
    "PPM": 10,
    "TIFF": 12,
    "WEBP": 22,
    "AVIF": 22,
    "HEIF": 15,
    "JPEG2000": 26,
    "JXL": 40,
}
"""The most that a picture took when it was read, in any of the modes of its format, by measure.

So that limits lie at 73 megapixels for PNG, 48.9 for HEIC (telephones make 48.8), 33 for WebP.
"""

MAX_SCANNED_PIXELS = 5_000_000_000
"""A JPEG of many scans goes over all pixels in each, and a scan may be empty: a few kB take hours.

This is the 200 megapixels of a telephone in the ten scans of the usual progressive file, and more.
"""

DRAFT_PX = 1024
"""A JPEG too large to be decoded whole is made smaller by 2, 4 or 8, but no smaller than this,
unless less is enough."""

TILE_WIDTH, TILE_LENGTH = 322, 323  # tags of TIFF


def reserve(image: ImageFile.ImageFile, content: bytes, enough_px: int | None) -> int:
    """Return the memory that decoding a picture takes; a JPEG is made a draft if that is too much.

    It also is where less of it is enough.

    Args:
        image: opened and not loaded.
        content: its file.
        enough_px: the length that both sides keep; None for all pixels.

    Raises:
        UnreadableImage: it takes too much.
    """
    full = image.size
    wanted = _wanted_bytes(image, content, enough_px)
    if wanted > MAX_DECODE_BYTES:
        raise UnreadableImage(
            f"it claims {full[0]} x {full[1]} pixels, which take {wanted / 2**20:,.0f} MiB to "
            f"decode, expected at most {MAX_DECODE_BYTES / 2**20:,.0f} MiB"
        )
    return wanted


def has_sixteen_bits(image: ImageFile.ImageFile) -> bool:
    """Say whether a picture that is not loaded has colours of 16 bits, which become 8 by that."""
    parts = (part.args for part in image.tile)
    forms = (args if isinstance(args, str) else str((args or [""])[0]) for args in parts)
    return any(";16" in form for form in forms)


def _wanted_bytes(image: ImageFile.ImageFile, content: bytes, enough_px: int | None) -> int:
    pixels, lines = image.width * image.height, max(image.size) * ROW_BYTES
    if not isinstance(image, JpegImageFile):
        # TIFF decodes whole tiles, whose size need not be that of the picture.
        tags = getattr(image, "tag_v2", {})
        tile: int = math.prod(tags.get(side, 0) for side in (TILE_WIDTH, TILE_LENGTH))
        known = DECODE_BYTES_A_PIXEL[image.format or ""]
        return max(pixels, tile) * getattr(image, "decode_bytes_a_pixel", known) + lines
    if content.count(b"\xff\xda") * pixels > MAX_SCANNED_PIXELS:
        raise UnreadableImage(f"it has too many passes over its {pixels:,} pixels to be a photo")
    # A file of several scans keeps two bytes of every sample until it has all scans.
    samples = [horizontal * vertical for _, horizontal, vertical, _ in image.layer]
    kept = 2 * pixels * sum(samples) // max([1, *samples])
    too_large = kept + pixels * SHOWN_BYTES_A_PIXEL > MAX_DECODE_BYTES
    if side := enough_px or (DRAFT_PX if too_large else None):
        image.draft(None, (side, side))
    return kept + image.width * image.height * SHOWN_BYTES_A_PIXEL + lines
