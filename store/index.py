"""An index on disk, catalog and vectors together: the interface of the store."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store.catalog import folders, models, quarantine, shards
from store.catalog import images as rows
from store.catalog.annotations import Kind, ids_annotated, origins, put_texts
from store.catalog.details import put_details, put_lines
from store.catalog.shards import FinishedShard, ShardKind
from store.columns.codec import StoredArray
from store.columns.half_precision import half_vectors
from store.errors import IndexExists, IndexNotFound, IndexNotWritable
from store.reader import CATALOG_NAME, IndexReader
from store.sqlite.catalog_file import CatalogFile
from store.types import ModelInfo, PhotoDetails, PhotoFile, QuarantinedFile, TextLine
from store.vectors.cache import VectorCache

__all__ = ["Index"]


class Index(IndexReader):
    """An open index, a context manager; made by `create`, `open` or `open_or_create`.

    Every method that writes is one transaction, durable once it returns. The first of them makes
    this the only writer until it is closed; others get `IndexBusy`, but can still read. `finish`
    updates the FAISS file.
    """

    @classmethod
    def create(
        cls,
        folder: Path,
        fingerprint: str,
        dim: int,
        *,
        model: str = "",
        encoders: str = "",
        unit_dim: int = 0,
    ) -> Self:
        """Make an empty index; the folder is created if missing.

        Args:
            folder: the index's folder.
            fingerprint: the embedding model's fingerprint, hex.
            dim: width of its vectors.
            model: the model's name for people.
            encoders: its encoders' preset.
            unit_dim: number of leading values of a vector that together have unit length; 0 if
                none.

        Raises:
            IndexExists: there already is one.
            IndexNotWritable: the catalog cannot be written.
        """
        return cls.create_for(folder, ModelInfo(fingerprint, dim, model, encoders, unit_dim))

    @classmethod
    def create_for(cls, folder: Path, model: ModelInfo) -> Self:
        """Make an empty index for a model; otherwise as `create`."""
        folder.mkdir(parents=True, exist_ok=True)
        catalog = CatalogFile(folder / CATALOG_NAME)
        try:
            with catalog.transaction():
                if models.active_model(catalog) is not None:
                    raise IndexExists(
                        f"{folder} is already an index; open it or use another folder"
                    )
                added = models.add_model(catalog, model)
                models.activate(catalog, added)
            return cls(folder, catalog, added)
        except BaseException:
            catalog.close()
            raise

    @classmethod
    def open_or_create(cls, folder: Path, model: ModelInfo) -> Self:
        """Open the folder's index, or make one if there is none; raises as `open` and `create`."""
        try:
            return cls.open(folder, fingerprint=model.fingerprint, model=model.name)
        except IndexNotFound:
            return cls.create_for(folder, model)

    def begin_writing(self) -> None:
        """Become the only writer now instead of at the first write.

        Raises:
            IndexBusy: another process is writing.
            IndexNotWritable: the folder cannot be written.
        """
        self._catalog.lock.acquire()

    def put_images(
        self,
        files: Sequence[PhotoFile],
        vectors: NDArray[np.floating],
        nodes: StoredArray,
        details: Sequence[PhotoDetails | None] | None = None,
    ) -> list[int]:
        """Write photos and return their ids. A known path keeps its id, captions, categories.

        Args:
            files: B of them.
            vectors: (B, D), what the first stage searches; kept in half precision.
            nodes: (B, ...) numbers of any type, read by the re-ranker; kept unchanged.
            details: the metadata of each, B of them; None for those where it was not read.

        Raises:
            ValueError: a shape is wrong, or a vector has values that are not finite in half
                precision.
            IndexBusy: another process is writing.
        """
        halves = half_vectors(vectors, nodes, (len(files), self.model.dim))
        with self.writing():
            ids, known = rows.put_files(self._catalog, files, details)
            rows.put_arrays(self._catalog, self.model, ids, halves, nodes)
            models.remove_from_others(self._catalog, self.model, known)
            if ids:
                self._cache.mark_changed(known)
        return ids

    def update_files(self, files: Mapping[int, PhotoFile]) -> None:
        """Write new facts about photos with unchanged content; the path may differ."""
        if files:
            with self.writing():
                rows.update_files(self._catalog, files)

    def remove_images(self, image_ids: Iterable[int]) -> int:
        """Delete photos with everything that belongs to them; return how many existed."""
        with self.writing():
            removed = rows.remove_images(self._catalog, [int(image_id) for image_id in image_ids])
            if removed:
                self._cache.mark_changed(removed)
        return len(removed)

    def quarantine(self, files: Sequence[QuarantinedFile]) -> None:
        """Quarantine files; a photo at such a path is removed, since its vector is outdated."""
        with self.writing():
            gone = quarantine.quarantine(self._catalog, files)
            if gone:
                self._cache.mark_changed(rows.remove_images(self._catalog, gone))

    def release(self, paths: Iterable[str]) -> int:
        """Release paths from quarantine; return how many were in it."""
        with self.writing():
            return quarantine.release(self._catalog, paths)

    def put_passed_over(self, passed_over: Mapping[str, Mapping[str, int]]) -> None:
        """Record, by source or shard, how many files of each kind are not read, replacing all."""
        with self.writing():
            folders.put_passed_over(self._catalog, passed_over)

    def places_passed_over(self) -> dict[str, dict[str, int]]:
        """Return, by source or shard, how many files of each kind are not read."""
        return folders.passed_over(self._catalog)

    def fact(self, name: str) -> object:
        """Return a fact that `put_fact` recorded; None if there is none."""
        return self._catalog.meta().get(name)

    def put_fact(self, name: str, value: object) -> None:
        """Record a fact, which must be JSON, about how the index is filled."""
        with self.writing() as catalog:
            catalog.set_meta(**{name: value})

    def put_mounts(self, mounts: Mapping[str, Iterable[str]]) -> None:
        """Record which folders below each source are mount points."""
        with self.writing():
            for source, below in mounts.items():
                folders.put_mounts(self._catalog, source, below)

    def relocate(self, old: str, new: str) -> None:
        """Record that a source has moved to another folder; its photos keep all their data.

        Raises:
            SourceError: the index has no such source, or has the new one too.
        """
        with self.writing():
            folders.relocate(self._catalog, old, new)

    def forget_unused_sources(self) -> None:
        """Delete sources that nothing refers to any more."""
        with self.writing():
            folders.remove_unused(self._catalog)

    def finish_shard(self, kind: ShardKind, shard: FinishedShard) -> None:
        """Record that a file of many photos was read completely."""
        with self.writing() as catalog:
            shards.finish_shard(catalog, kind, shard)

    def forget_shards(self, kind: ShardKind, paths: Iterable[str]) -> None:
        """Forget files of many photos, which the next run reads again if they are there."""
        with self.writing() as catalog:
            shards.forget_shards(catalog, kind, paths)

    def put_recall_queries(self, vectors: NDArray[np.floating]) -> None:
        """Keep the vectors (Q, D) of real captions, with which an approximate index is tuned.

        Raises:
            ValueError: they have another width.
        """
        halves = half_vectors(vectors, vectors, (len(vectors), self.model.dim))
        with self.writing():
            models.set_recall_queries(self._catalog, self.model, halves)

    def put_captions(self, captions: Mapping[int, Sequence[str]], *, origin: str) -> None:
        """Replace the captions of `origin`, such as an annotation file, for these photos."""
        self._put_texts("captions", captions, origin)

    def put_details(self, details: Mapping[int, PhotoDetails]) -> None:
        """Replace the metadata of these photos; unknown ids are left out."""
        if details:
            with self.writing() as catalog:
                put_details(catalog, details)

    def put_lines(self, lines: Mapping[int, Sequence[TextLine]], reader: int) -> None:
        """Replace the text that a version of its reader read in these photos."""
        with self.writing() as catalog:
            put_lines(catalog, lines, reader)

    def put_categories(self, categories: Mapping[int, Sequence[str]], *, origin: str) -> None:
        """Replace the categories of `origin` for these photos; unknown ids are left out."""
        self._put_texts("categories", categories, origin)

    def annotated_by(self, origin: str) -> set[int]:
        """Return the ids of the photos that an origin, such as an annotation file, annotates."""
        return ids_annotated(self._catalog, origin)

    def origins(self) -> list[str]:
        """Return where captions and categories came from, such as annotation files, sorted."""
        return origins(self._catalog)

    def settle(self) -> str:
        """Do as `finish`, but only if the FAISS file lags far behind; for use between batches."""
        return self._compact(self._cache.compact_in_passing)

    def finish(self) -> str:
        """Update the FAISS file, if more has changed than readers can follow cheaply.

        Returns:
            Why it could not be written, in a few words; empty on success. The catalog has
            everything all the same, and searches still work, only with a slower start.

        Raises:
            ModelMismatch: the photos were embedded again with another model since it was opened.
        """
        return self._compact(self._cache.compact)

    def _compact(self, compact: Callable[[], None]) -> str:
        self.begin_writing()
        self._check_model()
        try:
            compact()
        except (OSError, IndexNotWritable) as error:
            return str(error)
        return ""

    def take_over(self, model: models.Model) -> None:
        """Make another model, which has embedded every photo, the active one; drop this one.

        Raises:
            OSError: the vector file cannot be written; nothing has changed.
        """
        cache = VectorCache(self.folder, self._catalog, model)
        cache.rebuild(take_over=True)
        self.model, self._cache = model, cache

    @contextmanager
    def writing(self) -> Generator[CatalogFile]:
        """Run one transaction on the catalog, for the other modules of this package."""
        with self._catalog.transaction():
            self._check_model()
            yield self._catalog

    def _put_texts(self, kind: Kind, texts: Mapping[int, Sequence[str]], origin: str) -> None:
        with self.writing():
            put_texts(self._catalog, kind, texts, origin)
