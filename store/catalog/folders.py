"""The folders that photos were found through, and where these are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from store.catalog.shards import relocate_shards
from store.columns.codec import path_to_row, row_to_path
from store.columns.paths import absolute_path, relative_path
from store.columns.tables import INTEGER, PATH, TEXT
from store.errors import SourceError
from store.photo_names import lies_below
from store.sqlite.catalog_file import CatalogFile

__all__ = [
    "mounts",
    "passed_over",
    "put_mounts",
    "put_passed_over",
    "relocate",
    "remove_unused",
    "roots",
    "source_id",
    "sources",
]

PASSED_OVER = "passed_over"
"""Key of the fact that has the numbers of files that are not read, by source or shard and kind."""


def source_id(catalog: CatalogFile, root: str) -> int:
    """Return the id of a folder, which is added if unknown."""
    row = path_to_row(root)
    sql = "INSERT INTO sources (root) VALUES (?) ON CONFLICT DO NOTHING"
    if catalog.execute(sql, row) > 0:
        catalog.seal("sources", "root = ?", row)
    return int(next(catalog.rows("SELECT id FROM sources WHERE root = ?", row))[0])


def roots(catalog: CatalogFile) -> list[str]:
    """Return every folder, sorted."""
    rows = catalog.typed((PATH,), "SELECT root FROM sources ORDER BY root")
    return [row_to_path(row[0]) for row in rows]


def sources(catalog: CatalogFile) -> dict[str, int]:
    """Return every folder, sorted, and how many photos were found through it."""
    sql = """SELECT root, count(images.id) FROM sources
        LEFT JOIN images ON images.source_id = sources.id GROUP BY sources.id ORDER BY root"""
    return {row_to_path(root): count for root, count in catalog.typed((PATH, INTEGER), sql)}


def relocate(catalog: CatalogFile, old: str, new: str) -> None:
    """Record that a folder has moved; its photos keep all their data.

    Raises:
        SourceError: the index has no such folder, or has the new one too.
    """
    known = sources(catalog)
    if old not in known:
        raise SourceError(f"{old} is no folder of this index; it has {', '.join(known) or 'none'}")
    if new in known:
        raise SourceError(f"{new} is already a folder of this index, besides {old}")
    sql = "UPDATE sources SET root = ? WHERE root = ?"
    catalog.execute(sql, path_to_row(new), path_to_row(old))
    catalog.seal("sources", "root = ?", path_to_row(new))
    relocate_shards(catalog, old, new)
    places = passed_over(catalog).items()
    moved = {new + p[len(old) :] if lies_below(p, old) else p: kinds for p, kinds in places}
    put_passed_over(catalog, moved)


def remove_unused(catalog: CatalogFile) -> None:
    """Delete folders that nothing refers to any more."""
    catalog.execute(
        """DELETE FROM sources WHERE id NOT IN (SELECT source_id FROM images)
            AND id NOT IN (SELECT source_id FROM quarantine)"""
    )


def mounts(catalog: CatalogFile, root: str) -> tuple[str, ...]:
    """Return the folders below a root that were mount points when it was last read."""
    sql = "SELECT mounts FROM sources WHERE root = ?"
    stored = next(catalog.typed((TEXT,), sql, path_to_row(root)), ("[]",))[0]
    try:
        below = json.loads(stored)
    except (ValueError, RecursionError):
        below = None
    if not isinstance(below, list) or not all(isinstance(path, str) for path in below):
        raise catalog.damaged(f"for {root} mount points that are no list of paths")
    return tuple(absolute_path(root, path) for path in below)


def put_mounts(catalog: CatalogFile, root: str, below: Iterable[str]) -> None:
    """Record the folders below a root that are mount points."""
    mounts_json = json.dumps(sorted(relative_path(root, path) for path in below))
    sql = "UPDATE sources SET mounts = ? WHERE root = ? AND mounts <> ?"
    if catalog.execute(sql, mounts_json, path_to_row(root), mounts_json) > 0:
        catalog.seal("sources", "root = ?", path_to_row(root))


def passed_over(catalog: CatalogFile) -> dict[str, dict[str, int]]:
    """Return the numbers of files that are not read, by source or shard and then by kind."""
    stored = catalog.meta().get(PASSED_OVER)
    return {
        str(place): {str(kind): count for kind, count in kinds.items() if isinstance(count, int)}
        for place, kinds in (stored.items() if isinstance(stored, dict) else ())
        if isinstance(kinds, dict)
    }


def put_passed_over(catalog: CatalogFile, by_kind: Mapping[str, Mapping[str, int]]) -> None:
    """Record the files that are not read, replacing what was recorded before."""
    counts = {place: dict(kinds) for place, kinds in by_kind.items() if kinds}
    if counts != passed_over(catalog):
        catalog.set_meta(**{PASSED_OVER: counts})
