"""Rows of photos: their files, vectors, region nodes, and the files that are in quarantine.

Functions that write run in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from store.codec import array_to_blob, blob_to_array, path_to_row, row_to_path, text_to_row
from store.database import CatalogFile
from store.rows import PhotoFile, QuarantinedFile

__all__ = [
    "arrays_of",
    "files",
    "paths_of",
    "put_image",
    "quarantine",
    "quarantined",
    "release",
    "remove_images",
    "stored_vectors",
    "update_files",
]

_IN = "IN (SELECT value FROM json_each(?))"
_FACTS = "path, source, size_bytes, mtime_ns, sha256, width_px, height_px"


def put_image(
    catalog: CatalogFile, file: PhotoFile, vector: NDArray[Any], nodes: NDArray[Any]
) -> int:
    """Write one photo and give its id; a path that is there keeps the id it has."""
    facts = _facts(file)
    upsert = f"""INSERT INTO images ({_FACTS}) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE SET source = excluded.source,
        size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, sha256 = excluded.sha256,
        width_px = excluded.width_px, height_px = excluded.height_px"""
    catalog.execute(upsert, *facts)
    image_id = int(next(catalog.rows("SELECT id FROM images WHERE path = ?", facts[0]))[0])
    for table, column, array in (("vectors", "vector", vector), ("nodes", "nodes", nodes)):
        catalog.execute(
            f"INSERT OR REPLACE INTO {table} (image_id, {column}) VALUES (?, ?)",
            image_id,
            array_to_blob(array),
        )
    release(catalog, [file.path])
    return image_id


def update_files(catalog: CatalogFile, changed: Mapping[int, PhotoFile]) -> None:
    """Write new facts about photos whose content is the same, such as another path."""
    # Out of each other's way first: two photos may have swapped their names.
    catalog.execute_many(
        "UPDATE images SET path = CAST('moving ' || id AS BLOB) WHERE id = ?",
        [(image_id,) for image_id in changed],
    )
    catalog.execute_many(
        """UPDATE images SET path = ?, source = ?, size_bytes = ?, mtime_ns = ?, sha256 = ?,
        width_px = ?, height_px = ? WHERE id = ?""",
        [(*_facts(file), image_id) for image_id, file in changed.items()],
    )
    release(catalog, [file.path for file in changed.values()])


def remove_images(catalog: CatalogFile, image_ids: Sequence[int]) -> int:
    """Delete photos with all that belongs to them, and give how many were there."""
    return catalog.execute(f"DELETE FROM images WHERE id {_IN}", json.dumps(list(image_ids)))


def files(catalog: CatalogFile, source: str | None) -> dict[int, PhotoFile]:
    """Give the files of all photos, or of one source, by ascending id."""
    where, arguments = _where(source)
    sql = f"SELECT id, {_FACTS} FROM images {where} ORDER BY id"
    return {
        image_id: PhotoFile(row_to_path(path), row_to_path(found_in), *rest)
        for image_id, path, found_in, *rest in catalog.rows(sql, *arguments)
    }


def paths_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, str]:
    """Give the paths of those ids that are there."""
    sql = f"SELECT id, path FROM images WHERE id {_IN}"
    found = catalog.rows(sql, json.dumps(list(image_ids)))
    return {image_id: row_to_path(path) for image_id, path in found}


def arrays_of(
    catalog: CatalogFile, kind: Literal["vectors", "nodes"], image_ids: Sequence[int]
) -> dict[int, NDArray[Any]]:
    """Give the vectors, (D,) each, or the nodes, (R, Dn) each, of those ids that are there."""
    column = {"vectors": "vector", "nodes": "nodes"}[kind]
    sql = f"SELECT image_id, {column} FROM {kind} WHERE image_id {_IN}"
    found = catalog.rows(sql, json.dumps(list(image_ids)))
    return {image_id: blob_to_array(blob) for image_id, blob in found}


def stored_vectors(catalog: CatalogFile) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Give every id with its vector, (D,) float32, by ascending id, as it is asked for."""
    for image_id, blob in catalog.rows("SELECT image_id, vector FROM vectors ORDER BY image_id"):
        yield image_id, blob_to_array(blob)


def quarantine(catalog: CatalogFile, broken: Sequence[QuarantinedFile]) -> list[int]:
    """Write files that cannot be read; give the ids of photos these were, which are deleted."""
    catalog.execute_many(
        "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?)",
        [
            (
                path_to_row(file.path),
                path_to_row(file.source),
                file.size_bytes,
                file.mtime_ns,
                text_to_row(file.reason),
            )
            for file in broken
        ],
    )
    gone = [
        int(row[0])
        for file in broken
        for row in catalog.rows("SELECT id FROM images WHERE path = ?", path_to_row(file.path))
    ]
    remove_images(catalog, gone)
    return gone


def quarantined(catalog: CatalogFile, source: str | None) -> list[QuarantinedFile]:
    """Give the files in quarantine, of one source or of all, by path."""
    where, arguments = _where(source)
    sql = f"SELECT path, source, size_bytes, mtime_ns, reason FROM quarantine {where} ORDER BY path"
    return [
        QuarantinedFile(row_to_path(path), row_to_path(found_in), *rest)
        for path, found_in, *rest in catalog.rows(sql, *arguments)
    ]


def release(catalog: CatalogFile, paths: Iterable[str]) -> int:
    """Take paths out of quarantine and give how many were there."""
    rows = [(path_to_row(path),) for path in paths]
    return max(0, catalog.execute_many("DELETE FROM quarantine WHERE path = ?", rows))


def _facts(file: PhotoFile) -> tuple[str | bytes, str | bytes, int, int, str, int, int]:
    return (
        path_to_row(file.path),
        path_to_row(file.source),
        file.size_bytes,
        file.mtime_ns,
        file.sha256,
        file.width_px,
        file.height_px,
    )


def _where(source: str | None) -> tuple[str, tuple[str | bytes, ...]]:
    return ("", ()) if source is None else ("WHERE source = ?", (path_to_row(source),))
