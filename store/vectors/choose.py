"""Which `VectorIndex` a collection gets: exact as long as that is fast, then a measured one."""

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
"""An approximate index is asked for this many times k, and what it gives is scored exactly.

Twice k takes back what codes of 8 bits lose; four times k brought nothing more.
"""

LEAST_RECALL = 0.985
"""Of the captions that are kept, so that others too find 98 % of their 100 nearest."""

NEIGHBOURS = 100
MOST_QUERIES = 256
WARM_SEARCHES = 9
TIMED = 65536  # vectors; more than a processor's caches hold
# Centroids are compared too, and lists lie here and there: past this share of them an approximate
# search costs about what an exact one does. Counted, not timed, so that the choice is always one.
MOST_READ = 0.75


@dataclass(frozen=True)
class Measured:
    """Measurements from when an index was built.

    Attributes:
        kind: the index's.
        recall_at_100: share of the true nearest 100 among what is re-scored, mean over the
            queries; 1.0 for an exact index, None where there were no queries to measure it with.
        query_ms: median milliseconds of one warm search.
        build_seconds: from nothing to the index, the measuring included.
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
    """Build the index that these vectors need on this machine.

    Exact while a warm search costs at most `most_ms`. Then approximate, 8 bits a number before 16,
    with the fewest probed lists, doubled from 8 on, at which recall@100 is enough. Exact again
    where that would read more than three quarters of the lists; and where there are no queries,
    since a right answer that is late is better than one of which nobody knows what is missing.
    Where it is exact and not on a GPU, it takes the form of `store.vectors.rescored`.

    Args:
        dim: width D of the vectors.
        count: how many there are.
        blocks: gives them; called up to seven times.
        queries: (Q, D) vectors of real captions; 256 of them, evenly chosen, are used.
        most_ms: milliseconds from which on an exact search is too slow.
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
    """Open what an index's `save` wrote, onto a GPU where there is one.

    An exact index is read and checked whole. The lists of an approximate one stay in the file, and
    each is checked by the first search that reads it.

    Args:
        file: the file.
        sha256: what its head's must be, hex; None for any.

    Raises:
        DamagedVectors: the file is damaged.
        ValueError: it is no such file, or cannot be one.
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
    """Return whether an exact search is fast enough, from one among the first of the vectors.

    Each of them costs the same, and memory is spared.
    """
    some = min(count, TIMED)
    index = _exact(dim, some, lambda: _first(blocks, some))
    # The fastest, not the median: a machine that is busy with something else for the moment would
    # get lists that it does not need.
    return min(_warm_ms(index, queries)) * count / some <= most_ms


def _first(blocks: Blocks, count: int) -> Iterator[Block]:
    """Return the first vectors, without reading more."""
    for ids, vectors in blocks():
        yield ids[:count], vectors[:count]
        count -= len(ids)
        if count <= 0:
            return


def _warm_ms(index: VectorIndex, queries: NDArray[np.float32]) -> list[float]:
    """Return the milliseconds of some searches for what a caller re-scores, after one to warm up.

    Without queries it is asked for a vector of equal numbers: an exact search costs what it costs.
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
    """Return the first approximate index with enough recall, and what that is, else None."""
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
    """Return the numbers of lists to try: 8, 16, ..., and the most that is still worth it.

    >>> _probes(100)
    [8, 16, 32, 64, 75]
    """
    most = max(1, int(lists * MOST_READ))
    doubled = [FIRST_PROBES << turn for turn in range(lists.bit_length())]
    return [*(probes for probes in doubled if probes < most), most]


def nearest(blocks: Blocks, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the ids, (Q, K) in no order, of the k vectors with the highest products."""
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

    That is the recall after re-scoring too: scored exactly, what belongs to the nearest of all
    comes first among the candidates.
    """
    candidates = OVERSAMPLING * NEIGHBOURS
    shares = [
        np.isin(true, index.search(query, candidates)[0]).mean()
        for query, true in zip(queries, truth, strict=True)
    ]
    return float(np.mean(shares))
