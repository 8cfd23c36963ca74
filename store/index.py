"""An index on disk, catalog and vectors together: what the other packages see of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store import catalog as rows
from store.annotations import Kind, count_texts, put_texts, texts_of
from store.cache import VectorCache
from store.database import CatalogFile
from store.errors import IndexExists, IndexNotFound, ModelMismatch
from store.rows import Counts, Photo, PhotoFile, QuarantinedFile

__all__ = ["CATALOG_NAME", "Index"]

CATALOG_NAME = "catalog.db"

Ids = Sequence[int] | NDArray[np.int64]


class Index:
    """An open index, a context manager; made by `create`, `open` or `open_or_create`.

    Every method that writes is one transaction, safe once it returns. The FAISS file follows with
    `finish`, or when somebody searches next.

    Attributes:
        folder: where it lies.
        fingerprint: of the model that made it, hex.
        dim: width of its vectors.
        model: that model's name.
        encoders: the preset of its encoders.
    """

    def __init__(self, folder: Path, catalog: CatalogFile) -> None:
        facts = catalog.meta()
        self.folder = folder
        self.fingerprint = str(facts["fingerprint"])
        self.dim = int(facts["dim"])
        self.model = str(facts["model"])
        self.encoders = str(facts["encoders"])
        self._catalog = catalog
        self._cache = VectorCache(folder, catalog, self.dim)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Say whether there is an index in the folder, whatever state it is in."""
        return (folder / CATALOG_NAME).is_file()

    @classmethod
    def create(
        cls, folder: Path, fingerprint: str, dim: int, *, model: str = "", encoders: str = ""
    ) -> Self:
        """Make an empty index; the folder is made where there is none.

        Raises:
            IndexExists: there is one already.
            IndexNotWritable: the catalog cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        catalog = CatalogFile(folder / CATALOG_NAME)
        try:
            if catalog.meta():
                raise IndexExists(f"{folder} is an index already; open it or give another folder")
            catalog.set_meta(fingerprint=fingerprint, dim=dim, model=model, encoders=encoders)
            return cls(folder, catalog)
        except BaseException:
            catalog.close()
            raise

    @classmethod
    def open(cls, folder: Path, *, fingerprint: str | None = None, model: str = "") -> Self:
        """Open an index.

        Args:
            folder: where it lies.
            fingerprint: of the model at hand, None to open it whatever made it.
            model: that model's name, for the message.

        Raises:
            IndexNotFound: there is none in the folder.
            IndexDamaged: its catalog cannot be read.
            ModelMismatch: another model made it.
        """
        hint = "make one with `crossgraph index SOURCE --index FOLDER`"
        if not cls.exists(folder):
            found = "holds no index" if folder.is_dir() else "is not there"
            raise IndexNotFound(f"{folder} {found}, expected {CATALOG_NAME} in it; {hint}")
        catalog = CatalogFile(folder / CATALOG_NAME)
        try:
            if not catalog.meta():  # a first run that was killed before it wrote anything
                raise IndexNotFound(f"{folder} holds an index that was never begun; {hint}")
            index = cls(folder, catalog)
            if fingerprint not in (None, index.fingerprint):
                raise ModelMismatch(
                    f"{folder} was made with model {index.model} ({index.fingerprint[:12]}), this "
                    f"is {model} ({str(fingerprint)[:12]}): give that model with --checkpoint, or "
                    "index the photos anew with `crossgraph index SOURCE --index NEW-FOLDER`"
                )
            return index
        except BaseException:
            catalog.close()
            raise

    @classmethod
    def open_or_create(
        cls, folder: Path, fingerprint: str, dim: int, *, model: str = "", encoders: str = ""
    ) -> Self:
        """Open the folder's index, or make one where there is none; raises what those two raise."""
        try:
            return cls.open(folder, fingerprint=fingerprint, model=model)
        except IndexNotFound:
            return cls.create(folder, fingerprint, dim, model=model, encoders=encoders)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its files. Closing twice is harmless."""
        self._catalog.close()

    def __len__(self) -> int:
        return int(next(self._catalog.rows("SELECT count(*) FROM images"))[0])

    # What is there

    def files(self, source: str | None = None) -> dict[int, PhotoFile]:
        """Give image id to file, of one source or of all, by ascending id."""
        return rows.files(self._catalog, source)

    def quarantined(self, source: str | None = None) -> list[QuarantinedFile]:
        """Give the files in quarantine, of one source or of all, by path."""
        return rows.quarantined(self._catalog, source)

    def counts(self) -> Counts:
        """Give how much the index holds."""
        captions, categories = count_texts(self._catalog)
        return Counts(len(self), captions, categories, len(self.quarantined()))

    # Writing

    def put_images(
        self,
        files: Sequence[PhotoFile],
        vectors: NDArray[np.float32],
        nodes: NDArray[np.float16],
    ) -> list[int]:
        """Write photos and give their ids. A path that is known keeps its id, captions, categories.

        Args:
            files: B of them.
            vectors: (B, D) float32, what the first stage searches.
            nodes: (B, R, Dn) float16, what the re-ranker reads.

        Raises:
            ValueError: a shape is another, or a vector has values that are not finite.
        """
        wanted = (len(files), self.dim)
        if vectors.shape != wanted or nodes.ndim != 3 or len(nodes) != len(files):
            raise ValueError(
                f"vectors {vectors.shape} and nodes {nodes.shape}, expected {wanted} and "
                f"({len(files)}, R, Dn)"
            )
        if not np.isfinite(vectors).all():
            raise ValueError("vectors have values that are not finite")
        stored = zip(
            files,
            vectors.astype(np.float32, copy=False),
            nodes.astype(np.float16, copy=False),
            strict=True,
        )
        with self._catalog.transaction():
            ids = [rows.put_image(self._catalog, *photo) for photo in stored]
            if ids:
                self._cache.mark_changed()
        return ids

    def update_files(self, files: Mapping[int, PhotoFile]) -> None:
        """Write new facts about photos whose content is the same; the path may be another."""
        with self._catalog.transaction():
            rows.update_files(self._catalog, files)

    def remove_images(self, image_ids: Iterable[int]) -> int:
        """Delete photos with all that belongs to them; give how many were there."""
        with self._catalog.transaction():
            removed = rows.remove_images(self._catalog, [int(image_id) for image_id in image_ids])
            if removed:
                self._cache.mark_changed()
        return removed

    def quarantine(self, files: Sequence[QuarantinedFile]) -> None:
        """Leave files out; a photo that was at such a path goes, its vector is no longer true."""
        with self._catalog.transaction():
            if rows.quarantine(self._catalog, files):
                self._cache.mark_changed()

    def release(self, paths: Iterable[str]) -> int:
        """Take paths out of quarantine; give how many were in it."""
        with self._catalog.transaction():
            return rows.release(self._catalog, paths)

    def put_captions(self, captions: Mapping[int, Sequence[str]], *, origin: str) -> None:
        """Replace what `origin`, such as an annotation file, said of these photos."""
        self._put_texts("captions", captions, origin)

    def put_categories(self, categories: Mapping[int, Sequence[str]], *, origin: str) -> None:
        """Replace what `origin` found in these photos; ids that are not there are left out."""
        self._put_texts("categories", categories, origin)

    def finish(self) -> None:
        """Write the FAISS file, if anything changed."""
        self._cache.current()

    # Reading

    def search(
        self, vector: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Give ids (K,) and inner products (K,) of the k photos nearest to a vector (D,).

        The highest score comes first, equal ones in the order of the ids; fewer than k come from a
        smaller index.

        Raises:
            ValueError: the vector has another width.
        """
        return self._cache.current().search(vector, k)

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Give vectors, (K, D), in the order of the ids; KeyError for one that is not there."""
        ids = [int(image_id) for image_id in image_ids]
        held = rows.arrays_of(self._catalog, "vectors", ids)
        return np.array([held[i] for i in ids], dtype=np.float32).reshape(len(ids), self.dim)

    def nodes(self, image_ids: Ids) -> NDArray[np.float16]:
        """Give nodes, (K, R, Dn), in the order of the ids; KeyError for one that is not there."""
        ids = [int(image_id) for image_id in image_ids]
        held = rows.arrays_of(self._catalog, "nodes", ids)
        return np.stack([held[i] for i in ids]) if ids else np.zeros((0, 0, 0), dtype=np.float16)

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Give photos in the order of the ids; those that are not there are left out."""
        ids = [int(image_id) for image_id in image_ids]
        paths = rows.paths_of(self._catalog, ids)
        captions = texts_of(self._catalog, "captions", ids)
        categories = texts_of(self._catalog, "categories", ids)
        return [
            Photo(i, paths[i], tuple(captions.get(i, ())), tuple(sorted(categories.get(i, ()))))
            for i in ids
            if i in paths
        ]

    def _put_texts(self, kind: Kind, texts: Mapping[int, Sequence[str]], origin: str) -> None:
        with self._catalog.transaction():
            put_texts(self._catalog, kind, texts, origin)
