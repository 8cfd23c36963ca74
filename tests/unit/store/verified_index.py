"""A small index, and ways to damage it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from store import Index, PhotoFile
from store.columns.tables import columns_of, row_sum
from store.integrity.verify import verify

DIM = 4


NODES = np.ones((3, 2), dtype=np.float16)


def photo(name: str) -> PhotoFile:
    return PhotoFile(f"/photos/{name}", "/photos", 10, 20, "00", 640, 480)


def spoil(folder: Path, sql: str, *arguments: object) -> None:
    """Run an SQL statement and update all checksums, as a program with a bug would."""
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute(sql, arguments)
        connection.create_function("row_sum", -1, row_sum)
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
        for table in [name for (name,) in names if columns_of(name)]:
            columns = ", ".join(columns_of(table) or ())
            connection.execute(f"UPDATE {table} SET sum = row_sum({columns})")
        connection.execute("UPDATE models SET probes_sum = row_sum(id, probes)")


def codes(folder: Path) -> dict[str, int]:
    return {problem.code: problem.count for problem in verify(folder).problems}


def state(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".lock"}


def photos_left(folder: Path) -> list[str]:
    with Index.open(folder) as index:
        index.search(np.ones(DIM, dtype=np.float32), 5)
        return [Path(file.path).stem for file in index.files().values()]
