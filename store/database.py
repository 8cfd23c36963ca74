"""One SQLite file: opened, migrated, read, written in transactions, its errors in our words."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store.codec import one_form
from store.errors import IndexBusy, IndexDamaged, IndexNotWritable
from store.lock import WriterLock
from store.version import is_current

__all__ = ["ONE_FORM", "CatalogFile"]

ONE_FORM = "one_form"
"""A function of SQL: the text of some bytes in the Unicode form in which texts are compared."""

_WAIT_SECONDS = 30.0
_CACHE_KIBIBYTES = 16 * 1024
# A row with a photo's region nodes is some thousand bytes long: on small pages up to half of each
# would stay empty.
_PAGE_BYTES = 64 * 1024


class CatalogFile:
    """An open `catalog.db`, in write-ahead mode: readers go on while one writer writes."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make or bring up to date its tables.

        Raises:
            IndexDamaged: it is no SQLite database, or one of a newer version.
            IndexNotWritable: it has to be written first and cannot be.
            IndexBusy: it has to be written first, and another process is writing.
        """
        self.path = path
        self.lock = WriterLock(path.parent)
        self._connection: sqlite3.Connection | None = None
        with self._own_words():
            self._connection = sqlite3.connect(
                _address(path),
                uri=True,
                timeout=_WAIT_SECONDS,
                isolation_level=None,  # transactions are ours alone to begin
                check_same_thread=False,
            )
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    def _prepare(self) -> None:
        self.connection.create_function(ONE_FORM, 1, _one_form, deterministic=True)
        self.execute("PRAGMA trusted_schema = OFF")  # the file may come from a stranger
        if not is_current(self.connection):
            self._make_or_upgrade()
        # Only now: of a file that was just made, SQLite takes the pages for the smaller ones that
        # they would have been, and keeps sixteen times as much.
        self.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self.execute("PRAGMA foreign_keys = ON")

    def _make_or_upgrade(self) -> None:
        from sqlite_utils import Database  # which a search of a finished index does without

        from store.schema import migrate

        tables = Database(self.connection)
        earlier = "images" in tables.table_names()
        try:
            self.lock.acquire()
            self.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file only
            tables.enable_wal()
            migrate(tables)
            self.lock.release()
        except IndexBusy:
            raise
        except (IndexNotWritable, sqlite3.OperationalError) as error:
            if not earlier:
                raise
            raise IndexNotWritable(
                f"{self.path} was made by an earlier version and could not be upgraded: {error}; "
                "see that there is room and that its folder can be written, or copy it elsewhere"
            ) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection.

        Raises:
            ValueError: the index was closed.
        """
        if self._connection is None:
            raise ValueError(f"{self.path.parent} was closed")
        return self._connection

    def close(self) -> None:
        """Let go of the file; twice is harmless."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.lock.release()

    def rows(self, sql: str, *arguments: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """Give the rows of a query, read as they are asked for."""
        with self._own_words():
            yield from self.connection.execute(sql, arguments)

    def execute(self, sql: str, *arguments: Any) -> int:  # noqa: ANN401
        """Run a statement and give how many rows it changed."""
        with self._own_words():
            return self.connection.execute(sql, arguments).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once per row and give how many rows it changed."""
        with self._own_words():
            return self.connection.executemany(sql, rows).rowcount

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read all of a block from one state of the catalog, whoever writes meanwhile."""
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        with self._own_words():
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT count(*) FROM meta").fetchone()  # which begins it
                yield
            finally:
                connection.rollback()  # nothing was written

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Write all of a block or nothing, as the only writer.

        Raises:
            IndexBusy: another process is writing.
            IndexNotWritable: the disk is full, or cannot be written at all.
        """
        self.lock.acquire()
        with self._own_words():
            # IMMEDIATE: a reader that turns writer half-way is refused without any waiting.
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def meta(self) -> dict[str, Any]:
        """Give the catalog's facts about itself."""
        return {key: json.loads(value) for key, value in self.rows("SELECT key, value FROM meta")}

    def set_meta(self, **facts: object) -> None:
        """Write facts about the catalog, in the caller's transaction or one of their own."""
        rows = [(key, json.dumps(value)) for key, value in facts.items()]
        sql = (
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        if self.connection.in_transaction:
            self.execute_many(sql, rows)
            return
        with self.transaction():
            self.execute_many(sql, rows)

    @contextmanager
    def _own_words(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
            raise  # a mistake of the caller's, not the file's
        except sqlite3.OperationalError as error:
            if _missing(error):
                raise IndexDamaged(f"{self.path} is no catalog of this program: {error}") from error
            raise IndexNotWritable(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(
                f"{self.path} cannot be read: {error}; index the photos anew into another folder"
            ) from error


def _address(path: Path) -> str:
    # Where nothing can be written, SQLite cannot make the files that write-ahead mode needs, and
    # has to be told that nobody else writes either; but then it would not see what a run that was
    # killed left in them.
    if os.access(path.parent, os.W_OK):
        return path.absolute().as_uri()
    log = path.with_name(f"{path.name}-wal")
    left = log.is_file() and log.stat().st_size > 0
    return path.absolute().as_uri() + ("?mode=ro" if left else "?immutable=1")


def _one_form(content: str | bytes | float | None) -> str | bytes | float | None:
    return one_form(content.decode("utf-8", "replace")) if isinstance(content, bytes) else content


def _missing(error: sqlite3.OperationalError) -> bool:
    return str(error).startswith(("no such table", "no such column"))
