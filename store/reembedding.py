"""Embeddings of another model, built next to the active ones until they can replace them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from store.catalog import images as rows
from store.catalog import models
from store.columns.codec import StoredArray
from store.columns.half_precision import half_vectors
from store.index import Index
from store.types import ModelInfo, PhotoFile

__all__ = ["Reembedding"]


class Reembedding:
    """Fills the tables of another model; rows from an earlier run are kept.

    Photos that are changed or removed meanwhile are changed or removed here too. Unfinished
    embeddings of a third model are dropped.

    Args:
        index: an open index, which no other process writes from now on.
        model: the new model.

    Raises:
        ValueError: it is the active model.
        IndexBusy: another process is writing.
    """

    def __init__(self, index: Index, model: ModelInfo) -> None:
        if model.fingerprint == index.model.fingerprint:
            raise ValueError(f"{index.folder} is already embedded with model {model.name}")
        self._index = index
        with index.writing() as catalog:
            known_model = models.find_model(catalog, model.fingerprint)
            for other in models.other_models(catalog, index.model):
                if other != known_model:
                    models.forget(catalog, other)
            self._model = known_model or models.add_model(catalog, model)

    def missing(self) -> dict[int, PhotoFile]:
        """Return the photos without an embedding of the new model, by ascending id."""
        with self._index.reading() as catalog:
            done = {row[0] for row in catalog.rows(f"SELECT image_id FROM {self._model.vectors}")}
            known = rows.files(catalog, None)
        return {image_id: file for image_id, file in known.items() if image_id not in done}

    def put(
        self, image_ids: Sequence[int], vectors: NDArray[np.floating], nodes: StoredArray
    ) -> None:
        """Write the new model's vectors (B, D) and nodes (B, ...) of photos of the index.

        Raises:
            ValueError: a shape is wrong, or a value is not finite.
        """
        halves = half_vectors(vectors, nodes, (len(image_ids), self._model.dim))
        with self._index.writing() as catalog:
            rows.put_arrays(catalog, self._model, image_ids, halves, nodes)

    def put_recall_queries(self, vectors: NDArray[np.floating]) -> None:
        """Keep the vectors (Q, D) of real captions, with which an approximate index is tuned."""
        halves = half_vectors(vectors, vectors, (len(vectors), self._model.dim))
        with self._index.writing() as catalog:
            models.set_recall_queries(catalog, self._model, halves)

    def switch(self) -> None:
        """Make the new embeddings the active ones, all at once, and drop the old ones.

        Raises:
            ValueError: some photos have none.
            OSError: the vector file cannot be written; the old embeddings stay active.
        """
        missing = len(self.missing())
        if missing:
            raise ValueError(f"{missing} photos have no embedding of the new model yet")
        self._index.take_over(self._model)
