"""The values that photos have in a field of filters, with how many photos have each."""

from __future__ import annotations

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


def checked_field(field: str) -> str:
    """Return the name of a field of filters; raises ValueError where there is none of it."""
    if field not in FIELDS:
        raise ValueError(f"{field!r} is no field; expected one of {', '.join(FIELDS)}")
    return field
