"""Photos listed without a search, and hits sorted by something other than score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from search.query.request import SearchRequest
from search.ranking.ranking import Ranking
from search.result import Hit

if TYPE_CHECKING:
    from store.catalog.photo_order import SortField
    from store.searched_index import Allowed, SearchedIndex

__all__ = ["list_photos", "sorted_hits"]

CERTAIN = 1.0
"""The probability of a listed photo: the filter is true of it."""


def list_photos(index: SearchedIndex, request: SearchRequest, within: Allowed | None) -> Ranking:
    """Return photos that pass a filter in the requested order, by default by date.

    Their scores are 0, and their probabilities 1.
    """
    from store.catalog.photo_order import PhotoOrder  # imports SQLite

    field: SortField = "taken" if request.sort == "score" else request.sort
    order = PhotoOrder(field, request.reverse)
    photos = index.in_order(order, request.first_stage_count, within).photos
    count = len(photos)
    return Ranking.first(
        np.array([photo.image_id for photo in photos], np.int64),
        np.zeros(count),
        np.full(count, CERTAIN),
    )


def sorted_hits(hits: Sequence[Hit], request: SearchRequest) -> list[Hit]:
    """Sort hits, given by score, into the order of the request, and return them with new ranks.

    Photos without a date come last.
    """
    descending = (request.sort in ("score", "taken", "size")) != request.reverse
    known = [hit for hit in hits if _key(hit, request.sort) is not None]
    known.sort(key=lambda hit: _key(hit, request.sort), reverse=descending)
    others = [hit for hit in hits if _key(hit, request.sort) is None]
    return [replace(hit, rank=rank) for rank, hit in enumerate([*known, *others], 1)]


def _key(hit: Hit, sort: str) -> Any:  # noqa: ANN401 - all keys of a sort are of one type
    if sort == "taken":
        return hit.taken
    if sort == "size":
        return hit.size_bytes
    return hit.path.name.lower() if sort == "name" else hit.score
