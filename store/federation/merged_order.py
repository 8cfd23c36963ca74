"""The photos of several indexes in one order."""

from __future__ import annotations

import numpy as np

from store.catalog.photo_order import OrderedPhoto, OrderedPhotos, PhotoOrder
from store.federation.ids import STRIDE
from store.federation.members import Members
from store.searched_index import Allowed, ServedIndex

__all__ = ["OrderedMembers"]


class OrderedMembers:
    """The part of several indexes for their state and the order of photos."""

    _members: Members

    def state(self) -> object:
        """Return the states of those that can be read, by position."""
        return tuple(self._members.ask(lambda _, one: one.state()).items())

    def in_order(
        self, order: PhotoOrder, most: int, within: Allowed | None = None
    ) -> OrderedPhotos:
        """Return at most `most` first photos of an order, and how many there are in all."""
        nothing = np.zeros(0, np.int64)

        def ordered(number: int, one: ServedIndex) -> OrderedPhotos:
            allowed = None if within is None else within.of.get(number, nothing)
            photos, total = one.in_order(order, most, allowed)
            moved = [OrderedPhoto(number * STRIDE + photo.image_id, photo.key) for photo in photos]
            return OrderedPhotos(moved, total)

        first, *others = self._members.ask(ordered).values()
        photos, total = first.merged_with(others, order)
        return OrderedPhotos(photos[: max(0, most)], total)
