"""Approximate search: vectors in lists by their nearest of L centroids (FAISS `IndexIVF...`).

A search compares its query with the centroids and reads only the nearest lists, in codes of 8 or 16
bits a number. Left out: HNSW, which takes a hundred times as long to build; product quantisation,
whose training takes longer than all of this; and RaBitQ, of which one bit found 85 of the true 100
among 400 where 8 bits lose none, and two bits cost nearly as much as an exact search.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from store.vector_file import Header, read_array, read_codes, write_vectors
from store.vectors import (
    Blocks,
    Found,
    best,
    check_block,
    padded,
    padded_query,
    padded_width,
    selected,
)

__all__ = ["FIRST_PROBES", "ApproximateIndex", "Trained", "train"]

SAMPLE_A_LIST = 40  # FAISS's advice is 39 vectors a centroid at least
MOST_LISTS = 8192
ROUNDS = 10  # of k-means
FIRST_PROBES = 8
SPREAD = 4.0  # times the usual spread of a number, from which on it is scaled down
SEED = 0


@dataclass(frozen=True)
class Trained:
    """What is learnt from a sample.

    Attributes:
        dim: width D of the vectors.
        scale: (W,) powers of two by which the numbers of a vector are multiplied, and those of a
            query divided: no score changes, but a correction of a far wider range than the
            embedding's numbers no longer decides alone which list a vector goes to.
        centroids: (L, W) unit vectors.
        sample: (S, W) scaled vectors, for the ranges of codes of 8 bits.
    """

    dim: int
    scale: NDArray[np.float32]
    centroids: NDArray[np.float32]
    sample: NDArray[np.float32]


def train(dim: int, count: int, blocks: Blocks) -> Trained:
    """Learn the lists' centroids, by spherical k-means on an even sample of the vectors.

    Args:
        dim: width D of the vectors.
        count: how many there are, at least one; there are about twice its root of lists.
        blocks: gives them.
    """
    lists = max(1, min(int(2 * count**0.5), count // SAMPLE_A_LIST, MOST_LISTS))
    sample = _sample(blocks, every=max(1, count // (lists * SAMPLE_A_LIST)))
    spread = sample.std(axis=0)
    usual = float(np.median(spread[:dim])) or 1.0
    scale = np.exp2(-np.ceil(np.log2(np.maximum(spread / (usual * SPREAD), 1)))).astype(np.float32)
    sample *= scale
    means = faiss.Kmeans(
        padded_width(dim),
        lists,
        niter=ROUNDS,
        spherical=True,
        seed=SEED,
        min_points_per_centroid=1,
        max_points_per_centroid=2 * SAMPLE_A_LIST,
    )
    means.train(sample)
    return Trained(dim, scale, np.asarray(means.centroids, dtype=np.float32), sample)


def _sample(blocks: Blocks, every: int) -> NDArray[np.float32]:
    some, before = [], 0
    for _, vectors in blocks():
        some.append(padded(vectors[-before % every :: every]))
        before += len(vectors)
    return np.concatenate(some)


class ApproximateIndex:
    """An approximate `VectorIndex`, made by `build`, or by `choice.load` from a file.

    Attributes:
        probes: how many lists a search reads; may be set, from 1 up to `lists`.
    """

    exact = False

    def __init__(
        self, dim: int, bits: int, scale: NDArray[np.float32], centroids: NDArray[np.float32]
    ) -> None:
        self._dim, self._bits, self._scale = dim, bits, scale
        self._centroids = centroids
        codes = {16: faiss.ScalarQuantizer.QT_fp16, 8: faiss.ScalarQuantizer.QT_8bit}[bits]
        lists, width = centroids.shape
        nearest = faiss.IndexFlatIP(width)
        nearest.add(centroids)
        # Not by residual: what is held is then the vector itself, whichever list it is in.
        self._held: Any = faiss.IndexIVFScalarQuantizer(
            nearest, width, lists, codes, faiss.METRIC_INNER_PRODUCT, False
        )
        self.probes = min(FIRST_PROBES, lists)

    @classmethod
    def build(
        cls, dim: int, count: int, blocks: Blocks, *, bits: int = 8, trained: Trained | None = None
    ) -> Self:
        """Fill lists block by block; the vectors are never all in memory.

        Args:
            dim: width of the vectors.
            count: how many there are, at least one.
            blocks: gives them; ids from 0 up.
            bits: of a number in a code, 8 or 16.
            trained: what `train` gave for the same vectors, None to train now.

        Raises:
            ValueError: a block has vectors of another width, or not as many as ids.
        """
        learnt = train(dim, count, blocks) if trained is None else trained
        index = cls(dim, bits, learnt.scale, learnt.centroids)
        index._held.train(learnt.sample)
        for ids, vectors in blocks():
            check_block(ids, vectors, dim)
            scaled = padded(vectors) * learnt.scale
            index._held.add_with_ids(scaled, np.ascontiguousarray(ids, np.int64))
        return index

    @classmethod
    def read(cls, stream: BinaryIO, header: Header) -> Self:
        """Read the rest of a file of which the header has been read and checked.

        Raises:
            ValueError: its numbers cannot be those of an index.
        """
        width, lists = header.width, header.lists
        scale = read_array(stream, "<f4", width)
        centroids = read_array(stream, "<f4", lists, width)
        ranges = read_array(stream, "<f4", 2 * width if header.bits == 8 else 0)
        sizes = read_array(stream, "<i8", lists)
        ids = read_array(stream, "<i8", header.count)
        _check_numbers(header, [scale, centroids, ranges], sizes, ids)
        index = cls(header.dim, header.bits, scale, centroids)
        faiss.copy_array_to_vector(ranges, index._held.sq.trained)
        index._held.is_trained = True
        index.probes = header.probes
        index._fill(sizes, ids, read_codes(stream, header))
        return index

    @property
    def kind(self) -> str:
        """How it searches, for people."""
        return f"IVF {self.lists} lists, {self.probes} probed, {self._bits} bits"

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return self._dim

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return int(self._held.nlist)

    def __len__(self) -> int:
        return int(self._held.ntotal)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        without: NDArray[np.int64] | None = None,
        within: NDArray[np.int64] | None = None,
    ) -> Found:
        """Give ids (K,) and about the inner products (K,) of most of the k nearest to a query (D,).

        Fewer than k where the lists that are read hold fewer. The highest score comes first, equal
        ones in the order of the ids; `without` are ids that are passed over, and `within`, if it is
        given, those that alone are not. The nearest of a part of all lie further off, so that
        as many more lists are read as that part is smaller than all.

        Raises:
            ValueError: the query has another width.
        """
        row = self.scaled_query(query)
        options = faiss.SearchParametersIVF()
        options.nprobe = self.probes
        if within is not None:
            share = max(len(within), 1) / max(len(self), 1)
            options.nprobe = min(self.lists, math.ceil(self.probes / min(share, 1)))
        chosen = selected(without, within)
        if chosen is not None:
            options.sel = chosen

        def ask(count: int) -> Found:
            scores, ids = self._held.search(row, count, params=options)
            return ids[0], scores[0]

        return best(ask, k, len(self))

    def scaled_query(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give a query (D,) as FAISS is asked, (1, W); ValueError where it has another width."""
        return padded_query(query, self.dim) / self._scale

    def faiss_index(self) -> Any:  # noqa: ANN401 - FAISS's types are incomplete
        """Give FAISS's index, to be copied to a GPU; it reads `probes` lists."""
        self._held.nprobe = self.probes
        return self._held

    def save(self, file: Path) -> None:
        """Write it to a file, which any machine reads.

        Raises:
            OSError: it cannot be written.
        """
        header = Header(self.dim, self._bits, len(self), self.lists, self.probes)
        write_vectors(file, header, self._arrays())

    def _arrays(self) -> Iterator[NDArray[Any]]:
        held = self._held.invlists
        sizes = np.array([held.list_size(number) for number in range(self.lists)], dtype=np.int64)
        yield self._scale
        yield self._centroids
        if self._bits == 8:
            yield faiss.vector_to_array(self._held.sq.trained)
        yield sizes
        filled = np.flatnonzero(sizes).tolist()
        for number in filled:
            yield faiss.rev_swig_ptr(held.get_ids(number), int(sizes[number]))
        for number in filled:
            size = int(sizes[number]) * self._held.code_size
            yield faiss.rev_swig_ptr(held.get_codes(number), size)

    def _fill(
        self, sizes: NDArray[np.int64], ids: NDArray[np.int64], codes: Iterable[NDArray[np.uint8]]
    ) -> None:
        """Put ids (N,) and codes, list after list in pieces of any length, where they belong."""
        ends = np.cumsum(sizes)
        start = 0
        for piece in codes:
            end = start + len(piece)
            cuts = np.unique(np.clip(ends, start, end)).tolist()
            for low, high in zip([start, *cuts], [*cuts, end], strict=True):
                if low < high:
                    self._append(
                        int(np.searchsorted(ends, low, side="right")),
                        ids[low:high],
                        piece[low - start : high - start],
                    )
            start = end
        self._held.ntotal = len(ids)

    def _append(self, number: int, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        self._held.invlists.add_entries(
            number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(np.ascontiguousarray(codes))
        )


def _check_numbers(
    header: Header,
    floats: list[NDArray[np.float32]],
    sizes: NDArray[np.int64],
    ids: NDArray[np.int64],
) -> None:
    if not all(np.isfinite(array).all() for array in floats) or not (floats[0] > 0).all():
        raise ValueError("the file has a scale, centroids or ranges that are no numbers")
    fits = (sizes >= 0).all() and (sizes <= header.count).all() and sizes.sum() == header.count
    if not fits:
        raise ValueError(f"the file has lists that do not hold its {header.count} vectors")
    if header.count and ids.min() < 0:
        raise ValueError(f"the file has the id {ids.min()}, expected none below 0")
