"""The store's search step and plain alternatives, measured alternately in a separate process.

`python -m search.bench.peer_process INDEX VECTORS DATABASE QUERIES COUNT` asks for the 50 nearest
of the first COUNT vectors and prints milliseconds of each query as one JSON object:

    store     crossgraph's own search, in the index's own form
    faiss     `IndexFlatIP` over all vectors as float32
    numpy     a matrix product over the same, and `argpartition`
    rclip     all vectors read from SQLite into numpy for every query, as rclip does
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from search.bench.made import open_vectors
from store import Index

__all__ = ["main"]

K = 50
READINGS = 3
"""Number of queries that read everything from SQLite, which takes seconds each."""

Ask = Callable[[NDArray[np.float32]], object]


def main() -> None:
    """Measure; arguments as above."""
    folder, vectors, database, queries, count = sys.argv[1:]
    queries_array = np.load(queries)
    times = _in_memory(Path(folder), open_vectors(Path(vectors))[: int(count)], queries_array)
    times |= _measured(
        {"rclip": _reading(database, int(count))}, queries_array[:READINGS], warm_up=1
    )
    sys.stdout.write(json.dumps(times) + "\n")


def _in_memory(
    folder: Path, vectors: NDArray[np.float16], queries: NDArray[np.float32]
) -> dict[str, list[float]]:
    vectors_32 = vectors.astype(np.float32)
    flat = faiss.IndexFlatIP(vectors_32.shape[1])
    flat.add(vectors_32)
    with Index.open(folder) as index:
        return _measured(
            {
                "store": lambda query: index.search(query, K),
                "faiss": lambda query: flat.search(query[None], K),
                "numpy": lambda query: _best(vectors_32 @ query),
            },
            queries,
        )


def _reading(database: str, count: int) -> Ask:
    def ask(query: NDArray[np.float32]) -> object:
        connection = sqlite3.connect(database)
        sql = "SELECT path, vector FROM images WHERE id <= ?"
        rows = connection.execute(sql, (count,)).fetchall()
        vectors = np.stack([np.frombuffer(vector, np.float32) for _, vector in rows])
        connection.close()
        return _best(vectors @ query)

    return ask


def _best(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    k = min(K, len(scores))
    first = np.argpartition(-scores, k - 1)[:k]
    return first[np.argsort(-scores[first], kind="stable")]


def _measured(
    ways: dict[str, Ask], queries: NDArray[np.float32], *, warm_up: int = 3
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn, query in enumerate([*queries[:warm_up], *queries]):
        for name, ask in ways.items():
            started = time.perf_counter()
            ask(query)
            if turn >= warm_up:
                taken[name].append(1000 * (time.perf_counter() - started))
    return taken


if __name__ == "__main__":
    main()
