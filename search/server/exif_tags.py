"""All EXIF tags of a photo in readable form, and where it was taken."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, SupportsFloat

from PIL import ExifTags, Image

from search.printable import printable

__all__ = ["exif_of", "position_of"]

LONGEST = 200
MOST_TAGS = 400
_DIRECTORIES = {"Photo": 0x8769, "GPS": 0x8825, "Interoperability": 0xA005}
_HIDDEN = {"MakerNote", "PrintImageMatching", "ExifOffset", "GPSInfo", "ExifInteroperabilityOffset"}


def exif_of(content: bytes) -> tuple[list[tuple[str, str]], tuple[float, float] | None]:
    """Return names and values of EXIF tags, and latitude and longitude in degrees where known.

    The result is bounded: at most 400 tags, each of at most 200 characters. What cannot be read is
    left out.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            exif = image.getexif()
        directories = [(ExifTags.TAGS, dict(exif))]
        directories += [
            (ExifTags.GPSTAGS if name == "GPS" else ExifTags.TAGS, dict(exif.get_ifd(number)))
            for name, number in _DIRECTORIES.items()
        ]
        position = position_of(dict(exif.get_ifd(_DIRECTORIES["GPS"])))
    except Exception:  # whatever Pillow raises for an untrusted file
        return [], None
    pairs = [pair for names, tags in directories for pair in _readable(names, tags)]
    return pairs[:MOST_TAGS], position


def _readable(names: dict[int, str], tags: dict[int, object]) -> Iterator[tuple[str, str]]:
    for number, value in tags.items():
        name = names.get(number, f"0x{number:04x}")
        shown = "" if name in _HIDDEN else _shown(value)
        if shown:
            yield name, shown


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        plain = value.removeprefix(b"ASCII\0\0\0").strip(b"\0 ")
        if not plain.isascii() or not plain.decode("ascii").isprintable():
            return "" if len(value) > 16 else value.hex(" ")
        value = plain.decode("ascii")
    if isinstance(value, tuple):
        return printable(", ".join(map(_shown, value[:16])))[:LONGEST]
    is_fraction = hasattr(value, "numerator") and not isinstance(value, int)
    if isinstance(value, SupportsFloat) and (is_fraction or isinstance(value, float)):
        try:
            return f"{float(value):g}"
        except (ZeroDivisionError, OverflowError, ValueError):
            return ""
    return printable(str(value).strip("\0 "))[:LONGEST]


def position_of(gps: dict[int, object]) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees; None if missing or impossible.

    >>> position_of({1: "N", 2: (38, 42, 36.0), 3: "W", 4: (9, 8, 24.0)})
    (38.71, -9.14)
    >>> position_of({2: (91, 0, 0), 4: (0, 0, 0)}) is None
    True
    """
    try:
        latitude = _degrees(gps[2]) * (-1 if str(gps.get(1, "N")).upper().startswith("S") else 1)
        longitude = _degrees(gps[4]) * (-1 if str(gps.get(3, "E")).upper().startswith("W") else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError, OverflowError):
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return round(latitude, 6), round(longitude, 6)


def _degrees(parts: Any) -> float:  # noqa: ANN401
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
