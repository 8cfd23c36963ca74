"""A sample of an index's vectors, by which a search tells what stands out from what is usual."""

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
"""Photos in a sample, at most."""


@dataclass(frozen=True)
class Background:
    """What the photos of an index are like.

    Attributes:
        vectors: (S, D) float32, of photos that are evenly spread over the ids.
        photos: how many the index holds.
    """

    vectors: NDArray[np.float32]
    photos: int


def sampled(catalog: CatalogFile, vectors: Callable[[Ids], NDArray[np.float32]]) -> Background:
    """Return the sample of a catalog's photos, whose vectors a function gives by their ids."""
    first, last, photos = next(catalog.rows("SELECT min(id), max(id), count(*) FROM images"))
    rows = catalog.rows(spread_ids("images", first, last)) if photos else ()
    return Background(vectors(sorted(int(row[0]) for row in rows)), int(photos))


def together(backgrounds: Sequence[Background], dim: int) -> Background:
    """Return the samples of several indexes, of each by its share of the photos; (S, D) vectors."""
    total = sum(each.photos for each in backgrounds)
    kept = [np.zeros((0, dim), np.float32)]
    for each in backgrounds:
        wanted = -(-len(each.vectors) * each.photos // max(total, 1))
        rows = np.linspace(0, len(each.vectors) - 1, min(wanted, len(each.vectors)))
        kept.append(each.vectors[rows.astype(int)])
    return Background(np.concatenate(kept), total)


def spread_ids(photos: str, first: int, last: int) -> str:
    """Return the SQL of at most `SAMPLE` ids at even distances, each a look into the index.

    Args:
        photos: the table, whose ids are `id`.
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
