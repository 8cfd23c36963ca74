"""The choice of a `VectorIndex`: exact as long as that is fast, then approximate and measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from store.types import Block, Blocks
from store.vectors.approximate import FIRST_PROBES, ApproximateIndex
from store.vectors.centroids import train
from store.vectors.flat import FlatIndex
from store.vectors.gpu import on_gpu
from store.vectors.rescored import rescored
from store.vectors.vector_file import DamagedVectors
from store.vectors.vector_head import read_head
from store.vectors.vector_index import FileIndex, VectorIndex

__all__ = ["LEAST_RECALL", "NEIGHBOURS", "OVERSAMPLING", "Measured", "build", "load", "nearest"]

OVERSAMPLING = 2
"""Over-fetch factor: an approximate index returns this many times k candidates to score exactly.

Twice k makes up for what codes of 8 bits lose; four times k brought no further gain.
"""

LEAST_RECALL = 0.985
"""Recall@100 required for the kept captions, so that others too find 98 % of their 100 nearest."""

NEIGHBOURS = 100
MOST_QUERIES = 256
WARM_SEARCHES = 9
TIMED = 65536  # vectors; more than a processor's caches hold
# The centroids are compared too, and lists are scattered: above this share of the lists, an
# approximate search costs about as much as an exact one. It is a count, not a time, so that the
# choice is always the same.
MOST_READ = 0.75


@dataclass(frozen=True)
class Measured:
    """Measurements from when an index was built.

    Attributes:
        kind: the index's `kind`.
        recall_at_100: share of the true nearest 100 among the candidates to re-score, as a mean
            over the queries; 1.0 for an exact index, None if there were no queries to measure with.
        query_ms: median milliseconds of one warm search.
        build_seconds: time to build the index, including the measurements.
    """

    kind: str
    recall_at_100: float | None
    query_ms: float
    build_seconds: float


def build(
    dim: int,
    count: int,
    blocks: Blocks,
    queries: NDArray[np.float32],
    *,
    most_ms: float = 20.0,
    least_recall: float = LEAST_RECALL,
) -> tuple[FileIndex, Measured]:
    """Build the index that suits these vectors on this machine.

    It is exact if a warm search takes at most `most_ms`. Otherwise it is approximate, with 8 bits a
    number if these are enough, else with 16, and with the fewest probed lists of `_probes` that
    reach the recall. It is exact after all if that would read more than three quarters of the
    lists, or if there are no queries, since a slow result is better than one of unknown recall. An
    exact index takes the form of `store.vectors.rescored` unless it is on a GPU.

    Args:
        dim: width D of the vectors.
        count: how many there are.
        blocks: yields them; called up to eight times.
        queries: (Q, D) vectors of real captions; at most 256 of them, evenly chosen, are used.
        most_ms: milliseconds above which an exact search is too slow.
        least_recall: recall@100 that an approximate index must have.

    Raises:
        ValueError: a block or the queries have another width.
    """
    if queries.ndim != 2 or queries.shape[1] != dim:
        raise ValueError(f"queries have shape {queries.shape}, expected (Q, {dim})")
    started = time.perf_counter()
    sample = queries[:: max(1, -(-len(queries) // MOST_QUERIES))].astype(np.float32, copy=False)
    measurable = bool(len(sample) and count)
    recall: float | None = 1.0 if len(sample) else None
    approximate = None
    if measurable and not _exact_in_time(dim, count, blocks, sample, most_ms):
        approximate = _approximate(dim, count, blocks, sample, least_recall)
    index, recall = approximate or (_exact(dim, count, blocks), recall)
    ms = float(np.median(_warm_ms(index, sample)))
    return index, Measured(index.kind, recall, ms, time.perf_counter() - started)


def load(file: Path, sha256: str | None = None) -> FileIndex:
    """Open a file that an index's `save` wrote, and copy it to a GPU if there is one.

    A `FlatIndex` is read and checked as a whole. The lists of an `ApproximateIndex` stay in the
    file, and each is checked by the first search that reads it.

    Args:
        file: the file.
        sha256: the expected SHA-256 of its head, hex; None for any.

    Raises:
        DamagedVectors: the file is damaged, or not the expected one.
        ValueError: it is not such a file, or has invalid values.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        head = read_head(stream, file)
        if sha256 not in (None, head.sha256):
            raise DamagedVectors(f"{file} is not the recorded file")
        if head.header.lists:
            return _placed(ApproximateIndex.read(file, stream, head))
        return _placed(FlatIndex.read(stream, head))


