"""Files that could not be indexed, with the reason; not tried again until they change.

Functions that write run in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store.catalog.folders import source_id
from store.columns.codec import path_to_row, row_to_path, text_to_row
from store.columns.paths import absolute_path, relative_path
from store.columns.tables import PATH, TABLES
from store.sqlite.catalog_file import CatalogFile
from store.types import QuarantinedFile

__all__ = ["quarantine", "quarantined", "release"]


def quarantine(catalog: CatalogFile, broken: Sequence[QuarantinedFile]) -> list[int]:
    """Record files that cannot be read; return the ids of photos that have their paths."""
    gone: list[int] = []
    release(catalog, [file.path for file in broken])  # since another source may have the same file
    for file in broken:
        where = (source_id(catalog, file.source), path_to_row(_relative(file)))
        row = (*where, file.size_bytes, file.mtime_ns, text_to_row(file.reason), file.reader)
        catalog.put("quarantine", [row], instead="OR REPLACE")
        sql = "SELECT id FROM images WHERE source_id = ? AND path = ?"
        gone += [int(row[0]) for row in catalog.rows(sql, *where)]
    return gone


def quarantined(catalog: CatalogFile, source: str | None) -> list[QuarantinedFile]:
    """Return the files in quarantine, of one source or of all, by path."""
    where, arguments = ("", ()) if source is None else ("WHERE root = ?", (path_to_row(source),))
    sql = f"""SELECT root, path, size_bytes, mtime_ns, reason, reader FROM quarantine
        JOIN sources ON sources.id = source_id {where}"""
    files = []
    kinds = (PATH, *list(TABLES["quarantine"].values())[1:])
    for row, path, *rest in catalog.typed(kinds, sql, *arguments):
        root = row_to_path(row)
        files.append(QuarantinedFile(absolute_path(root, row_to_path(path)), root, *rest))
    return sorted(files, key=lambda file: file.path)


def release(catalog: CatalogFile, paths: Iterable[str]) -> int:
    """Release absolute paths from quarantine and return how many were in it."""
    if not next(catalog.rows("SELECT EXISTS (SELECT 1 FROM quarantine)"))[0]:
        return 0
    wanted = set(paths)
    released = [file for file in quarantined(catalog, None) if file.path in wanted]
    for file in released:
        catalog.execute(
            """DELETE FROM quarantine WHERE path = ?
            AND source_id = (SELECT id FROM sources WHERE root = ?)""",
            path_to_row(_relative(file)),
            path_to_row(file.source),
        )
    return len(released)


def _relative(file: QuarantinedFile) -> str:
    return relative_path(file.source, file.path)
