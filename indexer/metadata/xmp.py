"""Metadata values from XMP, as Lightroom, digiKam, immich, Windows and cameras write it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime

from indexer.metadata.values import (
    LONGEST_TITLE,
    MetadataValues,
    degrees_or_none,
    line_of,
    lines_of_text,
    rating_or_none,
)
from indexer.metadata.xmp_packet import Properties, read_packet
from store.types import Box, PersonRegion

__all__ = ["xmp_values"]

DC = "http://purl.org/dc/elements/1.1/ "
XMP = "http://ns.adobe.com/xap/1.0/ "
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/ "
EXIF = "http://ns.adobe.com/exif/1.0/ "
EXIF_EX = "http://cipa.jp/exif/1.0/ "
TIFF = "http://ns.adobe.com/tiff/1.0/ "
AUX = "http://ns.adobe.com/exif/1.0/aux/ "
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/ "
DIGIKAM = "http://www.digikam.org/ns/1.0/ "
IPTC = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ "
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ "
MICROSOFT = "http://ns.microsoft.com/photo/1.0/ "
MWG = "http://www.metadataworkinggroup.com/schemas/regions/ "
AREA = "http://ns.adobe.com/xmp/sType/Area# "
PEOPLE = "http://ns.microsoft.com/photo/1.2/ "
PEOPLE_INFO = "http://ns.microsoft.com/photo/1.2/t/RegionInfo# "
PEOPLE_REGION = "http://ns.microsoft.com/photo/1.2/t/Region# "

_COORDINATE = re.compile(
    r"(?P<degrees>[+-]?\d{1,3}(?:\.\d{1,15})?)(?:,(?P<minutes>\d{1,2}(?:\.\d{1,15})?))?"
    r"(?:,(?P<seconds>\d{1,2}(?:\.\d{1,15})?))?\s*(?P<side>[NSEW])?"
)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_PERCENT_STARS = ((99, 5), (75, 4), (50, 3), (25, 2), (1, 1))


def xmp_values(content: bytes) -> MetadataValues:
    """Return the values of a packet; of a damaged or too large one, those that could be read."""
    packet = read_packet(content)
    p = packet.properties
    where = _position(p)
    taken, offset = _time(p)
    notes = [packet.note] if packet.note else []
    if where is None and p.text(f"{EXIF}GPSLatitude"):
        notes.append("its XMP position is invalid")
    return MetadataValues(
        title=line_of(p.text(f"{DC}title", f"{PHOTOSHOP}Headline"), LONGEST_TITLE),
        description=lines_of_text(p.text(f"{DC}description", f"{TIFF}ImageDescription")),
        rating=_rating(p),
        tags=tuple(dict.fromkeys(_tags(p))),
        people=tuple(_people(p)),
        latitude=None if where is None else where[0],
        longitude=None if where is None else where[1],
        sublocation=line_of(p.text(f"{IPTC}Location")),
        city=line_of(p.text(f"{PHOTOSHOP}City")),
        region=line_of(p.text(f"{PHOTOSHOP}State")),
        country=line_of(p.text(f"{PHOTOSHOP}Country")),
        lens=line_of(p.text(f"{EXIF_EX}LensModel", f"{AUX}Lens")),
        taken=taken,
        utc_offset_min=offset,
        notes=tuple(notes),
    )


def _rating(p: Properties) -> int | None:
    stars = rating_or_none(p.text(f"{XMP}Rating"))
    percent = p.text(f"{MICROSOFT}Rating")
    if stars is not None or not percent.isdigit():
        return stars
    return next((n for least, n in _PERCENT_STARS if int(percent[:3]) >= least), None)


def _tags(p: Properties) -> Iterator[str]:
    for name, mark in (
        (f"{DC}subject", ""),
        (f"{LIGHTROOM}hierarchicalSubject", "|"),
        (f"{DIGIKAM}TagsList", "/"),
        (f"{MICROSOFT}LastKeywordXMP", "/"),
    ):
        for text in p.values(name):
            if tag := line_of(text.rsplit(mark, 1)[-1] if mark else text):
                yield tag


def _people(p: Properties) -> Iterator[PersonRegion]:
    regions = p.nodes.get(f"{MWG}Regions")
    listed = regions.fields().nodes.get(f"{MWG}RegionList") if regions is not None else None
    for item in listed.items() if listed is not None else ():
        fields = item.fields()
        area = fields.nodes.get(f"{MWG}Area")
        name = line_of(fields.text(f"{MWG}Name"))
        if name and fields.text(f"{MWG}Type") in ("", "Face"):
            yield PersonRegion(name, None if area is None else _centred(area.fields()))
    info = p.nodes.get(f"{PEOPLE}RegionInfo")
    listed = info.fields().nodes.get(f"{PEOPLE_INFO}Regions") if info is not None else None
    for item in listed.items() if listed is not None else ():
        fields = item.fields()
        if name := line_of(fields.text(f"{PEOPLE_REGION}PersonDisplayName")):
            yield PersonRegion(name, _cornered(fields.text(f"{PEOPLE_REGION}Rectangle")))
    for text in p.values(f"{IPTC_EXT}PersonInImage"):
        if name := line_of(text):
            yield PersonRegion(name)


def _centred(area: Properties) -> Box | None:
    """Return the box of a Metadata Working Group area, given by its centre, width and height."""
    sides = [_number(area.text(f"{AREA}{name}")) for name in "xywh"]
    if None in sides or area.text(f"{AREA}unit") not in ("", "normalized"):
        return None
    x, y, width, height = (side or 0.0 for side in sides)
    return _box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _cornered(text: str) -> Box | None:
    """Return the box of a Windows rectangle, given by its top left corner, width and height."""
    sides = [_number(part) for part in text.split(",")]
    if len(sides) != 4 or None in sides:
        return None
    x, y, width, height = (side or 0.0 for side in sides)
    return _box(x, y, x + width, y + height)


def _box(left: float, top: float, right: float, bottom: float) -> Box | None:
    edges = tuple(min(1.0, max(0.0, edge)) for edge in (left, top, right, bottom))
    return edges if edges[0] < edges[2] and edges[1] < edges[3] else None  # type: ignore[return-value]


def _number(text: str) -> float | None:
    try:
        number = float(text[:30])
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _position(p: Properties) -> tuple[float, float] | None:
    latitude = _degrees(p.text(f"{EXIF}GPSLatitude"))
    longitude = _degrees(p.text(f"{EXIF}GPSLongitude"))
    if latitude is None or longitude is None:
        return None
    return degrees_or_none(latitude, longitude)


def _degrees(text: str) -> float | None:
    """Return the degrees of an XMP coordinate: `38,42.5N`, `38,42,30N`, or a number; else None.

    >>> _degrees("38,42,30S"), _degrees("9.125"), _degrees("0/0")
    (-38.708333333333336, 9.125, None)
    """
    parts = _COORDINATE.fullmatch(text.strip()[:60])
    if parts is None:
        return None
    degrees = float(parts["degrees"])
    degrees += float(parts["minutes"] or 0) / 60 + float(parts["seconds"] or 0) / 3600
    return -degrees if parts["side"] in ("S", "W") else degrees


def _time(p: Properties) -> tuple[datetime | None, int | None]:
    """Return when the photo was taken, by the camera's clock, and the clock's offset in minutes."""
    names = (f"{EXIF}DateTimeOriginal", f"{PHOTOSHOP}DateCreated", f"{XMP}CreateDate")
    parts = next((match for name in names if (match := _TIME.match(p.text(name)))), None)
    if parts is None:
        return None, None
    zone = parts["zone"]
    offset = None
    if zone:
        digits = zone.replace(":", "")
        offset = (
            0 if zone == "Z" else int(digits[:1] + "1") * (int(digits[1:3]) * 60 + int(digits[3:5]))
        )
    try:
        return datetime(*(int(part or 0) for part in parts.groups()[:6])), offset  # type: ignore[arg-type]
    except ValueError:
        return None, None
