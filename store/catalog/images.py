"""Rows of photos: their files, vectors and region nodes.

Functions that write run in the caller's transaction.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.catalog import full_text
from store.catalog.details import write_details
from store.catalog.folders import source_id
from store.catalog.models import Model
from store.catalog.quarantine import release
from store.columns.codec import (
    StoredArray,
    arrays_to_blobs,
    blobs_to_array,
    path_to_row,
    row_to_path,
    row_to_time,
    text_to_row,
    time_to_row,
)
from store.columns.paths import absolute_path, relative_path
from store.columns.tables import BLOB, INTEGER, PATH, TABLES, Row, columns_of, maybe, row_sum
from store.sqlite.catalog_file import CatalogFile
from store.types import Block, PhotoDetails, PhotoFile

__all__ = [
    "arrays_of",
    "damaged",
    "files",
    "files_of",
    "find_content",
    "paths_of",
    "perceptual_hashes_of",
    "photo_file",
    "put_arrays",
    "put_files",
    "remove_images",
    "stacked_arrays_of",
    "update_files",
    "vectors_after",
    "vectors_of",
]

_ROWS_AT_ONCE = 1024  # a vector has some kilobytes, and is in memory several times over
_IN = "IN (SELECT value FROM json_each(?))"
_FACTS = """source_id, path, size_bytes, mtime_ns, sha256, width_px, height_px, taken_s, camera,
    look, reader, damage, is_guessed"""
_MARKS = ", ".join("?" * len(_FACTS.split(",")))
_FILE = (INTEGER, PATH, *list(TABLES["images"].values())[1:])
_FROM = "images JOIN sources ON sources.id = images.source_id"


def put_files(
    catalog: CatalogFile,
    files: Sequence[PhotoFile],
    details: Sequence[PhotoDetails | None] | None = None,
) -> tuple[list[int], list[int]]:
    """Write photos; return their ids in order, and those of them that existed before.

    A known path keeps its id; the other ids are higher than any before.

    Args:
        catalog: the catalog to write.
        files: the facts.
        details: the metadata of each; None for those where it was not read.
    """
    rows = _facts(catalog, files)
    known = [known_id(catalog, *row[:2]) for row in rows]
    sql = "SELECT coalesce(max(CAST(seq AS INTEGER)), 0) FROM sqlite_sequence WHERE name = 'images'"
    highest = int(next(catalog.rows(sql))[0])
    ids: list[int] = []
    for image_id in known:
        highest += image_id is None
        ids.append(highest if image_id is None else image_id)
    placed = [(image_id, *row) for image_id, row in zip(ids, rows, strict=True)]
    catalog.put("images", placed, known_by=("id", "source_id", "path"))
    release(catalog, [file.path for file in files])
    there = [image_id for image_id in known if image_id is not None]
    told = zip(ids, details or (), strict=False)
    given = {image_id: each for image_id, each in told if each is not None}
    with full_text.in_step(catalog, [image_id for image_id in there if image_id in given]):
        write_details(catalog, given)
    full_text.add(catalog, sorted({*ids} - {*there}))
    return ids, there


def put_arrays(
    catalog: CatalogFile,
    model: Model,
    image_ids: Sequence[int],
    vectors: StoredArray,
    nodes: StoredArray,
) -> None:
    """Write a model's vectors (B, D) and nodes (B, ...) of photos, replacing earlier ones."""
    for table, arrays in ((model.vectors, vectors), (model.nodes, nodes)):
        rows = zip(image_ids, arrays_to_blobs(arrays), strict=True)
        catalog.put(table, rows, instead="OR REPLACE")


def update_files(catalog: CatalogFile, changed: Mapping[int, PhotoFile]) -> None:
    """Write new facts about photos with unchanged content, such as another path."""
    files = list(changed.values())
    rows = zip(_facts(catalog, files), changed, strict=True)
    with full_text.in_step(catalog, changed):
        # Temporary paths first, to avoid conflicts: two photos may have swapped their names.
        catalog.execute_many(
            "UPDATE images SET path = CAST('moving ' || id AS BLOB) WHERE id = ?",
            [(image_id,) for image_id in changed],
        )
        catalog.execute_many(
            f"UPDATE images SET ({_FACTS}, sum) = ({_MARKS}, ?) WHERE id = ?",
            [(*row, row_sum(image_id, *row), image_id) for row, image_id in rows],
        )
    release(catalog, [file.path for file in files])


