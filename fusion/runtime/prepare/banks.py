"""Computes with numpy what a network derives from its banks: constants of graphs, and tables."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.vector_layout import query_columns

__all__ = [
    "Words",
    "caption_rows",
    "detected_table",
    "largest",
    "recall_queries",
    "unit_rows",
    "word_prior",
    "worded_table",
    "words_said",
]

Array = NDArray[np.float32]
Packed = NDArray[np.int8]
Ints = NDArray[np.integer]


class Words(NamedTuple):
    """The word graph as a checkpoint stores it: the words in captions of N training photos.

    `fusion/graphs/word_graph.py` explains it.
    """

    ends: Ints
    """(N,) the end of each photo's edges."""
    words: Ints
    """(E,) columns of the vocabulary."""
    shares: NDArray[np.uint8]
    """(E,) the share of the photo's captions that use the word, times 255."""
    size: int
    """V, the size of the vocabulary."""


def unit_rows(packed: Packed) -> Array:
    """Unpack (..., D) int8 to (..., D) float32 of unit length, as `unpack_rows` of the network.

    The results are bit-identical: a sum of squares of such small integers is exact in any order.

    >>> unit_rows(np.array([[3, 4]], np.int8)).tolist() == [[np.float32(0.6), np.float32(0.8)]]
    True
    """
    rows = packed.astype(np.float32)
    length = np.sqrt(np.square(rows).sum(-1, keepdims=True, dtype=np.float32))
    unit: Array = rows / np.maximum(length, np.float32(1e-12))
    return unit


def largest(rows: Array, count: int) -> tuple[NDArray[np.int64], Array]:
    """Return the columns and values of the `count` largest of each row, largest first."""
    count = min(count, rows.shape[1])
    columns = np.argpartition(-rows, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(rows, columns, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(columns, order, 1), np.take_along_axis(values, order, 1)


def caption_rows(ends: Ints, nodes: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the positions of M captions' nodes in a bank of `nodes` rows.

    Returns:
        Rows (M, T) int64 and mask (M, T) bool, T the longest caption's number of nodes.

    >>> rows, mask = caption_rows(np.array([2, 5]), 5)
    >>> rows.tolist(), mask.tolist()
    ([[0, 1, 2], [2, 3, 4]], [[True, True, False], [True, True, True]])
    """
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    lengths = ends.astype(np.int64) - starts
    place = np.arange(int(lengths.max()))
    return np.minimum(starts[:, None] + place, nodes - 1), place < lengths[:, None]


def words_said(graph: Words) -> NDArray[np.uint8]:
    """Return the share of each photo's captions that use a word, times 255: (V, N)."""
    said = np.zeros((graph.size, len(graph.ends)), np.uint8)
    said[graph.words[: graph.ends[-1]], _owners(graph)] = graph.shares[: graph.ends[-1]]
    return said


def word_prior(graph: Words, least: float) -> Array:
    """Return the mean of each word's shares over all photos, (V,), raised by `least`."""
    shares = graph.shares[: graph.ends[-1]].astype(np.float32) / np.float32(255)
    sums = np.bincount(graph.words[: graph.ends[-1]], shares, graph.size).astype(np.float32)
    prior: Array = sums / np.float32(len(graph.ends)) + np.float32(least)
    return prior


def _owners(graph: Words) -> NDArray[np.int64]:
    degrees = np.diff(graph.ends, prepend=graph.ends.dtype.type(0))
    return np.repeat(np.arange(len(graph.ends)), degrees)


def worded_table(
    bank: Packed, said_by_photo: NDArray[np.uint8], prior: Array, settings: dict[str, Any]
) -> Array:
    """Return the log odds of each word from the word graph, for a sample of its bank's photos.

    Args:
        bank: (N, D) the photos' packed vectors.
        said_by_photo: (V, N) from `words_said`.
        prior: (V,) from `word_prior`.
        settings: the number of photos (`sample`), the edges of each (`neighbours`), the
            `temperature` of their weights, `smoothing`, and the `lowest` and `highest` log odds.

    Returns:
        (V, S) float32.
    """
    units = unit_rows(bank)
    chosen = units[:: max(len(units) // settings["sample"], 1)]
    columns, cosines = largest(chosen @ units.T, settings["neighbours"])
    logits = cosines / np.float32(settings["temperature"])
    weights = np.exp(logits - logits.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    by_photo, share = np.ascontiguousarray(said_by_photo.T), np.arange(256, dtype=np.float32) / 255
    table = np.empty((len(chosen), len(prior)), np.float32)
    for row, (near, weight) in enumerate(zip(columns, weights, strict=True)):
        table[row] = weight @ share[by_photo[near]]
    table += np.float32(settings["smoothing"]) * prior
    odds = np.log(table / prior).clip(settings["lowest"], settings["highest"])
    return np.ascontiguousarray(odds.T)


def detected_table(sample: Packed, steps: int) -> Array:
    """Return the log odds of each word from the word detector, for a sample of photos: (V, S)."""
    return np.ascontiguousarray((sample.astype(np.float32) / np.float32(steps)).T)


def recall_queries(captions: Packed, bank: Packed, nearest: int, weight: float) -> Array:
    """Return the vectors (Q, D + 3) of training captions, as `Retriever.recall_queries`.

    Args:
        captions: (Q, D) their packed vectors.
        bank: (N, D) the packed vectors of the photos that texts' hub corrections use.
        nearest: the number of photos that a text is compared with.
        weight: the weight of their mean similarity.
    """
    rows = unit_rows(captions)
    _, similar = largest(rows @ unit_rows(bank).T, nearest)
    hub = np.float32(weight) * similar.mean(1, keepdims=True, dtype=np.float32)
    beside = query_columns(hub, np.ones_like, np.zeros_like)
    vectors: Array = np.concatenate([rows, *beside], axis=1)
    return vectors