def _placed(index: FlatIndex | ApproximateIndex) -> FileIndex:
    return on_gpu(index) or index


def _exact(dim: int, count: int, blocks: Blocks) -> FileIndex:
    if count and not faiss.get_num_gpus():
        return rescored(dim, count, blocks)
    index = FlatIndex(dim)
    for ids, vectors in blocks():
        index.add(ids, vectors)
    return _placed(index)


def _exact_in_time(
    dim: int, count: int, blocks: Blocks, queries: NDArray[np.float32], most_ms: float
) -> bool:
    """Return whether an exact search is fast enough, extrapolated from the first vectors.

    Each vector costs the same, and a part of them takes less memory.
    """
    some = min(count, TIMED)
    index = _exact(dim, some, lambda: _first(blocks, some))
    # The fastest, not the median: a machine that is busy with something else at the moment would
    # get an approximate index without need.
    return min(_warm_ms(index, queries)) * count / some <= most_ms


def _first(blocks: Blocks, count: int) -> Iterator[Block]:
    """Yield the first `count` vectors, without reading more blocks."""
    for ids, vectors in blocks():
        yield ids[:count], vectors[:count]
        count -= len(ids)
        if count <= 0:
            return


def _warm_ms(index: VectorIndex, queries: NDArray[np.float32]) -> list[float]:
    """Return the milliseconds of some searches for as many as callers fetch, after one to warm up.

    Without queries a vector of equal numbers is searched: an exact search costs the same for any.
    """
    some = queries if len(queries) else np.full((1, index.dim), index.dim**-0.5, dtype=np.float32)
    k = NEIGHBOURS if index.exact else NEIGHBOURS * OVERSAMPLING
    taken = []
    for turn in range(WARM_SEARCHES + 1):
        started = time.perf_counter()
        index.search(some[turn % len(some)], k)
        taken.append(1000 * (time.perf_counter() - started))
    return taken[1:]


def _approximate(
    dim: int, count: int, blocks: Blocks, queries: NDArray[np.float32], least_recall: float
) -> tuple[FileIndex, float] | None:
    """Return the first approximate index with enough recall, and its recall; None if none has."""
    truth = nearest(blocks, queries, NEIGHBOURS)
    trained = train(dim, count, blocks)
    for bits in (8, 16):
        index = ApproximateIndex.build(dim, count, blocks, bits=bits, trained=trained)
        for probes in _probes(index.lists):
            index.probes = probes
            placed = _placed(index)
            recall = _recall(placed, queries, truth)
            if recall >= least_recall:
                return placed, recall
    return None


def _probes(lists: int) -> list[int]:
    """Return the numbers of probed lists to try: 8, each half as many more, and the largest.

    >>> _probes(100)
    [8, 12, 18, 27, 40, 60, 75]
    """
    most = max(1, int(lists * MOST_READ))
    found, probes = [], FIRST_PROBES
    while probes < most:
        found.append(probes)
        probes += probes // 2
    return [*found, most]


def nearest(blocks: Blocks, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the ids, (Q, K) in no order, of the k vectors with the highest inner products."""
    ids = np.zeros((len(queries), 0), dtype=np.int64)
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    for more, vectors in blocks():
        scores = np.hstack([scores, queries @ vectors.astype(np.float32, copy=False).T])
        ids = np.hstack([ids, np.broadcast_to(more, (len(queries), len(more)))])
        if ids.shape[1] > k:
            first = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            scores = np.take_along_axis(scores, first, axis=1)
            ids = np.take_along_axis(ids, first, axis=1)
    return ids


def _recall(index: VectorIndex, queries: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Return the mean share of the true nearest among the candidates.

    The recall after re-scoring is the same: with exact scores, the true nearest come first among
    the candidates.
    """
    candidates = OVERSAMPLING * NEIGHBOURS
    shares = [
        np.isin(true, index.search(query, candidates)[0]).mean()
        for query, true in zip(queries, truth, strict=True)
    ]
    return float(np.mean(shares))
