"""The cost of one query, part by part, measured on the photos and captions of a collection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss
    from PIL.Image import Image

    from fusion.retriever import Retriever

__all__ = ["measure_latency"]

CANDIDATES = 50


def measure_latency(
    retriever: Retriever,
    images: Sequence[Image],
    queries: Sequence[str],
    gallery: int,
) -> dict[str, float]:
    """Return the medians over `queries` in milliseconds, one query at a time, after one to warm up.

    Args:
        retriever: the model.
        images: photos to re-rank, at least one; fewer than 50 are repeated.
        queries: captions to search for, at least one.
        gallery: number of vectors that the first stage searches; the photos' own are repeated to
            fill it, which costs an exact search the same.

    Returns:
        encode, first_stage, rerank and total (the median of the sums), and how many queries.
    """
    import faiss

    embedded = retriever.embed_images(list(images))
    vectors = np.resize(np.asarray(embedded.vectors, np.float32), (gallery, retriever.dim))
    candidates = min(CANDIDATES, gallery)
    packed = np.resize(embedded.packed, (candidates, embedded.packed.shape[1]))
    index = faiss.IndexFlatIP(retriever.dim)
    index.add(vectors)
    parts = [
        _one_query(retriever, index, vectors[:candidates], packed, text)
        for text in [queries[0], *queries]
    ]
    medians = np.median(np.array(parts[1:]), axis=0)
    names = ("encode", "first_stage", "rerank", "total")
    return {
        **{name: round(float(ms), 3) for name, ms in zip(names, medians, strict=True)},
        "queries": len(queries),
    }


def _one_query(
    retriever: Retriever,
    index: faiss.Index,
    stored_vectors: NDArray[np.floating],
    packed: NDArray[np.uint8],
    text: str,
) -> tuple[float, float, float, float]:
    """Return the milliseconds of one query: encode, first stage, re-rank and their sum."""
    started = time.perf_counter()
    query = retriever.embed_queries([text])
    encoded = time.perf_counter()
    index.search(query.vectors, len(stored_vectors))
    first_stage_done = time.perf_counter()
    retriever.rerank(query, stored_vectors, packed)
    ended = time.perf_counter()
    marks = (
        encoded - started,
        first_stage_done - encoded,
        ended - first_stage_done,
        ended - started,
    )
    encode, first_stage, rerank, total = (1000 * seconds for seconds in marks)
    return encode, first_stage, rerank, total
