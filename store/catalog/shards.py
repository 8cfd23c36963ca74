"""Files of many photos that were read completely: a run does not read them again unchanged.

Functions that write run in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from store.columns.codec import path_to_row, row_to_path
from store.columns.tables import INTEGER, PATH
from store.photo_names import lies_below
from store.sqlite.catalog_file import CatalogFile

__all__ = [
    "FinishedShard",
    "ShardKind",
    "copy_shards",
    "finish_shard",
    "finished_shards",
    "forget_shards",
    "relocate_shards",
]

ShardKind = Literal["source", "embedded"]
"""`source`: a tar or Parquet file of photos. `embedded`: photos embedded elsewhere and merged."""


@dataclass(frozen=True)
class FinishedShard:
    """A file of many photos, as it was when it had been read completely.

    Attributes:
        path: absolute, or an address such as `s3://bucket/part-0.tar`.
        size_bytes: size of the file.
        mtime_ns: when it was last written; for a file elsewhere a number that changes with it.
        photos: number of photos in it, including unreadable ones.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    photos: int


def finished_shards(catalog: CatalogFile, kind: ShardKind) -> dict[str, FinishedShard]:
    """Return shards that were read completely, or started (with -1 photos), by path."""
    sql = "SELECT path, size_bytes, mtime_ns, photos FROM shards WHERE kind = ? ORDER BY path"
    kinds = (PATH, INTEGER, INTEGER, INTEGER)
    rows = ((row_to_path(path), facts) for path, *facts in catalog.typed(kinds, sql, kind))
    return {path: FinishedShard(path, *facts) for path, facts in rows}


def finish_shard(catalog: CatalogFile, kind: ShardKind, shard: FinishedShard) -> None:
    """Record that a shard was read completely, replacing what was recorded for its path."""
    row = (kind, path_to_row(shard.path), shard.size_bytes, shard.mtime_ns, shard.photos)
    catalog.put("shards", [row], instead="OR REPLACE")


def forget_shards(catalog: CatalogFile, kind: ShardKind, paths: Iterable[str]) -> None:
    """Forget shards, which the next run reads again if they are there."""
    catalog.execute_many(
        "DELETE FROM shards WHERE kind = ? AND path = ?",
        [(kind, path_to_row(path)) for path in paths],
    )


def relocate_shards(catalog: CatalogFile, old: str, new: str) -> None:
    """Record that shards in a folder, or a shard itself, have moved."""
    for kind, shard in list(_all(catalog)):
        path = shard.path
        if lies_below(path, old):
            forget_shards(catalog, kind, [path])
            finish_shard(catalog, kind, replace(shard, path=new + path[len(old) :]))


def copy_shards(source: CatalogFile, catalog: CatalogFile) -> None:
    """Copy another catalog's records, except those that this one has itself."""
    known = {(kind, shard.path) for kind, shard in _all(catalog)}
    for kind, shard in _all(source):
        if (kind, shard.path) not in known:
            finish_shard(catalog, kind, shard)


def _all(catalog: CatalogFile) -> Iterator[tuple[ShardKind, FinishedShard]]:
    kinds: tuple[ShardKind, ...] = ("source", "embedded")
    for kind in kinds:
        for shard in finished_shards(catalog, kind).values():
            yield kind, shard
