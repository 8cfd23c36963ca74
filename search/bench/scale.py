"""What changes with a collection's size: time of a query, recall, bytes, and time to build."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.bench import subject
from search.bench.made import Built, Collections, open_vectors
from search.bench.query import warm_queries
from search.bench.targets import Figure
from search.bench.timing import medians, process_json

__all__ = ["SizeRow", "exact_nearest", "measure", "recall"]

NEAREST = 100
ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class SizeRow:
    """The measurements of a collection of one size; a point of the curve.

    Attributes:
        built: its index.
        query_ms: time of a warm query with re-ranking; a median, like the next.
        search_ms: time of its search step by method: `store`, and the peers of `peer_process`.
    """

    built: Built
    query_ms: float
    search_ms: dict[str, float]

    @property
    def bytes_an_image(self) -> float:
        """The size of all files of the index, divided by its photos."""
        return self.built.stored_bytes / self.built.count

    @property
    def build_seconds(self) -> float:
        """The time to write all rows from ready embeddings and to build the vector file."""
        return self.built.write_seconds + self.built.finish_seconds


def measure(collections: Collections) -> Iterator[Figure | SizeRow]:
    """Measure every size, and compare the largest with the limits."""
    setting = collections.setting
    sizes, largest = setting.amounts.sizes, setting.largest
    indexes = {size: collections.index(size) for size in sizes}
    whole = indexes[largest][1]
    yield Figure(
        "bytes",
        whole.stored_bytes / largest / 1000,
        f"{whole.stored_bytes / 1e6:,.0f} MB; {whole.kind}",
        (largest,),
    )
    yield _recall(collections, indexes[largest][0])
    times = warm_queries(collections, [index for index, _ in indexes.values()])
    query = medians({str(size): times["query"][str(indexes[size][0])] for size in sizes})
    base, most = query[str(setting.base)], query[str(largest)]
    yield Figure(
        "query_growth",
        most / base,
        f"{most:.1f} ms over {base:.1f} ms",
        (largest, setting.base),
        times["query"],
    )
    for size, (index, built) in indexes.items():
        yield SizeRow(built, query[str(size)], _search_steps(collections, index, size))


def recall(answers: list[NDArray[np.int64]], truth: NDArray[np.int64]) -> float:
    """Return the mean share of the true nearest, (Q, K) ids, that were found for each query.

    >>> recall([np.array([3, 1]), np.array([9, 9])], np.array([[1, 2], [9, 4]]))
    0.5
    """
    shares = [np.isin(true, ids).mean() for ids, true in zip(answers, truth, strict=True)]
    return float(np.mean(shares))


def exact_nearest(
    vectors: NDArray[np.generic], queries: NDArray[np.float32], k: int
) -> NDArray[np.int64]:
    """Return the rows, (Q, k) unordered, with the highest products in float32, block by block."""
    rows = np.zeros((len(queries), 0), dtype=np.int64)
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        block = np.asarray(vectors[start : start + ROWS_AT_ONCE], dtype=np.float32)
        scores = np.hstack([scores, queries @ block.T])
        more = np.arange(start, start + len(block))
        rows = np.hstack([rows, np.broadcast_to(more, (len(queries), len(block)))])
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        scores = np.take_along_axis(scores, best, axis=1)
        rows = np.take_along_axis(rows, best, axis=1)
    return rows


def _recall(collections: Collections, folder: Path) -> Figure:
    from store import Index

    largest, k = collections.setting.largest, min(NEAREST, collections.setting.largest)
    queries = subject.query_vectors(collections.setting, collections.model)
    collections.setting.say(f"exact search of {largest:,} vectors for {len(queries)} queries")
    vectors = open_vectors(collections.vectors())
    truth = exact_nearest(vectors, queries, k) + 1  # ids begin with one
    with Index.open(folder) as index:
        answers = [index.search(query, k)[0] for query in queries]
    share = recall(answers, truth)
    told = "captions" if collections.setting.annotations else "training captions"
    return Figure("recall", share, f"{len(queries)} {told}", (largest,))


def _search_steps(collections: Collections, index: Path, size: int) -> dict[str, float]:
    collections.setting.say(f"the search step on {size:,} vectors, beside plain ways to do it")
    file = collections.setting.work / "queries.npy"
    np.save(file, subject.query_vectors(collections.setting, collections.model)[:20])
    taken = process_json(
        "peer_process", index, collections.vectors(), collections.database(), file, size
    )
    return {way: statistics.median(times) for way, times in taken.items()}
