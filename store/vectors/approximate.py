"""Approximate search: vectors in lists by their nearest of L centroids (FAISS `IndexIVF...`).

A search compares its query with the centroids and reads only the nearest lists, in codes of 8 or 16
bits a number. Not used are HNSW, which takes a hundred times as long to build; product
quantisation, whose training alone takes longer than this build; and RaBitQ: with one bit, 400
candidates had 85 of the true 100 nearest, where 8 bits lose none, and with two bits it cost nearly
as much as an exact search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from store.types import Blocks, TopK
from store.vectors.centroids import Trained, train
from store.vectors.mapped_lists import MappedLists
from store.vectors.vector_file import Part, write_vectors
from store.vectors.vector_head import Head, Header
from store.vectors.vector_index import (
    best,
    check_block,
    padded,
    padded_query,
    selected,
)

__all__ = ["FIRST_PROBES", "ApproximateIndex"]

FIRST_PROBES = 8


class ApproximateIndex:
    """An approximate `VectorIndex`, made by `build`, or by `choose.load` from a file.

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
        # Not by residual: a code is then of the vector itself, whichever list it is in.
        self._held: Any = faiss.IndexIVFScalarQuantizer(
            nearest, width, lists, codes, faiss.METRIC_INNER_PRODUCT, False
        )
        self._nearest = nearest
        self._lists: MappedLists | None = None  # the lists of the file, if it comes from one
        self.probes = min(FIRST_PROBES, lists)

    @classmethod
    def build(
        cls, dim: int, count: int, blocks: Blocks, *, bits: int = 8, trained: Trained | None = None
    ) -> Self:
        """Fill lists block by block; the vectors are never all in memory.

        Args:
            dim: width of the vectors.
            count: how many there are, at least one.
            blocks: yields them; ids are at least 0.
            bits: bits of a number in a code, 8 or 16.
            trained: the result of `train` for the same vectors; None to train now.

        Raises:
            ValueError: a block has vectors of another width, or not as many as ids.
        """
        learnt = train(dim, count, blocks) if trained is None else trained
        index = cls(dim, bits, learnt.scale, learnt.centroids)
        index._held.train(learnt.sample)
        if index.lists == 1:
            # Allocated at once: a list that grows is copied into twice the memory each time.
            index._held.invlists.resize(0, count)
        start = 0
        for ids, vectors in blocks():
            check_block(ids, vectors, dim)
            scaled = padded(vectors) * learnt.scale
            id_array = np.ascontiguousarray(ids, np.int64)
            if index.lists == 1:
                index._put(start, id_array, scaled)
            else:
                index._held.add_with_ids(scaled, id_array)
            start += len(ids)
        index._held.ntotal = start
        return index

    def _put(self, start: int, ids: NDArray[np.int64], scaled: NDArray[np.float32]) -> None:
        """Write vectors (N, W) into the only list from `start` on, where there is room for them."""
        codes = self._held.sq.compute_codes(scaled)
        self._held.invlists.update_entries(
            0, start, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes)
        )

    @classmethod
    def read(cls, file: Path, stream: BinaryIO, head: Head) -> Self:
        """Open the rest of a file whose head has been read and checked.

        Its lists stay in the file, see `store.vectors.mapped_lists`.

        Raises:
            ValueError: it cannot be mapped.
        """
        index = cls(head.header.dim, head.header.bits, head.scale, head.centroids)
        faiss.copy_array_to_vector(head.ranges, index._held.sq.trained)
        index._held.is_trained = True
        index.probes = head.header.probes
        index._lists = MappedLists(file, stream, head)
        index._held.replace_invlists(index._lists.held, False)
        index._held.ntotal = head.header.count
        return index

    @property
    def kind(self) -> str:
        """How it searches, in a few words for people."""
        if self.whole and self._bits == 8:
            return "exact, 8 bits re-scored"
        return f"IVF {self.lists} lists, {self.probes} probed, {self._bits} bits"

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return self._dim

    @property
    def lists(self) -> int:
        """The number of lists."""
        return int(self._held.nlist)

    def __len__(self) -> int:
        return int(self._held.ntotal)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        without: NDArray[np.int64] | None = None,
        within: NDArray[np.int64] | None = None,
    ) -> TopK:
        """Return ids (K,) and approximate scores (K,) of most of the k nearest to a query (D,).

        Scores are inner products, the highest first, equal ones in the order of the ids. There are
        fewer than k if the lists that are read have fewer. Ids in `without` are excluded; if
        `within` is given, only its ids are searched. The nearest of a subset are further away, so
        the number of lists read grows as the subset shrinks.

        Raises:
            ValueError: the query has another width.
            DamagedVectors: a list of the file is damaged.
        """
        row = self.scaled_query(query)
        options = faiss.SearchParametersIVF()
        options.nprobe = self.probes
        if within is not None:
            share = max(len(within), 1) / max(len(self), 1)
            options.nprobe = min(self.lists, math.ceil(self.probes / min(share, 1)))
        if self._lists is not None and not self._lists.all_checked:
            self._lists.check(self._nearest.search(row, options.nprobe)[1][0])
        chosen = selected(without, within)
        if chosen is not None:
            options.sel = chosen

        def ask(count: int) -> TopK:
            scores, ids = self._held.search(row, count, params=options)
            return ids[0], scores[0]

        return best(ask, k, len(self))

    @property
    def whole(self) -> bool:
        """Whether a search compares every vector."""
        return self.lists == 1

    def slack(self, query: NDArray[np.float32]) -> float:
        """Return the largest error of a score of a query (D,); infinite for codes of 16 bits.

        A code of 8 bits stands for the middle of one of 255 steps between the least and the
        greatest number of a sample. With a single list the sample covers all vectors, and no error
        is larger than this; otherwise a few numbers may be outside the range, but errors hardly
        ever reach a fifth of this.
        """
        if self._bits != 8:
            return float("inf")
        weights = np.abs(self.scaled_query(query))[0]
        low, ranges = faiss.vector_to_array(self._held.sq.trained).reshape(2, -1)
        greatest = np.maximum(np.abs(low), np.abs(low + ranges))
        # Half a step, plus the rounding error of a sum of a few hundred 32-bit numbers.
        return float(weights @ (0.501 * ranges / 255 + 1e-5 * greatest))

    def scaled_query(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a query (D,) as FAISS takes it, (1, W); raises ValueError for another width."""
        return padded_query(query, self.dim) / self._scale

    def faiss_index(self) -> Any:  # noqa: ANN401 - FAISS's types are incomplete
        """Return FAISS's index, to be copied to a GPU; it reads `probes` lists.

        Raises:
            DamagedVectors: the file that it comes from is damaged.
        """
        if self._lists is not None:
            self._lists.check()
        self._held.nprobe = self.probes
        return self._held

    def save(self, file: Path) -> None:
        """Write it to a file that any machine can read.

        Raises:
            OSError: it cannot be written.
            DamagedVectors: the file that it comes from is damaged.
        """
        if self._lists is not None:
            self._lists.check()
        header = Header(self.dim, self._bits, len(self), self.lists, self.probes)
        ranges = faiss.vector_to_array(self._held.sq.trained) if self._bits == 8 else ()
        learnt = (self._scale, self._centroids, np.asarray(ranges, dtype=np.float32))
        write_vectors(file, header, learnt, self._parts)

    def _parts(self) -> Iterator[Part]:
        lists = self._held.invlists
        for number in range(self.lists):
            size = lists.list_size(number)
            if not size:
                yield np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64)
                continue
            codes = faiss.rev_swig_ptr(lists.get_codes(number), size * self._held.code_size)
            yield codes, faiss.rev_swig_ptr(lists.get_ids(number), size)