def remove_images(catalog: CatalogFile, image_ids: Sequence[int]) -> list[int]:
    """Delete photos with everything that belongs to them, and return those that existed."""
    ids_json = json.dumps(list(image_ids))
    there = [int(row[0]) for row in catalog.rows(f"SELECT id FROM images WHERE id {_IN}", ids_json)]
    full_text.forget(catalog, there)
    catalog.execute(f"DELETE FROM images WHERE id {_IN}", ids_json)
    return there


def files(catalog: CatalogFile, source: str | None) -> dict[int, PhotoFile]:
    """Return the files of all photos, or of one source, by ascending id."""
    where, arguments = ("", ()) if source is None else ("WHERE root = ?", (path_to_row(source),))
    sql = f"SELECT images.id, root, {_FACTS} FROM {_FROM} {where} ORDER BY images.id"
    rows = catalog.typed(_FILE, sql, *arguments, ascending=True)
    return {row[0]: _file(catalog, row) for row in rows}


def files_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, PhotoFile]:
    """Return the files of those ids that exist."""
    sql = f"SELECT images.id, root, {_FACTS} FROM {_FROM} WHERE images.id {_IN}"
    rows = catalog.typed(_FILE, sql, json.dumps(list(image_ids)))
    return {row[0]: _file(catalog, row) for row in rows}


def damaged(catalog: CatalogFile) -> list[PhotoFile]:
    """Return the files that are only partly readable, by path."""
    sql = f"SELECT images.id, root, {_FACTS} FROM {_FROM} WHERE damage <> ''"
    photo_files = (_file(catalog, row) for row in catalog.typed(_FILE, sql))
    return sorted(photo_files, key=lambda file: file.path)


def perceptual_hashes_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, int | None]:
    """Return the perceptual hashes of those ids that exist."""
    sql = f"SELECT id, look FROM images WHERE id {_IN}"
    kinds = (INTEGER, maybe(INTEGER))
    return dict(catalog.typed(kinds, sql, json.dumps(list(image_ids))))


def find_content(catalog: CatalogFile, sha256: str) -> int | None:
    """Return the lowest id of a photo whose file has that hex digest; scans all photos."""
    sql = "SELECT min(id) FROM images WHERE sha256 = ?"
    image_id = next(catalog.rows(sql, bytes.fromhex(sha256)))[0]
    return None if image_id is None else int(image_id)


def paths_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, str]:
    """Return the absolute paths of those ids that exist."""
    sql = f"SELECT images.id, root, path FROM {_FROM} WHERE images.id {_IN}"
    rows = catalog.typed((INTEGER, PATH, PATH), sql, json.dumps(list(image_ids)))
    return {
        image_id: absolute_path(row_to_path(root), row_to_path(path))
        for image_id, root, path in rows
    }


def arrays_of(catalog: CatalogFile, table: str, image_ids: Sequence[int]) -> dict[int, StoredArray]:
    """Return the vectors, (D,) each, or nodes, (...) each, of those ids that a table has.

    Raises:
        IndexDamaged: one is not an array, or its shape differs from the others.
    """
    found, arrays = stacked_arrays_of(catalog, table, image_ids)
    return dict(zip(found, arrays, strict=True))


def stacked_arrays_of(
    catalog: CatalogFile, table: str, image_ids: Sequence[int]
) -> tuple[list[int], StoredArray]:
    """Return the ids that a table has, each once, and their arrays as one, (K, ...).

    Raises:
        IndexDamaged: one is not an array, or its shape differs from the others.
    """
    sql = f"SELECT {', '.join(columns_of(table) or ())} FROM {table} WHERE image_id {_IN}"
    ids_json = json.dumps([int(image_id) for image_id in image_ids])
    rows = list(catalog.typed((INTEGER, BLOB), sql, ids_json))
    if not rows:
        return [], np.zeros(0, np.float16)
    ids, blobs = zip(*rows, strict=True)
    try:
        return list(ids), blobs_to_array(blobs)
    except ValueError as error:
        raise catalog.damaged(f"in {table} {error}") from error


