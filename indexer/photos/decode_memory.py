"""Computes from a picture's header how much memory decoding it takes."""

from __future__ import annotations

import math

import numpy as np
from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from store import UnreadableImage

__all__ = [
    "LARGE_DECODE_BYTES",
    "MAX_DECODE_BYTES",
    "count_scans",
    "has_sixteen_bits",
    "reserve",
]

MAX_DECODE_BYTES = 700 * 2**20
"""What remains of 1 GiB after the file and the interpreter."""

LARGE_DECODE_BYTES = 200 * 2**20
"""Pictures above this are decoded one after the other, however many threads there are."""

SHOWN_BYTES_A_PIXEL = 8
"""For Pillow's own picture, which takes four bytes per pixel even in RGB, and the returned one."""

ROW_BYTES = 64
"""Extra memory per row, or per column if a picture is turned, whatever its pixels: every picture in
memory has a pointer to each row, and pads its pixels."""

SCAN = b"\xff\xda"
"""The marker that starts each pass over a JPEG's pixels."""

PIECE_BYTES = 1 << 18
"""Bytes that are searched at once: they fit a core's cache."""

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
"""The most memory that reading a picture was measured to take in any mode of its format.

The limits are therefore 73 megapixels for PNG, 48.9 for HEIC (phones make 48.8), 33 for WebP.
"""

MAX_SCANNED_PIXELS = 5_000_000_000
"""Limit of a JPEG's pixels times its scans. Each scan covers all pixels, even if it is empty, so
that a file of a few kB could take hours.

The 200 megapixels of a phone, in the ten scans of the usual progressive file, are below this limit.
"""

DRAFT_PX = 1024
"""A JPEG too large to be decoded at full size is reduced by a factor of 2, 4 or 8, but keeps sides
of at least this length unless the caller asks for less."""

TILE_WIDTH, TILE_LENGTH = 322, 323  # tags of TIFF


def reserve(image: ImageFile.ImageFile, content: bytes, enough_px: int | None) -> int:
    """Return the bytes of memory that decoding a picture takes; this may reduce a JPEG's size.

    A JPEG is set to be decoded at a reduced size (`Image.draft`) if all its pixels would take too
    much memory, or if `enough_px` is given.

    Args:
        image: opened and not loaded.
        content: the bytes of its file.
        enough_px: the length that both sides keep; None for all pixels.

    Raises:
        UnreadableImage: it takes too much memory, or is a JPEG of too many scans.
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
    """Return whether a picture, not loaded yet, has 16-bit colours, which loading reduces to 8."""
    parts = (part.args for part in image.tile)
    forms = (args if isinstance(args, str) else str((args or [""])[0]) for args in parts)
    return any(";16" in form for form in forms)


def count_scans(content: bytes) -> int:
    """Return how often `SCAN` occurs, in a third of the time of a regular expression.

    >>> count_scans(b"a" + SCAN + b"b" + SCAN), count_scans(SCAN[:1]), count_scans(b"")
    (2, 0, 0)
    """
    marker, count = np.frombuffer(SCAN, np.uint16), 0
    for start in range(0, len(content), PIECE_BYTES):
        piece = content[start : start + PIECE_BYTES + 1]
        for odd in (0, 1):
            numbers = np.frombuffer(piece, np.uint16, (len(piece) - odd) // 2, odd)
            count += int(np.count_nonzero(numbers == marker))
    return count


def _wanted_bytes(image: ImageFile.ImageFile, content: bytes, enough_px: int | None) -> int:
    pixels, lines = image.width * image.height, max(image.size) * ROW_BYTES
    if not isinstance(image, JpegImageFile):
        # TIFF decodes whole tiles, which may be larger than the picture.
        tags = getattr(image, "tag_v2", {})
        tile: int = math.prod(tags.get(side, 0) for side in (TILE_WIDTH, TILE_LENGTH))
        known = DECODE_BYTES_A_PIXEL[image.format or ""]
        return max(pixels, tile) * getattr(image, "decode_bytes_a_pixel", known) + lines
    scans = count_scans(content)
    if scans * pixels > MAX_SCANNED_PIXELS:
        raise UnreadableImage(f"it has too many passes over its {pixels:,} pixels to be a photo")
    # The decoder of a file with several scans keeps two bytes per sample until the last scan.
    samples = [horizontal * vertical for _, horizontal, vertical, _ in image.layer]
    kept = 2 * pixels * sum(samples) // max([1, *samples])
    too_large = kept + pixels * SHOWN_BYTES_A_PIXEL > MAX_DECODE_BYTES
    if side := enough_px or (DRAFT_PX if too_large else None):
        image.draft(None, (side, side))
    return kept + image.width * image.height * SHOWN_BYTES_A_PIXEL + lines
