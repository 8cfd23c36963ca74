"""Reads a picture's orientation from its EXIF or its boxes."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ExifTags, Image

from indexer.photos.heif_boxes import is_turned_by_boxes

__all__ = ["Orientation", "orientation_of"]

WITH_BOXES = ("HEIF", "AVIF")
"""Formats with boxes for the orientation, which decoders follow instead of EXIF."""


@dataclass(frozen=True)
class Orientation:
    """How a decoded picture still has to be turned.

    Attributes:
        orientation: as defined by EXIF; 1 for a picture that is upright.
        is_by_exif_alone: whether its format has boxes for this, but only EXIF states it.
    """

    orientation: int
    is_by_exif_alone: bool = False


def orientation_of(image: Image.Image, content: bytes) -> Orientation:
    """Return the orientation of a loaded picture; `content` is its file."""
    try:
        by_exif = _number(image.getexif())  # for AVIF, from its boxes; HEIF is already turned
        if image.format not in WITH_BOXES or by_exif != 1:
            return Orientation(by_exif)
        orientation = _told_by_exif(image)
    except Exception:  # a good photo with broken EXIF is not turned
        return Orientation(1)
    if orientation == 1 or is_turned_by_boxes(content):
        return Orientation(1)
    return Orientation(orientation, is_by_exif_alone=True)


def _told_by_exif(image: Image.Image) -> int:
    """Return the orientation that EXIF had before Pillow or pillow-heif replaced it by 1."""
    if image.format == "HEIF":
        orientation = image.info.get("original_orientation")
        return orientation if isinstance(orientation, int) else 1
    exif = Image.Exif()
    exif.load(image._decoder.get_info()[4] or b"")  # type: ignore[attr-defined]
    return _number(exif)


def _number(exif: Image.Exif) -> int:
    value: object = exif.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) else 1
