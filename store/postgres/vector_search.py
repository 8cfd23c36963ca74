"""A generation's vectors as a `VectorIndex`: candidates from pgvector's graph, scored exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from store.postgres.allowed_photos import Chosen
from store.postgres.copying import as_text, half_rows
from store.postgres.scaled_vectors import scaled_query
from store.postgres.session import Session
from store.types import TopK
from store.vectors.choose import OVERSAMPLING
from store.vectors.vector_index import best

__all__ = ["GRAPH", "WHOLE", "PostgresVectors"]

GRAPH = "HNSW in PostgreSQL, half precision"
WHOLE = "exact, in PostgreSQL"

MOST_FROM_GRAPH = 2_000
"""For more candidates than this, comparing all vectors is faster than following the graph."""

SPARE = 20
"""Extra candidates, so that rounding of the query loses no hit even if k is small."""


class PostgresVectors:
    """A `VectorIndex` over the vectors of the active generation.

    Args:
        session: the session that reads them.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def kind(self) -> str:
        """How it searches, for people."""
        return WHOLE if self.exact else GRAPH

    @property
    def exact(self) -> bool:
        """Whether every search compares all vectors."""
        return self._session.generation.ef_search is None

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return self._session.generation.model.dim

    def __len__(self) -> int:
        return self._session.generation.photos

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        without: NDArray[np.int64] | None = None,
        within: Chosen | Sequence[int] | NDArray[np.int64] | None = None,
    ) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest to a query (D,).

        The highest score comes first, equal ones in the order of the ids. If `within` has the ids
        of its photos, or there is no graph, all allowed photos are compared; otherwise the graph is
        followed until enough are found.

        Raises:
            ValueError: the query has another width.
        """
        if query.shape != (self.dim,):
            raise ValueError(f"the query has shape {query.shape}, expected {(self.dim,)}")
        chosen = Chosen.of(within)
        query = query.astype(np.float32, copy=False)
        with self._session.snapshot():
            return self._nearest(query, k, chosen, _Conditions(chosen, without))

    def stored(self, image_ids: Sequence[int]) -> dict[int, NDArray[np.float16]]:
        """Return vectors (D,) in half precision by id, for those ids that exist."""
        with self._session.snapshot():
            rows = self._session.rows(
                f"""SELECT image_id, vector FROM {self._session.table("vectors")}
                WHERE image_id = ANY (%s)""",
                list(image_ids),
            )
            vectors = half_rows([row[1] for row in rows], self.dim)
        return dict(zip((row[0] for row in rows), vectors, strict=True))

    def _nearest(
        self, query: NDArray[np.float32], k: int, chosen: Chosen | None, conditions: _Conditions
    ) -> TopK:
        few = chosen is not None and chosen.ids is not None
        follow = not (few or self.exact)

        def ask(count: int) -> TopK:
            wanted = count * OVERSAMPLING + SPARE
            if follow and wanted <= MOST_FROM_GRAPH:
                ids, scores = self._rows(query, conditions, wanted, by_graph=True)
                if len(ids) >= count:
                    return ids[:count], scores[:count]
            # All are compared: a photo must not be missing since the graph did not lead to it.
            ids, scores = self._rows(query, conditions, wanted, by_graph=False)
            missing = (0, max(0, count - len(ids)))
            return (
                np.pad(ids[:count], missing, constant_values=-1),
                np.pad(scores[:count], missing, constant_values=-np.inf),
            )

        return best(ask, k, len(chosen) if few and chosen is not None else len(self))

    def _rows(
        self, query: NDArray[np.float32], conditions: _Conditions, most: int, *, by_graph: bool
    ) -> TopK:
        """Return at most `most` ids and exact scores, best first, equal ones by id.

        The database compares the query in half precision, which is why callers fetch more.
        """
        placed = scaled_query(query, self._session.generation.scale) if by_graph else query
        # The limit is written into the SQL: a generic plan for any limit would not use the graph.
        rows = self._session.rows(
            f"""SELECT v.image_id, v.vector FROM {self._session.table("vectors")} v
            WHERE {conditions.sql} ORDER BY v.{"placed" if by_graph else "vector"}
            <#> %s::halfvec LIMIT {most:d}""",
            *conditions.arguments,
            as_text(placed),
        )
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        vectors = half_rows([row[1] for row in rows], self.dim).astype(np.float32)
        scores = (vectors @ query).astype(np.float32)
        first = np.lexsort((ids, -scores))
        return ids[first], scores[first]


class _Conditions:
    """The condition on photos that may be returned, as SQL on the alias `v`."""

    def __init__(self, chosen: Chosen | None, without: NDArray[np.int64] | None) -> None:
        parts = ["TRUE"]
        self.arguments: tuple[object, ...] = ()
        if chosen is not None:
            part, self.arguments = chosen.condition("v.image_id")
            parts.append(part)
        if without is not None and len(without):
            parts.append("v.image_id <> ALL (%s)")
            self.arguments += (without.tolist(),)
        self.sql = " AND ".join(parts)
