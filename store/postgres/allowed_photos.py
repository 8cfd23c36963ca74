"""Which photos may answer: a filter as a condition that the database checks while it searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store.catalog.field_values import checked_field
from store.catalog.filter_fields import FIELDS
from store.catalog.selection import Dialect, Expression, to_sql
from store.columns.codec import text_to_row
from store.postgres.session import Session

__all__ = ["FEW", "Chosen", "choose", "values_of"]

FEW = 12_000
"""Up to this many photos, all their vectors are compared, which takes some milliseconds. The more
photos pass a filter, the sooner a search of the graph meets some of them."""

_TOP = "rtrim(root, '/')"
_UP_TO_NAME = "rtrim(path, replace(path, '/', ''))"
_NAME = f"substr(path, length({_UP_TO_NAME}) + 1)"
_FOLDER = f"coalesce(nullif(rtrim({_TOP} || '/' || {_UP_TO_NAME}, '/'), ''), '/')"
_ALBUM = f"replace({_FOLDER}, rtrim({_FOLDER}, replace({_FOLDER}, '/', '')), '')"
# The haversine formula, as `distance_km` of an index on disk.
_DISTANCE_KM = """(SELECT 2 * 6371.0 * asin(least(1.0, sqrt(
        power(sind((latitude - place.north) / 2), 2) + cosd(latitude) * cosd(place.north)
        * power(sind((longitude - place.east) / 2), 2))))
    FROM (SELECT %s::float8 AS north, %s::float8 AS east) AS place
    WHERE latitude IS NOT NULL AND longitude IS NOT NULL)"""
_SUFFIX = f"""CASE WHEN strpos({_NAME}, '.') > 0 THEN
    substr(path, length(rtrim(path, replace(path, '.', ''))) + 1) ELSE '' END"""
_SHAPE = """CASE WHEN width_px > height_px THEN 'landscape' WHEN width_px < height_px
    THEN 'portrait' ELSE 'square' END"""

_POSTGRES = Dialect(
    fields={
        "id": "id",
        "width": "width_px",
        "height": "height_px",
        "megapixels": "width_px * height_px / 1e6::float8",
        "size": "size_bytes",
        "taken": "taken_s",
        "orientation": _SHAPE,
        "camera": "camera",
        "source": "root",
        "path": f"{_TOP} || '/' || path",
        "folder": _FOLDER,
        "name": _NAME,
        "suffix": _SUFFIX,
        "category": "categories",
        "caption": "captions",
        "album": _ALBUM,
        "tag": "tags",
        "person": "people",
        "title": "title",
        "description": "description",
        "rating": "rating",
        "lens": "lens",
        "place": "array_remove(ARRAY[sublocation, city, region, country], NULL)",
        "city": "city",
        "region": "region",
        "country": "country",
        "latitude": "latitude",
        "longitude": "longitude",
        "text": "lines",
    },
    number="({field}) {operator} %s",
    one_form="normalize({field}, NFC)",
    # As in SQLite, letters match in either case only if they are A-Z: the collation "C" does that.
    text='lower(({field}) COLLATE "C") {operator} lower(%s::text COLLATE "C")',
    like='lower(({field}) COLLATE "C") LIKE lower(%s::text COLLATE "C")',
    any_text="EXISTS (SELECT FROM unnest({field}) AS one WHERE {test})",
    one="one",
    has_texts="cardinality({field}) > 0",
    near=f"latitude BETWEEN %s AND %s AND {_DISTANCE_KM} <= %s",
)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The only photos that a search may return; `len` is `FEW + 1` for any number above `FEW`.

    Attributes:
        ids: their ids if they are few; otherwise None, and the condition selects them.
        photos: the table that the condition is about.
        where: the condition, on the columns of that table.
        arguments: its parameters.
    """

    ids: NDArray[np.int64] | None
    photos: str = ""
    where: str = ""
    arguments: tuple[object, ...] = ()

    def __len__(self) -> int:
        return FEW + 1 if self.ids is None else len(self.ids)

    @classmethod
    def of(cls, given: Self | Sequence[int] | NDArray[np.int64] | None) -> Self | None:
        """Return ids as a `Chosen`; a `Chosen` or None is returned unchanged."""
        if given is None or isinstance(given, cls):
            return given
        return cls(np.unique(np.asarray(given, dtype=np.int64)))

    def condition(self, image_id: str) -> tuple[str, tuple[object, ...]]:
        """Return it as an SQL condition on a column of ids, with its parameters."""
        if self.ids is not None:
            return f"{image_id} = ANY (%s)", (self.ids.tolist(),)
        among = f"EXISTS (SELECT FROM {self.photos} WHERE id = {image_id} AND {self.where})"
        return among, self.arguments


def values_of(session: Session, field: str, most: int) -> list[tuple[str, int]]:
    """Return the values of a field and how many photos have each, as `field_values` of a catalog.

    Raises:
        ValueError: there is no such field.
    """
    kind, sql = FIELDS[checked_field(field)].kind, _POSTGRES.fields[field]
    photos = session.table("photos")
    read = f"{photos}, unnest({sql}) AS one" if kind == "texts" else photos
    value = "one" if kind == "texts" else f"({sql})::text"
    rows = session.rows(
        f"""SELECT value, count(DISTINCT id) AS photos
        FROM (SELECT {value} AS value, id FROM {read}) AS held
        WHERE value <> '' GROUP BY value ORDER BY photos DESC, value COLLATE "C" LIMIT %s""",
        most,
    )
    return [(str(name), int(count)) for name, count in rows]


def choose(session: Session, expression: Expression) -> Chosen:
    """Return the photos that an expression is true of.

    Raises:
        QueryError: it has too many conditions.
    """
    where, values = to_sql(expression, _POSTGRES)
    arguments = tuple(
        text_to_row(value).replace("\0", "?") if isinstance(value, str) else value
        for value in values
    )
    photos = session.table("photos")
    rows = session.rows(f"SELECT id FROM {photos} WHERE {where} LIMIT {FEW + 1}", *arguments)
    if len(rows) > FEW:
        return Chosen(None, photos, where, arguments)
    return Chosen(np.sort(np.array([row[0] for row in rows], dtype=np.int64)))
