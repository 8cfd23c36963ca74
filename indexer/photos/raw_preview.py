"""The preview that a raw file carries: the JPEG that its camera made of it.

Nearly all raw formats keep one, of full size or a few megapixels, and there is no need to know
where each has it: the largest JPEG with plain pixels in the file is it. What the raw file says of
the camera, and which way it was held, goes into that JPEG where it does not say so itself.
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
"""Sides of a preview that is worth it."""
LONGEST_SEGMENT = 65_000

TIFF_HEADS = (b"II*\0", b"MM\0*")
OWN_HEADS = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM")
"""Of Olympus, Panasonic, Fujifilm, Sigma, Minolta."""
CANON_BOX = b"ftypcrx "

MAKE, SUBFILE_TYPE, DNG_VERSION, XMP, REDUCED = 271, 254, 50706, 700, 1
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of JPEG frames of plain pixels; raw data has those of lossless ones."""
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
    """Say whether a file may be a raw one by its first `RAW_HEAD_BYTES`; an ordinary TIFF may."""
    return head.startswith((*TIFF_HEADS, *OWN_HEADS)) or head[4:12] == CANON_BOX


def is_raw_alone(content: bytes) -> bool:
    """Return whether a file is a raw one of a format that nothing else has."""
    return content.startswith(OWN_HEADS) or content[4:12] == CANON_BOX


def raw_as_jpeg(content: bytes) -> bytes | None:
    """Return the preview of a raw file as a JPEG with what the file says of its camera.

    None is for what is no raw file, and for one without a preview.
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
    # The first picture of most raw files is a small one; that of a TIFF is the picture itself.
    return bool(tags.get(MAKE)) and tags.get(SUBFILE_TYPE) == REDUCED


def _tags(content: bytes) -> Image.Exif:
    """Return the tags of a file that is built as TIFF is; none of another, or a broken one."""
    exif = Image.Exif()
    order = content[:2]
    if order not in (b"II", b"MM"):
        return exif
    plain = order + (b"*\0" if order == b"II" else b"\0*") + content[4:]
    try:
        exif.load(plain)
    except Exception:  # Pillow meets broken tags with errors of all kinds
        return Image.Exif()
    return exif


def _previews(content: bytes) -> Iterator[_Preview]:
    """Return the JPEGs in a file that are large enough, of plain pixels."""
    at = -1
    for _ in range(MOST_CANDIDATES):
        at = content.find(b"\xff\xd8\xff", at + 1)
        if at < 0:
            return
        size = _size(content, at)
        if size is not None and min(size) >= LEAST_PX:
            yield _Preview(at, *size)


def _size(content: bytes, at: int) -> tuple[int, int] | None:
    """Return width and height of a JPEG at a place; None where it is none, or one without loss."""
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
    """Return what is to be put into a preview: EXIF where it has none, and XMP."""
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
    """Return what a photo is known by, without the maker's notes and the places of raw data."""
    kept = Image.Exif()
    try:
        kept.update({tag: tags[tag] for tag in KEPT_TAGS if tag in tags})
        inner = tags.get_ifd(ExifTags.IFD.Exif)
        within = kept.get_ifd(ExifTags.IFD.Exif)
        within.update({tag: inner[tag] for tag in KEPT_TIMES if tag in inner})
        kept.get_ifd(ExifTags.IFD.GPSInfo).update(tags.get_ifd(ExifTags.IFD.GPSInfo))
        kept.tobytes()
    except Exception:  # what a camera wrote need not be what Pillow writes
        return Image.Exif()
    return kept
