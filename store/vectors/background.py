"""A sample of an index's vectors: a search compares scores of hits with the usual scores there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from store.sqlite.catalog_file import CatalogFile
    from store.types import Ids

__all__ = ["SAMPLE", "Background", "sampled", "spread_ids", "together"]

SAMPLE = 256
"""The largest number of photos in a sample."""


@dataclass(frozen=True)
class Background:
    """A sample of an index's photos.

    Attributes:
        vectors: (S, D) float32, vectors of photos that are evenly spread over the ids.
        photos: number of photos in the whole index.
    """

    vectors: NDArray[np.float32]
    photos: int


def sampled(catalog: CatalogFile, vectors: Callable[[Ids], NDArray[np.float32]]) -> Background:
    """Return a sample of a catalog's photos; `vectors` returns the vectors of ids."""
    first, last, photos = next(catalog.rows("SELECT min(id), max(id), count(*) FROM images"))
    rows = catalog.rows(spread_ids("images", first, last)) if photos else ()
    return Background(vectors(sorted(int(row[0]) for row in rows)), int(photos))


def together(backgrounds: Sequence[Background], dim: int) -> Background:
    """Return one sample from those of several indexes, by their numbers of photos; D is `dim`."""
    total = sum(each.photos for each in backgrounds)
    kept = [np.zeros((0, dim), np.float32)]
    for each in backgrounds:
        wanted = -(-len(each.vectors) * each.photos // max(total, 1))
        rows = np.linspace(0, len(each.vectors) - 1, min(wanted, len(each.vectors)))
        kept.append(each.vectors[rows.astype(int)])
    return Background(np.concatenate(kept), total)


def spread_ids(photos: str, first: int, last: int) -> str:
    """Return the SQL for at most `SAMPLE` ids at even distances; each takes one index lookup.

    Args:
        photos: the table, with the ids in its column `id`.
        first: the lowest id.
        last: the highest.
    """
    step = max(1, -(-(last - first + 1) // SAMPLE))
    return f"""
        WITH RECURSIVE wanted(id) AS (
            SELECT {first} UNION ALL SELECT id + {step} FROM wanted WHERE id + {step} <= {last}
        )
        SELECT DISTINCT (SELECT p.id FROM {photos} p WHERE p.id >= wanted.id ORDER BY p.id LIMIT 1)
        FROM wanted
    """
