"""An open index, catalog and vectors together, for reading."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store.catalog import images as rows
from store.catalog import models, selection
from store.catalog.annotations import count_texts, texts_of
from store.catalog.details import details_of
from store.catalog.full_text import search_words
from store.catalog.selection import Expression
from store.catalog_reader import CatalogReader
from store.columns.codec import StoredArray
from store.errors import EmbeddingMissing, IndexNotFound, ModelMismatch
from store.one_state import OneState
from store.record_stream import records
from store.sqlite.catalog_file import CatalogFile
from store.types import Counts, Ids, Missing, Photo, PhotoDetails, PhotoRecord, TopK
from store.vectors.background import Background, sampled
from store.vectors.cache import VectorCache
from store.vectors.choose import Measured
from store.vectors.generation import Generation

__all__ = ["CATALOG_NAME", "Ids", "IndexReader"]

CATALOG_NAME = "catalog.db"


class IndexReader(CatalogReader, OneState):
    """An open index for reading, a context manager; made by `open`.

    Each method reads from one snapshot of the index, and so does everything within `snapshot`. What
    another process writes is visible from the next call on; if another model became the active one,
    that call raises `ModelMismatch`.

    Attributes:
        folder: the index's folder.
        model: the model whose embeddings are searched.
    """

    missing: tuple[Missing, ...] = ()

    def __init__(self, folder: Path, catalog: CatalogFile, model: models.Model) -> None:
        self.folder = folder
        self.model = model
        self._catalog = catalog
        self._cache = VectorCache(folder, catalog, model)
        self._background: tuple[int, Background] | None = None

    @staticmethod
    def exists(folder: Path) -> bool:
        """Return whether there is an index in the folder, whatever state it is in."""
        return (folder / CATALOG_NAME).is_file()

    @classmethod
    def open(cls, folder: Path, *, fingerprint: str | None = None, model: str = "") -> Self:
        """Open an index; one of an older version of this program is upgraded in place.

        Args:
            folder: its folder.
            fingerprint: fingerprint of the available model; None to open it whatever made it.
            model: that model's name, for the message.

        Raises:
            IndexNotFound: there is none in the folder.
            IndexDamaged: its catalog cannot be read.
            IndexTooNew: a newer version made it.
            ModelMismatch: another model made it.
        """
        hint = "make one with `crossgraph index SOURCE --index FOLDER`"
        if not cls.exists(folder):
            what_is_there = "holds no index" if folder.is_dir() else "is not there"
            raise IndexNotFound(f"{folder} {what_is_there}, expected {CATALOG_NAME} in it; {hint}")
        catalog = CatalogFile(folder / CATALOG_NAME)
        try:
            active = models.active_model(catalog)
            if active is None:  # a first run that was killed before it wrote anything
                raise IndexNotFound(f"{folder} holds an index that was never started; {hint}")
            if fingerprint not in (None, active.fingerprint):
                raise ModelMismatch(
                    f"{folder} was made with model {active.name} ({active.fingerprint[:12]}), this "
                    f"is {model} ({str(fingerprint)[:12]}): give that model with --checkpoint, or "
                    "embed its photos again with `crossgraph reembed`"
                )
            return cls(folder, catalog, active)
        except BaseException:
            catalog.close()
            raise

    @property
    def place(self) -> str:
        """Its place, for messages."""
        return str(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its files. Closing twice is harmless."""
        self._catalog.close()

    def __len__(self) -> int:
        # SQLite counts a plain count(*) as one step, so that the step budget would not interrupt it
        # in a file with cycles.
        return int(next(self._catalog.rows("SELECT coalesce(sum(1), 0) FROM images"))[0])

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read everything in a block from one snapshot, even if another process writes meanwhile.

        Raises:
            ModelMismatch: the photos were embedded again with another model since it was opened.
        """
        if self._catalog.connection.in_transaction:  # its start has checked the model
            yield
            return
        with self._catalog.snapshot(), self._cache.read.kept():
            self._check_model()
            yield
        self._cache.heal()  # the answer should not wait for it

    def counts(self) -> Counts:
        """Return how much the index holds."""
        with self.snapshot():
            captions, categories = count_texts(self._catalog)
            return Counts(len(self), captions, categories, len(self.quarantined()))

    def coming_models(self) -> list[models.Model]:
        """Return the models that photos are being embedded with, besides the active one."""
        return models.other_models(self._catalog, self.model)

    def has_recall_queries(self) -> bool:
        """Return whether vectors of real captions are kept, with which a search can be measured."""
        return models.recall_queries(self._catalog, self.model) is not None

    def measured(self) -> Measured | None:
        """Return how its vectors are searched; None if not known yet."""
        generation = self.generation()
        return None if generation is None else generation.measured

    def size_bytes(self) -> int:
        """Return the size of the folder's files."""
        return sum(file.stat().st_size for file in self.folder.iterdir() if file.is_file())

    def generation(self) -> Generation | None:
        """Return what is recorded about the vector file; None if there is none yet."""
        return self._cache.generation()

    def matching(self, expression: Expression) -> NDArray[np.int64]:
        """Return the ids (N,) of the photos that pass a filter, ascending.

        Raises:
            QueryError: it has too many conditions.
        """
        with self.snapshot():
            return selection.matching(self._catalog, expression)

    def search_texts(self, words: str, k: int, within: Ids | None = None) -> TopK:
        """Return ids (K,) and BM25 scores (K,) of the k photos whose words fit best, best first.

        The words are those of captions, file names, metadata and text in photos; see
        `store.catalog.full_text.search_words`.
        """
        among = None if within is None else np.unique(np.asarray(within, dtype=np.int64))
        with self.snapshot():
            return search_words(self._catalog, words, k, among)

    def search(self, vector: NDArray[np.float32], k: int, within: Ids | None = None) -> TopK:
        """Return ids (K,) and inner products (K,) of the k photos nearest to a vector (D,).

        The highest score comes first, equal ones in the order of the ids; fewer than k come from a
        smaller index. If `within` is given, only photos with these ids are returned.

        Raises:
            ValueError: the vector has another width.
            ModelMismatch: the photos were embedded again with another model since it was opened.
        """
        among = None if within is None else np.unique(np.asarray(within, dtype=np.int64))
        with self.snapshot():
            return self._cache.search(vector, k, among)

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; raises KeyError for an unknown one."""
        kept = self._cache.read.among(image_ids)
        if kept is not None:
            return kept
        rows = self._arrays(self.model.vectors, image_ids)
        if len(rows) and rows.shape[1:] != (self.model.dim,):
            raise self._catalog.damaged(f"vectors that are not from {self.model.name}")
        return rows.astype(np.float32).reshape(len(rows), self.model.dim)

    def nodes(self, image_ids: Ids) -> StoredArray:
        """Return nodes, (K, ...), in the order of the ids; raises KeyError for an unknown one."""
        rows = self._arrays(self.model.nodes, image_ids)
        return rows if len(rows) else np.zeros((0, 0, 0), dtype=np.float16)

    def background(self) -> Background:
        """Return a sample of the vectors and how many there are, kept until they change."""
        with self.snapshot():
            revision = self._cache.revision()
            if self._background is None or self._background[0] != revision:
                self._background = revision, sampled(self._catalog, self.vectors)
            return self._background[1]

    def perceptual_hashes(self, image_ids: Ids) -> list[int | None]:
        """Return perceptual hashes in the order of the ids, None if there is none."""
        ids = [int(image_id) for image_id in image_ids]
        with self.snapshot():
            hashes = rows.perceptual_hashes_of(self._catalog, ids)
        return [hashes.get(image_id) for image_id in ids]

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Return photos in the order of the ids; unknown ones are left out."""
        ids = [int(image_id) for image_id in image_ids]
        with self.snapshot():
            paths = rows.paths_of(self._catalog, ids)
            captions = texts_of(self._catalog, "captions", ids)
            categories = texts_of(self._catalog, "categories", ids)
            details = details_of(self._catalog, ids)
        return [
            Photo(
                i,
                paths[i],
                tuple(captions.get(i, ())),
                tuple(sorted(categories.get(i, ()))),
                details.get(i, PhotoDetails()),
            )
            for i in ids
            if i in paths
        ]

    def photo_records(self, image_ids: Ids) -> list[PhotoRecord]:
        """Return everything known about photos except vectors, in the order of the ids."""
        ids = [int(image_id) for image_id in image_ids]
        return [photo for block in records(self, ids, vectors=False) for photo in block]

    @contextmanager
    def reading(self) -> Generator[CatalogFile]:
        """Do as `snapshot`, and yield the catalog, for the other modules of this package."""
        with self.snapshot():
            yield self._catalog

    def _arrays(self, table: str, image_ids: Ids) -> StoredArray:
        ids = [int(image_id) for image_id in image_ids]
        with self.snapshot():
            found, arrays = rows.stacked_arrays_of(self._catalog, table, ids)
        places = {image_id: place for place, image_id in enumerate(found)}
        for image_id in ids:
            if image_id not in places:
                raise EmbeddingMissing(
                    self._catalog.damaged(f"no row for photo {image_id} in {table}")
                )
        return arrays[[places[image_id] for image_id in ids]]

    def _check_model(self) -> None:
        active = models.active_model(self._catalog)
        if active != self.model:
            raise ModelMismatch(
                f"the photos of {self.folder} were embedded again with another model than "
                f"{self.model.name} ({self.model.fingerprint[:12]}) since it was opened: open it "
                "again with that model"
            )
