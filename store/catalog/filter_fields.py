"""The fields that filters compare, and where SQLite reads them from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FIELDS", "PHOTOS", "Field", "Kind"]

Kind = Literal["number", "text", "texts"]
"""`texts` is any number of texts, such as captions: one match is enough, and `!=` requires none."""


@dataclass(frozen=True)
class Field:
    """The kind of a field, and where SQLite reads it: an expression, or a table of texts."""

    kind: Kind
    sql: str


_SHAPE = """CASE WHEN width_px > height_px THEN 'landscape' WHEN width_px < height_px
    THEN 'portrait' ELSE 'square' END"""
# `top` is the source without a trailing slash, `below` the path from there. Trimming all characters
# other than slashes from its end leaves everything up to its last slash.
PHOTOS = """(SELECT images.*, CAST(root AS TEXT) AS root, rtrim(CAST(root AS TEXT), '/') AS top,
        CAST(path AS TEXT) AS below, title, description, rating, lens, latitude, longitude, city,
        region, country
    FROM images JOIN sources ON sources.id = images.source_id
        LEFT JOIN details ON details.image_id = images.id)"""
"""A row for each photo, with the columns that the expressions of `FIELDS` use."""
_UP_TO_NAME = "rtrim(below, replace(below, '/', ''))"
_NAME = f"substr(below, length({_UP_TO_NAME}) + 1)"
_FOLDER = f"coalesce(nullif(rtrim(top || '/' || {_UP_TO_NAME}, '/'), ''), '/')"
_ALBUM = f"replace({_FOLDER}, rtrim({_FOLDER}, replace({_FOLDER}, '/', '')), '')"
_PLACES = " UNION ALL ".join(
    f"SELECT image_id, {name} AS text FROM details WHERE {name} NOT NULL"
    for name in ("sublocation", "city", "region", "country")
)
_SUFFIX = f"""CASE WHEN instr({_NAME}, '.') THEN
    substr(below, length(rtrim(below, replace(below, '.', ''))) + 1) ELSE '' END"""

FIELDS: dict[str, Field] = {
    "id": Field("number", "id"),
    "width": Field("number", "width_px"),
    "height": Field("number", "height_px"),
    "megapixels": Field("number", "width_px * height_px / 1e6"),
    "size": Field("number", "size_bytes"),
    "taken": Field("number", "taken_s"),
    "orientation": Field("text", _SHAPE),
    "camera": Field("text", "camera"),
    "source": Field("text", "root"),
    "path": Field("text", "top || '/' || below"),
    "folder": Field("text", _FOLDER),
    "name": Field("text", _NAME),
    "suffix": Field("text", _SUFFIX),
    "category": Field("texts", "categories"),
    "caption": Field("texts", "captions"),
    "album": Field("text", _ALBUM),
    "tag": Field("texts", "tags"),
    "person": Field("texts", "people"),
    "title": Field("text", "title"),
    "description": Field("text", "description"),
    "rating": Field("number", "rating"),
    "lens": Field("text", "lens"),
    "place": Field("texts", f"({_PLACES})"),
    "city": Field("text", "city"),
    "region": Field("text", "region"),
    "country": Field("text", "country"),
    "latitude": Field("number", "latitude"),
    "longitude": Field("number", "longitude"),
    "text": Field("texts", "lines"),
}
"""By name. `size` is in bytes, `taken` in seconds since 1970 of the camera's own clock; `path`,
`folder` and `source` are absolute; `suffix` has no dot; `album` is the name of the folder that
holds a photo; `place` any of the names of where it was taken; `text` the text that was read in
it."""
