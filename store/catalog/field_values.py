"""The values of a filter field, with how many photos have each."""

from __future__ import annotations

from collections import Counter

from store.catalog.filter_fields import FIELDS, PHOTOS
from store.sqlite.catalog_file import CatalogFile

__all__ = ["checked_field", "field_values"]


def field_values(catalog: CatalogFile, field: str, most: int) -> list[tuple[str, int]]:
    """Return values and how many photos have each: the most first, equal ones by value.

    Numbers come as text, and a photo without a value is not counted.

    Raises:
        ValueError: there is no such field.
    """
    checked_field(field)
    if field == "album":
        return _albums(catalog, most)
    kind, sql = FIELDS[field].kind, FIELDS[field].sql
    if kind == "texts":
        rows = catalog.rows(
            f"""SELECT text, count(DISTINCT image_id) AS photos FROM {sql}
            GROUP BY text ORDER BY photos DESC, text LIMIT ?""",
            most,
        )
    else:
        rows = catalog.rows(
            f"""SELECT CAST({sql} AS TEXT) AS value, count(*) AS photos FROM {PHOTOS}
            WHERE ({sql}) NOT NULL AND ({sql}) <> '' GROUP BY value
            ORDER BY photos DESC, value LIMIT ?""",
            most,
        )
    return [(str(value), int(count)) for value, count in rows]


def _albums(catalog: CatalogFile, most: int) -> list[tuple[str, int]]:
    """Return the names of folders with photos; computed in Python, in a tenth of SQL's time."""
    rows = catalog.rows(
        """SELECT CAST(root AS BLOB), CAST(path AS BLOB) FROM images
        JOIN sources ON sources.id = images.source_id"""
    )
    folders: Counter[tuple[bytes, bytes]] = Counter(
        (root, path.rpartition(b"/")[0]) for root, path in rows
    )
    albums: Counter[str] = Counter()
    for (root, folder), photos in folders.items():
        name = (folder or root.rstrip(b"/")).rpartition(b"/")[2]
        albums[name.decode("utf-8", "replace")] += photos
    albums.pop("", None)
    return sorted(albums.items(), key=lambda each: (-each[1], each[0]))[:most]


def checked_field(field: str) -> str:
    """Return the name of a filter field; raises ValueError if there is no such field."""
    if field not in FIELDS:
        raise ValueError(f"{field!r} is no field; expected one of {', '.join(FIELDS)}")
    return field
