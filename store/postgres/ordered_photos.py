"""The photos of a generation in an order that people browse in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from store.catalog.photo_order import OrderedPhoto, OrderedPhotos, PhotoOrder, direction
from store.postgres.allowed_photos import Chosen
from store.postgres.session import Session

__all__ = ["OrderedGeneration"]

_KEYS = {
    "taken": "taken_s",
    "size": "size_bytes",
    "id": "id",
    # As bytes, which have the same order in every database; only A to Z become lower case.
    "name": """convert_to(lower(substr(path, length(rtrim(path, replace(path, '/', ''))) + 1)
        COLLATE "C"), 'UTF8')""",
}


class OrderedGeneration:
    """The part of an index in a database for its state and the order of photos."""

    _session: Session

    def state(self) -> object:
        """Return the number of the active generation."""
        with self._session.snapshot():
            return self._session.generation.number

    def in_order(
        self,
        order: PhotoOrder,
        most: int,
        within: Chosen | Sequence[int] | NDArray[np.int64] | None = None,
    ) -> OrderedPhotos:
        """Return at most `most` first photos of an order, and how many there are in all."""
        chosen = Chosen.of(within)
        with self._session.snapshot():
            photos = self._session.table("photos")
            where, arguments = ("TRUE", ()) if chosen is None else chosen.condition("id")
            rows = self._session.rows(
                f"""SELECT id, {_KEYS[order.field]} AS sorted FROM {photos} WHERE {where}
                ORDER BY sorted {direction(order)} NULLS LAST, id LIMIT %s""",
                *arguments,
                max(0, most),
            )
            count = f"SELECT count(*) FROM {photos} WHERE {where}"
            total = self._session.rows(count, *arguments)[0][0]
        keyed = [OrderedPhoto(int(image_id), _plain(key)) for image_id, key in rows]
        return OrderedPhotos(keyed, int(total))


def _plain(key: object) -> int | bytes | None:
    return key if key is None or isinstance(key, int) else bytes(key)  # type: ignore[call-overload]
