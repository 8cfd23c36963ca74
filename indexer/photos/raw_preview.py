"""Extracts the preview of a raw file: the JPEG that the camera made of it.

Nearly all raw formats have one, at full size or a few megapixels, and there is no need to know
where each format stores it: it is the largest ordinary JPEG in the file. What the raw file says
about camera and orientation is put into that JPEG if it has no EXIF, and XMP in any case.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from PIL import ExifTags, Image

__all__ = ["RAW_HEAD_BYTES", "is_raw_alone", "may_be_raw", "raw_as_jpeg"]

RAW_HEAD_BYTES = 16
MOST_CANDIDATES = 200
LEAST_PX = 100
"""Least side of a usable preview."""
LONGEST_SEGMENT = 65_000

TIFF_HEADS = (b"II*\0", b"MM\0*")
OWN_HEADS = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM")
"""First bytes of raw files of Olympus, Panasonic, Fujifilm, Sigma and Minolta."""
CANON_BOX = b"ftypcrx "

MAKE, SUBFILE_TYPE, DNG_VERSION, XMP, REDUCED = 271, 254, 50706, 700, 1
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of ordinary, lossy JPEG frames; raw data has those of lossless ones."""
KEPT_TAGS = (ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Orientation)
KEPT_TIMES = (
    ExifTags.Base.DateTimeOriginal,
    ExifTags.Base.DateTimeDigitized,
    ExifTags.Base.OffsetTimeOriginal,
    ExifTags.Base.LensModel,
)


class _Preview(NamedTuple):
    start: int
    width: int
    height: int


def may_be_raw(head: bytes) -> bool:
    """Return whether a file may be raw, by its first `RAW_HEAD_BYTES`; also true for any TIFF."""
    return head.startswith((*TIFF_HEADS, *OWN_HEADS)) or head[4:12] == CANON_BOX


def is_raw_alone(content: bytes) -> bool:
    """Return whether a file has a format that is only used for raw files."""
    return content.startswith(OWN_HEADS) or content[4:12] == CANON_BOX


def raw_as_jpeg(content: bytes) -> bytes | None:
    """Return the preview of a raw file as a JPEG, with what the file says about its camera.

    None if it is not a raw file, or has no preview.
    """
    if not may_be_raw(content[:RAW_HEAD_BYTES]):
        return None
    tags = _tags(content)
    if content.startswith(TIFF_HEADS) and not _is_raw_tiff(content, tags):
        return None
    preview = max(_previews(content), key=lambda each: each.width * each.height, default=None)
    if preview is None:
        return None
    picture = content[preview.start :]
    return picture[:2] + _segments(content, picture, tags) + picture[2:]


def _is_raw_tiff(content: bytes, tags: Image.Exif) -> bool:
    if content[8:10] == b"CR" or tags.get(DNG_VERSION) is not None:
        return True
    # The first picture in most raw files is a reduced one; in a TIFF it is the picture itself.
    return bool(tags.get(MAKE)) and tags.get(SUBFILE_TYPE) == REDUCED


def _tags(content: bytes) -> Image.Exif:
    """Return the tags of a file with the structure of TIFF; empty for others and broken ones."""
    exif = Image.Exif()
    order = content[:2]
    if order not in (b"II", b"MM"):
        return exif
    plain = order + (b"*\0" if order == b"II" else b"\0*") + content[4:]
    try:
        exif.load(plain)
    except Exception:  # Pillow raises many kinds of errors for broken tags
        return Image.Exif()
    return exif


def _previews(content: bytes) -> Iterator[_Preview]:
    """Yield the ordinary JPEGs in a file that are large enough."""
    at = -1
    for _ in range(MOST_CANDIDATES):
        at = content.find(b"\xff\xd8\xff", at + 1)
        if at < 0:
            return
        size = _size(content, at)
        if size is not None and min(size) >= LEAST_PX:
            yield _Preview(at, *size)


def _size(content: bytes, at: int) -> tuple[int, int] | None:
    """Return width and height of the JPEG at an offset; None if there is no ordinary one."""
    at += 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        if marker in FRAMES:
            precision, height, width, parts = struct.unpack_from(">BHHB", content, at + 4)
            return (width, height) if precision == 8 and parts in (1, 3) else None
        if marker == 0xDA or length < 2 or not 0xC0 <= marker <= 0xFE:
            return None
        at += 2 + length
    return None


def _segments(content: bytes, picture: bytes, tags: Image.Exif) -> bytes:
    """Return the segments to insert into a preview: EXIF if it has none, and the file's XMP."""
    segments = b""
    if b"Exif\0\0" not in picture[:LONGEST_SEGMENT]:
        segments += _segment(_kept(tags).tobytes())
    packet = tags.get(XMP)
    packet = bytes(packet) if isinstance(packet, tuple) else packet
    if isinstance(packet, bytes):
        segments += _segment(b"http://ns.adobe.com/xap/1.0/\0" + packet)
    return segments


def _segment(data: bytes) -> bytes:
    if len(data) > LONGEST_SEGMENT:
        return b""
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def _kept(tags: Image.Exif) -> Image.Exif:
    """Return the tags of camera, orientation, time, lens and GPS; the others describe raw data."""
    kept = Image.Exif()
    try:
        kept.update({tag: tags[tag] for tag in KEPT_TAGS if tag in tags})
        inner = tags.get_ifd(ExifTags.IFD.Exif)
        within = kept.get_ifd(ExifTags.IFD.Exif)
        within.update({tag: inner[tag] for tag in KEPT_TIMES if tag in inner})
        kept.get_ifd(ExifTags.IFD.GPSInfo).update(tags.get_ifd(ExifTags.IFD.GPSInfo))
        kept.tobytes()
    except Exception:  # a camera may have written what Pillow cannot write
        return Image.Exif()
    return kept
