"""Building a generation's graph, and measuring with real captions how much of it to search."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from store.postgres.connection import Connection
from store.postgres.copying import as_text
from store.postgres.generations import CollectionGeneration
from store.postgres.scaled_vectors import scaled_query
from store.postgres.vector_search import GRAPH, WHOLE
from store.types import Blocks
from store.vectors.choose import LEAST_RECALL, NEIGHBOURS, OVERSAMPLING, Measured, nearest

__all__ = ["FEW_VECTORS", "build_graph", "measure"]

FEW_VECTORS = 2_000
"""Up to this many vectors, all are compared: it takes some milliseconds, and no recall is lost."""

NOT_MEASURED = 400
"""The `hnsw.ef_search` of a graph if there are no captions to measure with."""

_TO_TRY = (50, 100, 150, 200, 300, 400, 600, 800, 1000)
_MOST_QUERIES = 100
_TIMED = 9
_BYTES_A_VECTOR = 400
_MOST_MEMORY_MB = 4096


def build_graph(server: Connection, generation: CollectionGeneration, count: int) -> bool:
    """Create the indexes on a generation's embeddings; return whether it has a graph now."""
    vectors, nodes = generation.table("vectors"), generation.table("nodes")
    with server.transaction():
        for name, held in (("vectors", vectors), ("nodes", nodes)):
            server.execute(
                f"""CREATE UNIQUE INDEX IF NOT EXISTS {name}_{generation.number}_id
                ON {held} (image_id)"""
            )
    if count <= FEW_VECTORS:
        return False
    with server.transaction():
        memory = count * (2 * generation.model.dim + _BYTES_A_VECTOR) * 3 // 2**21
        megabytes = min(max(64, memory), _MOST_MEMORY_MB)
        server.execute(f"SET LOCAL maintenance_work_mem = '{megabytes}MB'")
        server.execute(
            f"""CREATE INDEX IF NOT EXISTS vectors_{generation.number}_graph
            ON {vectors} USING hnsw (placed halfvec_ip_ops)"""
        )
        server.execute(f"ANALYZE {vectors}; ANALYZE {nodes}")
    return True


def measure(
    server: Connection,
    generation: CollectionGeneration,
    has_graph: bool,
    blocks: Blocks,
    queries: NDArray[np.float32] | None,
    started: float,
) -> tuple[int | None, Measured]:
    """Return the `hnsw.ef_search` with the recall that `store.vectors.choose` requires.

    Args:
        server: the database.
        generation: the generation, with all of its vectors.
        has_graph: whether it has a graph; otherwise all vectors are compared, and that is timed.
        blocks: yields its vectors.
        queries: (Q, D) vectors of real captions; None if there are none.
        started: when building began, by `time.perf_counter`.

    Returns:
        The smallest of some values of `hnsw.ef_search` that is enough, or else the largest;
        `NOT_MEASURED` without queries, None without a graph. And the measurements with it.
    """
    if not has_graph:
        any_query = np.full((_TIMED, generation.model.dim), 1, dtype=np.float32)
        _, query_ms = _answers_and_time(server, generation, any_query, None)
        return None, Measured(WHOLE, 1.0, query_ms, time.perf_counter() - started)
    if queries is None or not len(queries):
        return NOT_MEASURED, Measured(GRAPH, None, 0.0, time.perf_counter() - started)
    some = queries[:: max(1, -(-len(queries) // _MOST_QUERIES))].astype(np.float32)
    truth = nearest(blocks, some, NEIGHBOURS)
    for ef_search in _TO_TRY:
        answers, query_ms = _answers_and_time(server, generation, some, ef_search)
        recall = _recall(answers, truth)
        if recall >= LEAST_RECALL:
            break
    seconds = time.perf_counter() - started
    return ef_search, Measured(GRAPH, recall, query_ms, seconds)


def _answers_and_time(
    server: Connection,
    generation: CollectionGeneration,
    queries: NDArray[np.float32],
    ef_search: int | None,
) -> tuple[list[list[int]], float]:
    """Return the ids of each query's candidates, and a search's median milliseconds."""
    answers, taken = [], []
    by = "placed" if ef_search else "vector"
    sql = f"""SELECT image_id, vector FROM {generation.table("vectors")}
        ORDER BY {by} <#> %s::halfvec LIMIT {NEIGHBOURS * OVERSAMPLING}"""
    with server.transaction():
        if ef_search:
            server.execute(f"SET LOCAL hnsw.ef_search = {ef_search}")
            server.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        for query in queries:
            placed = scaled_query(query, generation.scale) if ef_search else query
            began = time.perf_counter()
            answers.append([row[0] for row in server.rows(sql, as_text(placed))])
            taken.append(1000 * (time.perf_counter() - began))
    return answers, float(np.median(taken))


def _recall(answers: list[list[int]], truth: NDArray[np.int64]) -> float:
    shares = [np.isin(true, ids).mean() for ids, true in zip(answers, truth, strict=True)]
    return float(np.mean(shares))
