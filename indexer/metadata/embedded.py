"""Metadata in an opened image: XMP, IPTC, and EXIF apart from date and camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from PIL import ExifTags, Image, IptcImagePlugin

from indexer.metadata.values import (
    LONGEST_TITLE,
    MetadataValues,
    degrees_or_none,
    line_of,
    lines_of_text,
    rating_or_none,
)
from indexer.metadata.xmp import xmp_values

__all__ = ["embedded_values"]

XMP_TAG = 700  # of TIFF
UTF8 = b"\x1b%G"
BY_CAMERAS = ("olympus digital camera", "sony dsc", "exif_jpeg_picture", "dcim", "default")
"""Default descriptions that cameras write into every photo."""


def embedded_values(image: Image.Image) -> tuple[MetadataValues, ...]:
    """Return the values of XMP, IPTC and EXIF, in this order; of a broken part only a note."""
    parts = (_xmp, _iptc, _exif)
    return tuple(values for part in parts if (values := _tried(part, image)) != MetadataValues())


def _tried(part: Callable[[Image.Image], MetadataValues], image: Image.Image) -> MetadataValues:
    try:
        return part(image)
    except Exception:  # Pillow raises many kinds of errors for broken metadata
        return MetadataValues(notes=(f"its {part.__name__[1:].upper()} is damaged",))


def _xmp(image: Image.Image) -> MetadataValues:
    content = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if content is None and image.format == "TIFF":
        content = getattr(image, "tag_v2", {}).get(XMP_TAG)
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    return xmp_values(content) if isinstance(content, bytes) and content else MetadataValues()


def _iptc(image: Image.Image) -> MetadataValues:
    if image.format not in ("JPEG", "MPO", "TIFF"):
        return MetadataValues()
    info = IptcImagePlugin.getiptcinfo(image)  # type: ignore[arg-type]
    if not info:
        return MetadataValues()
    coding = "utf-8" if UTF8 in _all(info, 1, 90) else ""

    def texts(number: int) -> list[str]:
        return [_decoded(each, coding) for each in _all(info, 2, number)]

    def first(number: int) -> str:
        return line_of(next(iter(texts(number)), ""), LONGEST_TITLE)

    return MetadataValues(
        title=first(5) or first(105),
        description=lines_of_text("\n".join(texts(120)[:1])),
        tags=tuple(dict.fromkeys(tag for text in texts(25) if (tag := line_of(text)))),
        sublocation=first(92),
        city=first(90),
        region=first(95),
        country=first(101),
    )


def _all(info: Mapping[tuple[int, int], object], record: int, number: int) -> list[bytes]:
    held = info.get((record, number))
    values = held if isinstance(held, list) else [held]
    return [each for each in values if isinstance(each, bytes)]


def _decoded(content: bytes, coding: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(coding or "latin-1", "replace")


def _exif(image: Image.Image) -> MetadataValues:
    tags = image.getexif()
    if not tags:
        return MetadataValues()
    inner = tags.get_ifd(ExifTags.IFD.Exif)
    gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
    where, note = _position(gps)
    offset = _offset(inner.get(ExifTags.Base.OffsetTimeOriginal))
    description = lines_of_text(tags.get(ExifTags.Base.ImageDescription))
    if description.lower().strip() in BY_CAMERAS:
        description = ""
    return MetadataValues(
        title=line_of(_windows(tags.get(ExifTags.Base.XPTitle)), LONGEST_TITLE),
        description=description or lines_of_text(_windows(tags.get(ExifTags.Base.XPComment))),
        rating=rating_or_none(tags.get(ExifTags.Base.Rating)),
        tags=tuple(
            tag
            for text in _windows(tags.get(ExifTags.Base.XPKeywords)).split(";")
            if (tag := line_of(text))
        ),
        latitude=None if where is None else where[0],
        longitude=None if where is None else where[1],
        lens=line_of(inner.get(ExifTags.Base.LensModel)),
        utc_offset_min=_offset(inner.get(ExifTags.Base.OffsetTime)) if offset is None else offset,
        notes=(note,) if note else (),
    )


def _windows(content: object) -> str:
    """Return a text as Windows stores it, in UTF-16; empty if it is not one."""
    if isinstance(content, tuple):
        content = bytes(each & 255 for each in content if isinstance(each, int))
    return content[:200_000].decode("utf-16-le", "replace") if isinstance(content, bytes) else ""


def _position(gps: Mapping[int, object]) -> tuple[tuple[float, float] | None, str]:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef))
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef))
    if latitude is None and longitude is None:
        return None, ""
    where = degrees_or_none(
        math.nan if latitude is None else latitude, math.nan if longitude is None else longitude
    )
    return where, "" if where is not None else "its GPS position is invalid"


def _degrees(parts: object, side: object) -> float | None:
    """Return a coordinate from degrees, minutes and seconds; None if missing, NaN if invalid."""
    if not isinstance(parts, tuple) or not parts:
        return None
    try:
        numbers = [float(each) for each in parts[:3]]
    except (TypeError, ValueError, ZeroDivisionError):
        return math.nan
    degrees: float = sum(number / 60.0**place for place, number in enumerate(numbers))
    letter = side.decode("ascii", "replace") if isinstance(side, bytes) else str(side or "")
    return -degrees if letter[:1].upper() in ("S", "W") else degrees


def _offset(text: object) -> int | None:
    """Return the minutes of an offset such as `+01:30`; None if it is not an offset.

    >>> _offset("+01:30"), _offset("-05:00"), _offset("   :  ")
    (90, -300, None)
    """
    sign, digits = line_of(text)[:1], line_of(text)[1:].replace(":", "")
    if sign not in ("+", "-") or len(digits) != 4 or not digits.isdigit():
        return None
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return None if minutes > 15 * 60 else -minutes if sign == "-" else minutes
