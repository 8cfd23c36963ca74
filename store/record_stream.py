"""Everything known about photos, a few hundred at a time, for writing it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from store.catalog.annotations import texts_of
from store.catalog.details import details_of
from store.catalog.images import arrays_of, files_of, paths_of
from store.catalog.models import Model
from store.columns.codec import StoredArray, row_to_path
from store.columns.paths import relative_path
from store.columns.tables import PATH
from store.errors import IndexDamaged
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.id_pages import ROWS_AT_ONCE, id_pages
from store.types import PhotoDetails, PhotoRecord

__all__ = ["ReadIndex", "records", "shared_paths"]


class ReadIndex(Protocol):
    """The source of the records: an open index on this machine."""

    @property
    def folder(self) -> Path:
        """The index's folder."""

    @property
    def model(self) -> Model:
        """The model whose embeddings are searched."""

    def reading(self) -> AbstractContextManager[CatalogFile]:
        """Return the catalog, in one snapshot for as long as the context is open."""


def records(
    index: ReadIndex, image_ids: Sequence[int] | None = None, *, vectors: bool = True
) -> Iterator[list[PhotoRecord]]:
    """Yield photos in blocks on demand; all blocks are from one snapshot of the index.

    Args:
        index: an open index, kept open until the last block.
        image_ids: the photos' ids, in this order, unknown ones left out; None for all by id.
        vectors: whether to include their vectors.

    Raises:
        IndexDamaged: a requested vector is missing or damaged.
    """
    with index.reading() as catalog:
        pages = id_pages(catalog) if image_ids is None else _cut(image_ids)
        for page in pages:
            arrays = _vectors(index, catalog, page) if vectors else {}
            yield _records(catalog, page, arrays)


def shared_paths(index: ReadIndex) -> frozenset[str]:
    """Return the relative paths that more than one source has a photo under."""
    with index.reading() as catalog:
        sql = "SELECT path FROM images GROUP BY path HAVING count(*) > 1"
        return frozenset(row_to_path(row[0]) for row in catalog.typed((PATH,), sql))


def _records(
    catalog: CatalogFile, page: Sequence[int], vectors: dict[int, StoredArray]
) -> list[PhotoRecord]:
    files = files_of(catalog, page)
    captions = texts_of(catalog, "captions", page)
    categories = texts_of(catalog, "categories", page)
    details = details_of(catalog, page)
    records = []
    for image_id in page:
        if image_id not in files:
            continue
        file = files[image_id]
        records.append(
            PhotoRecord(
                image_id,
                file,
                relative_path(file.source, file.path),
                tuple(captions.get(image_id, ())),
                tuple(sorted(categories.get(image_id, ()))),
                vectors.get(image_id),
                details.get(image_id, PhotoDetails()),
            )
        )
    return records


def _vectors(index: ReadIndex, catalog: CatalogFile, page: Sequence[int]) -> dict[int, StoredArray]:
    try:
        vectors = arrays_of(catalog, index.model.vectors, page)
        sound = all(vector.shape == (index.model.dim,) for vector in vectors.values())
    except IndexDamaged:
        sound = False
    if not sound or set(paths_of(catalog, page)) > set(vectors):
        raise IndexDamaged(
            f"{index.folder} has photos whose vector is missing or damaged: run `crossgraph verify "
            f"--repair --index {index.folder}` and index its photos again"
        )
    return vectors


def _cut(image_ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(image_ids), ROWS_AT_ONCE):
        yield [int(image_id) for image_id in image_ids[start : start + ROWS_AT_ONCE]]
