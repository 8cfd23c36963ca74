"""Photos in an order that people browse in: by date, name, size or id."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from store.catalog.filter_fields import FIELDS, PHOTOS
from store.sqlite.catalog_file import CatalogFile

__all__ = ["OrderedPhoto", "OrderedPhotos", "PhotoOrder", "SortField", "direction", "in_order"]

SortField = Literal["taken", "name", "size", "id"]

LARGEST_FIRST = ("taken", "size")

Key: TypeAlias = int | bytes | None


@dataclass(frozen=True)
class PhotoOrder:
    """The order of photos; equal ones, and those without a date, are ordered by id.

    Attributes:
        field: `taken` has the newest first and photos without a date last, `size` the largest
            first, `name` and `id` ascend.
        backwards: whether the order is reversed; photos without a date come last all the same.

    Raises:
        ValueError: no such field.
    """

    field: SortField = "taken"
    backwards: bool = False

    def __post_init__(self) -> None:
        if self.field not in get_args(SortField):
            raise ValueError(f"{self.field!r} is no order of photos")

    @property
    def descending(self) -> bool:
        """Whether the highest value comes first."""
        return (self.field in LARGEST_FIRST) != self.backwards


class OrderedPhoto(NamedTuple):
    """A photo with its sort key."""

    image_id: int
    key: Key


class OrderedPhotos(NamedTuple):
    """The first photos of an order, and how many there are in all."""

    photos: list[OrderedPhoto]
    total: int

    def merged_with(self, others: Sequence[OrderedPhotos], order: PhotoOrder) -> OrderedPhotos:
        """Return these and others merged into one order."""
        parts = (self, *others)
        photos = [photo for part in parts for photo in part.photos]
        photos.sort(key=lambda photo: photo.image_id)
        dated = [photo for photo in photos if photo.key is not None]
        # Python's sort is stable, also when reversed.
        dated.sort(key=_key, reverse=order.descending)
        undated = [photo for photo in photos if photo.key is None]
        return OrderedPhotos([*dated, *undated], sum(part.total for part in parts))


def _key(photo: OrderedPhoto) -> Any:  # noqa: ANN401 - all are of one type
    return photo.key


def direction(order: PhotoOrder) -> str:
    """Return the SQL of an order's direction."""
    return "DESC" if order.descending else "ASC"


def in_order(
    catalog: CatalogFile, order: PhotoOrder, most: int, within: NDArray[np.int64] | None = None
) -> OrderedPhotos:
    """Return the first photos of an order.

    Args:
        catalog: the catalog to read.
        order: the order.
        most: limit on their number.
        within: (M,) the only ids to return; None for all.
    """
    sql = f"CAST(lower({FIELDS['name'].sql}) AS BLOB)" if order.field == "name" else ""
    key = sql or FIELDS[order.field].sql
    among = "" if within is None else "WHERE +id IN (SELECT value FROM json_each(?))"
    ids: list[object] = [] if within is None else [json.dumps(within.tolist())]
    rows = catalog.rows(
        f"""SELECT id, {key} AS sorted FROM {PHOTOS} {among}
        ORDER BY sorted IS NULL, sorted {direction(order)}, id LIMIT ?""",
        *ids,
        max(0, most),
    )
    photos = [OrderedPhoto(int(image_id), value) for image_id, value in rows]
    if within is not None:
        return OrderedPhotos(photos, len(within))
    total = next(catalog.rows("SELECT coalesce(sum(1), 0) FROM images"))[0]
    return OrderedPhotos(photos, int(total))
