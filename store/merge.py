"""Several indexes of one model merged into a new one, without reading a photo."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from store.catalog import models
from store.catalog.annotations import Kind
from store.catalog.details import copy_lines, readings_among
from store.catalog.folders import mounts, put_mounts, roots
from store.catalog.full_text import in_step
from store.catalog.images import put_files
from store.catalog.quarantine import quarantine
from store.catalog.shards import copy_shards
from store.columns.codec import path_to_row
from store.columns.paths import relative_path
from store.errors import IndexDamaged, IndexExists, ModelMismatch, QueryError
from store.index import Index
from store.photo_names import lies_below
from store.reader import CATALOG_NAME, IndexReader
from store.record_stream import records
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.lock import WriterLock
from store.types import ModelInfo, PhotoRecord, Progress
from store.vectors.cache import VectorCache

__all__ = ["Merged", "merge"]


@dataclass(frozen=True)
class Merged:
    """The result of a merge.

    Attributes:
        images: photos in the new index.
        doubles: photos left out since an earlier index also has that path.
        quarantined: files in quarantine, which none of the indexes could read.
    """

    images: int
    doubles: int
    quarantined: int


def merge(
    parts: Sequence[Path],
    into: Path,
    *,
    progress: Progress | None = None,
) -> Merged:
    """Merge indexes of one model into a new index.

    A path in several of them is taken from the first that has it, with its embedding, metadata and
    text in the photo. Captions and categories come from all, an origin's texts of a photo from the
    first that has them. Photos get new ids. The new index is built in a folder next to `into`,
    `NAME.merging`, which is renamed when it is complete; leftovers of a killed merge are removed by
    the next.

    Args:
        parts: the folders of at least one index; they are only read.
        into: the new index's folder, which must not exist yet, or be empty.
        progress: called with photos done, photos in all, and the name of the index being read.

    Raises:
        QueryError: no index is given, or one of them twice.
        IndexNotFound: one of them does not exist.
        IndexExists: there is something in `into`.
        ModelMismatch: two of them were made with different models.
        IndexDamaged: one of them cannot be read, or lacks an embedding.
        IndexBusy: another process is merging into the same folder.
    """
    _check(parts, into)
    with ExitStack() as stack:
        opened = [stack.enter_context(IndexReader.open(part)) for part in parts]
        _check_models(opened)
        for index in opened:  # each in one snapshot until the end
            stack.enter_context(index.snapshot())
        index = _created(opened, into)
        try:
            with index:
                merged = _build(opened, index, progress)
        except BaseException:
            shutil.rmtree(index.folder, ignore_errors=True)
            raise
    if into.is_dir():
        into.rmdir()
    index.folder.rename(into)
    return merged


def _check(parts: Sequence[Path], into: Path) -> None:
    if not parts:
        raise QueryError("no index is given to merge")
    places = [part.resolve() for part in parts]
    twice = next((part for part in parts if places.count(part.resolve()) > 1), None)
    if twice is not None:
        raise QueryError(f"{twice} is given twice")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise IndexExists(f"{into} exists and is not empty; merge into a new folder")


def _check_models(opened: Sequence[IndexReader]) -> None:
    first = opened[0]
    for other in opened[1:]:
        if other.model.fingerprint != first.model.fingerprint:
            raise ModelMismatch(
                f"{first.folder} was made with model {first.model.name} "
                f"({first.model.fingerprint[:12]}), {other.folder} with {other.model.name} "
                f"({other.model.fingerprint[:12]}), and vectors of two models cannot be "
                "compared: embed one of them again with `crossgraph reembed`"
            )


def _created(opened: Sequence[IndexReader], into: Path) -> Index:
    building = into.absolute().with_name(f"{into.absolute().name}.merging")
    building.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(building)
    lock.acquire()
    try:
        for left in [*building.glob(f"{CATALOG_NAME}*"), *building.glob("vectors-*")]:
            left.unlink()
    finally:
        lock.release()
    first = opened[0].model
    # The unit width of an index from an older version of this program is unknown.
    unit_dim = max(part.model.unit_dim for part in opened)
    return Index.create_for(building, replace(ModelInfo.of(first), unit_dim=unit_dim))


def _build(
    opened: Sequence[IndexReader],
    index: Index,
    progress: Progress | None,
) -> Merged:
    total, done, doubles = sum(len(part) for part in opened), 0, 0
    for part in opened:
        for page in records(part, vectors=False):
            doubles += _copy(part, page, index)
            done += len(page)
            if progress is not None:
                progress(done, total, part.folder.name)
    _finish(opened, index)
    counts = index.counts()
    return Merged(counts.images, doubles, counts.quarantined)


def _copy(part: IndexReader, page: Sequence[PhotoRecord], index: Index) -> int:
    """Copy photos with everything that belongs to them in one transaction; return the doubles."""
    with part.reading() as source, index.writing() as catalog:
        folders = roots(catalog)
        ids = {record.image_id: _find(catalog, folders, record.file.path) for record in page}
        new = [record for record in page if ids[record.image_id] is None]
        read = readings_among(source, [record.image_id for record in new])
        told = [record.details if record.image_id in read else None for record in new]
        given, _ = put_files(catalog, [record.file for record in new], told)
        placed = dict(zip((record.image_id for record in new), given, strict=True))
        for old, into in (
            (part.model.vectors, index.model.vectors),
            (part.model.nodes, index.model.nodes),
        ):
            _copy_blobs(part, source, old, catalog, into, placed)
        all_ids = {old: known for old, known in ids.items() if known is not None} | placed
        with in_step(catalog, all_ids.values()):
            _copy_texts(source, catalog, "captions", all_ids)
            _copy_texts(source, catalog, "categories", all_ids)
        copy_lines(source, catalog, placed)
    return len(page) - len(new)


def _find(catalog: CatalogFile, folders: Iterable[str], path: str) -> int | None:
    """Return the id of an absolute path, whichever folder it was found through."""
    sql = """SELECT images.id FROM images JOIN sources ON sources.id = source_id
        WHERE root = ? AND path = ?"""
    for root in folders:
        if lies_below(path, root):
            row = (path_to_row(root), path_to_row(relative_path(root, path)))
            id_row = next(catalog.rows(sql, *row), None)
            if id_row is not None:
                return int(id_row[0])
    return None


def _copy_blobs(
    part: IndexReader,
    source: CatalogFile,
    old: str,
    catalog: CatalogFile,
    new: str,
    placed: dict[int, int],
) -> None:
    """Copy embeddings as raw bytes."""
    column = "vector" if old.startswith("vectors") else "nodes"
    sql = f"SELECT image_id, {column} FROM {old} WHERE image_id IN (SELECT value FROM json_each(?))"
    rows = [(placed[row[0]], row[1]) for row in source.rows(sql, json.dumps(list(placed)))]
    if len(rows) < len(placed):
        raise IndexDamaged(
            f"{part.folder} lacks embeddings of {len(placed) - len(rows)} photos: run `crossgraph "
            f"verify --repair --index {part.folder}` and index its photos again"
        )
    catalog.put(new, rows)


def _copy_texts(source: CatalogFile, catalog: CatalogFile, kind: Kind, ids: dict[int, int]) -> None:
    """Copy each origin's texts of photos, unless an earlier index already had them."""
    among = "image_id IN (SELECT value FROM json_each(?))"
    sql = f"SELECT DISTINCT image_id, origin FROM {kind} WHERE {among}"
    known_texts = set(catalog.rows(sql, json.dumps(list(ids.values()))))
    sql = f"SELECT image_id, origin, position, text FROM {kind} WHERE {among}"
    rows = source.rows(sql, json.dumps(list(ids)))
    placed = [(ids[row[0]], *row[1:]) for row in rows]
    catalog.put(kind, [row for row in placed if row[:2] not in known_texts], instead="OR IGNORE")