def vectors_after(catalog: CatalogFile, model: Model, image_id: int) -> Iterator[Block]:
    """Yield ids above the given one, ascending, and their vectors, about a thousand at a time."""
    sql = f"SELECT image_id, vector FROM {model.vectors} WHERE image_id > ? ORDER BY image_id"
    rows = catalog.typed((INTEGER, BLOB), sql, image_id, ascending=True)
    return _blocks(catalog, model, rows)


def vectors_of(catalog: CatalogFile, model: Model, image_ids: NDArray[np.int64]) -> Iterator[Block]:
    """Yield those ids that exist, and their vectors, about a thousand at a time."""
    sql = f"SELECT image_id, vector FROM {model.vectors} WHERE image_id {_IN}"
    rows = catalog.typed((INTEGER, BLOB), sql, json.dumps(image_ids.tolist()))
    return _blocks(catalog, model, rows)


def _blocks(
    catalog: CatalogFile, model: Model, rows: Iterator[tuple[int, bytes]]
) -> Iterator[Block]:
    while some := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        ids, blobs = zip(*some, strict=True)
        try:
            vectors = blobs_to_array(blobs)
        except ValueError as error:
            raise catalog.damaged(f"in {model.vectors} {error}") from error
        if vectors.shape != (len(ids), model.dim) or not np.isfinite(vectors).all():
            raise catalog.damaged(f"in {model.vectors} vectors that are not from {model.name}")
        yield np.array(ids, dtype=np.int64), vectors.astype(np.float32)


def _facts(catalog: CatalogFile, files: Sequence[PhotoFile]) -> list[Row]:
    ids = {root: source_id(catalog, root) for root in dict.fromkeys(file.source for file in files)}
    return [
        (
            ids[file.source],
            path_to_row(relative_path(file.source, file.path)),
            file.size_bytes,
            file.mtime_ns,
            bytes.fromhex(file.sha256),
            file.width_px,
            file.height_px,
            None if file.taken is None else time_to_row(file.taken),
            None if file.camera is None else text_to_row(file.camera),
            file.perceptual_hash,
            file.reader,
            text_to_row(file.damage),
            int(file.is_guessed),  # the type that is read back, since the row's checksum covers it
        )
        for file in files
    ]


def known_id(catalog: CatalogFile, source: int, path: str | bytes) -> int | None:
    """Return the id of the photo with a path in a source; None if there is none."""
    sql = "SELECT id FROM images WHERE source_id = ? AND path = ?"
    row = catalog.connection.execute(sql, (source, path)).fetchone()
    return None if row is None else int(row[0])


def _file(catalog: CatalogFile, row: Row) -> PhotoFile:
    """Return the file of a row of id, root, and `_FACTS`."""
    image_id, root, _, path, *facts = row
    try:
        return photo_file(row_to_path(root), row_to_path(path), facts)
    except OverflowError as error:
        raise catalog.damaged(f"an invalid time of photo {image_id}: {error}") from error


def photo_file(folder: str, path: str, facts: Sequence[Any]) -> PhotoFile:
    """Return a file from its folder, its path in it, and the values that `_FACTS` lists next.

    The values after `look` may be left out together.
    """
    size_bytes, mtime_ns, digest, width_px, height_px, taken, camera, hash_bits, *reading = facts
    reader, damage, is_guessed = reading or (None, "", False)
    return PhotoFile(
        absolute_path(folder, path),
        folder,
        size_bytes,
        mtime_ns,
        digest.hex(),
        width_px,
        height_px,
        None if taken is None else row_to_time(taken),
        camera,
        hash_bits,
        reader,
        damage,
        bool(is_guessed),
    )
