"""Which way a picture was held, by whatever of its file says so."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ExifTags, Image

from indexer.photos.heif_boxes import is_turned_by_boxes

__all__ = ["Orientation", "orientation_of"]

WITH_BOXES = ("HEIF", "AVIF")
"""Formats with boxes for a turn: decoders go by these and leave out what EXIF says."""


@dataclass(frozen=True)
class Orientation:
    """How a decoded picture still has to be turned.

    Attributes:
        orientation: as of EXIF; 1 for a picture that is right.
        is_by_exif_alone: whether its format has boxes for that, which say nothing.
    """

    orientation: int
    is_by_exif_alone: bool = False


def orientation_of(image: Image.Image, content: bytes) -> Orientation:
    """Return the orientation of a loaded picture and the file that it is of."""
    try:
        by_exif = _number(image.getexif())  # of AVIF, what its boxes say; HEIF is turned by then
        if image.format not in WITH_BOXES or by_exif != 1:
            return Orientation(by_exif)
        orientation = _told_by_exif(image)
    except Exception:  # broken EXIF beside a good photo: it stays as it lies
        return Orientation(1)
    if orientation == 1 or is_turned_by_boxes(content):
        return Orientation(1)
    return Orientation(orientation, is_by_exif_alone=True)


def _told_by_exif(image: Image.Image) -> int:
    """Return what EXIF said before Pillow or pillow-heif put 1 in its place."""
    if image.format == "HEIF":
        orientation = image.info.get("original_orientation")
        return orientation if isinstance(orientation, int) else 1
    exif = Image.Exif()
    exif.load(image._decoder.get_info()[4] or b"")  # type: ignore[attr-defined]
    return _number(exif)


def _number(exif: Image.Exif) -> int:
    value: object = exif.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) else 1