def _finish(opened: Sequence[IndexReader], index: Index) -> None:
    with index.writing() as catalog:
        for part in opened:
            _copy_quarantine(part, catalog, index)
            with part.reading() as source:
                for root in roots(source):
                    below = {*mounts(catalog, root), *mounts(source, root)}
                    put_mounts(catalog, root, below)
                copy_shards(source, catalog)
        _copy_recall_queries(opened, index, catalog)
        cache = VectorCache(index.folder, catalog, index.model)
        cache.mark_changed(())
    try:
        cache.rebuild()
    except (IndexDamaged, ValueError) as error:
        names = " and ".join(str(part.folder) for part in opened)
        raise IndexDamaged(
            f"{names} hold a damaged embedding ({error}): run `crossgraph verify` on them"
        ) from error


def _copy_quarantine(part: IndexReader, catalog: CatalogFile, index: Index) -> None:
    known = {bad.path for bad in index.quarantined()}
    folders = roots(catalog)
    # A file that one of them could read is a photo, even if others could not.
    wanted = [bad for bad in part.quarantined() if _find(catalog, folders, bad.path) is None]
    quarantine(catalog, [bad for bad in wanted if bad.path not in known])


def _copy_recall_queries(opened: Sequence[IndexReader], index: Index, catalog: CatalogFile) -> None:
    for part in opened:
        with part.reading() as source:
            vectors = models.recall_queries(source, part.model)
        if vectors is not None:
            models.set_recall_queries(catalog, index.model, vectors)
            return
