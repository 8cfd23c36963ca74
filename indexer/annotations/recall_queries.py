"""Stores vectors of real captions in an index, to measure the recall of approximate search."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.indexing_model import IndexingModel
from store import Index

__all__ = ["FEW_PHOTOS", "put_recall_queries"]

FEW_PHOTOS = 20_000
"""Up to this number an exact search takes a few milliseconds, and recall need not be measured."""

MOST_QUERIES = 256


class _Keeper(Protocol):
    def put_recall_queries(self, vectors: NDArray[np.floating]) -> None: ...


def put_recall_queries(index: Index, model: IndexingModel, keeper: _Keeper | None = None) -> None:
    """Store the vectors of some captions in an index that may outgrow exact search.

    They are the collection's own captions if it has enough of them, otherwise captions that the
    model was trained on.

    Args:
        index: the index, with its captions.
        model: embeds the captions.
        keeper: where the vectors are stored; None for the index itself.
    """
    if len(index) <= FEW_PHOTOS or (keeper is None and index.has_recall_queries()):
        return
    captions = index.some_captions(MOST_QUERIES)
    if len(captions) == MOST_QUERIES:
        vectors = np.concatenate([model.embed_queries([text]).vectors for text in captions])
    else:
        vectors = np.asarray(model.recall_queries())[:MOST_QUERIES]
    (index if keeper is None else keeper).put_recall_queries(vectors)
