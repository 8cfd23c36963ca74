"""One SQLite file: opened, migrated, read, and written in transactions, with our own errors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store.columns.tables import SUM, TEXT, Kinds, Row, columns_of, row_sum, unlike
from store.errors import IndexClosed, IndexDamaged
from store.sqlite.functions import ROW_SUM, add_functions
from store.sqlite.limits import StepBudget, set_limits
from store.sqlite.lock import WriterLock
from store.sqlite.newest_form import bring_up_to_date
from store.sqlite.shape import check_plain, check_tables
from store.sqlite.sqlite_errors import store_error
from store.sqlite.uri import CatalogUri, files_state, uri_of, uri_without_room
from store.sqlite.version import is_current

__all__ = ["CatalogFile"]

_WAIT_SECONDS = 30.0
_CACHE_KIBIBYTES = 16 * 1024
_ROWS_AT_ONCE = 256


class CatalogFile:
    """An open `catalog.db`, in write-ahead mode: readers continue while one writer writes."""

    def __init__(self, path: Path) -> None:
        """Open the file, and create or migrate its tables.

        Raises:
            IndexDamaged: it is not a catalog of this program, or is from a newer version.
            IndexNotWritable: it has to be written first and cannot be.
            IndexBusy: it has to be written first, and another process is writing.
        """
        self.path = path
        self.lock = WriterLock(path.parent)
        self._connection: sqlite3.Connection | None = None
        self._budget = StepBudget(path)
        self._unwatched: object = None
        self._is_snapshot = False
        self._facts: Mapping[str, Any] | None = None
        with self._own_words():
            self._open()

    def _open(self) -> None:
        uri = uri_of(self.path)
        try:
            self._connect(uri)
        except sqlite3.OperationalError as error:
            quiet = None if uri.query else uri_without_room(self.path, error)
            if quiet is None:
                raise
            self._connect(quiet)

    def _connect(self, uri: CatalogUri) -> None:
        self._connection = sqlite3.connect(
            uri.text,
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,  # only our code begins transactions
            check_same_thread=False,
        )
        self._unwatched = files_state(self.path) if uri.is_unwatched else None
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        self._budget = set_limits(self.connection, self.path)
        add_functions(self.connection)
        check_plain(self.connection, self.path)
        if not is_current(self.connection):
            bring_up_to_date(self.connection, self.path, self.lock)
        check_tables(self.connection, self.path)
        # Only now: in a file that was just created, SQLite would count in pages of the default
        # size, of which ours has four times the bytes, and so cache four times as much.
        self.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self.execute("PRAGMA foreign_keys = ON")

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection.

        Raises:
            IndexClosed: the index was closed.
        """
        if self._connection is None:
            raise IndexClosed(f"{self.path.parent} was closed: open it again")
        return self._connection

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.lock.release()

    def rows(self, sql: str, *arguments: object) -> Iterator[Row]:
        """Yield the rows of a query, read on demand."""
        self._budget.begin()
        with self._own_words():
            # Not `yield from`, which closes the cursor, and fails if the connection was closed.
            for row in self.connection.execute(sql, arguments):  # noqa: UP028
                yield row

    def typed(
        self,
        kinds: Sequence[Kinds],
        sql: str,
        *arguments: object,
        ascending: bool = False,
    ) -> Iterator[Row]:
        """Yield the rows of a query, as `rows` does, and check the kinds of their values.

        SQLite accepts any value in any column, so a file may have values of other kinds than those
        that we write.

        Args:
            kinds: the expected kinds of each column.
            sql: the query.
            *arguments: its parameters.
            ascending: whether the first column must have strictly ascending integers; it does not
                in a file whose pages form a cycle.

        Raises:
            IndexDamaged: a row has another value.
        """
        last = -(2**63) - 1
        for rows in self._blocks(sql, arguments):
            wrong = unlike(rows, kinds)
            if wrong is not None:
                raise self.damaged(wrong)
            for row in rows:
                if ascending:
                    if row[0] <= last:
                        raise self.damaged(f"the id {row[0]} after {last}")
                    last = row[0]
                yield row

    def _blocks(self, sql: str, arguments: Sequence[object]) -> Iterator[list[Row]]:
        """Yield the rows of a query, some at a time, read on demand."""
        self._budget.begin()
        with self._own_words():
            cursor = self.connection.execute(sql, arguments)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield rows

    def damaged(self, reason: str) -> IndexDamaged:
        """Return the error for data that this program cannot have written."""
        return IndexDamaged(
            f"{self.path} holds data that this program cannot have written: {reason}; "
            f"`crossgraph verify --index {self.path.parent}` says more"
        )

    def execute(self, sql: str, *arguments: object) -> int:
        """Run a statement and return how many rows it changed."""
        self._budget.begin()
        with self._own_words():
            return self.connection.execute(sql, arguments).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run a statement once per row and return how many rows it changed."""
        with self._own_words():
            row_list = rows if isinstance(rows, list) else list(rows)
            self._budget.begin(len(row_list))
            return self.connection.executemany(sql, row_list).rowcount

    def put(
        self,
        table: str,
        rows: Iterable[Sequence[object]],
        *,
        instead: str = "",
        known_by: Sequence[str] = (),
    ) -> int:
        """Write whole rows, each with its checksum, and return how many were written.

        Args:
            table: one of our tables.
            rows: values in the order of the table's columns.
            instead: what to do if a row exists, such as `OR REPLACE`.
            known_by: columns that identify a row, the first of them alone as well; existing rows
                are then updated.
        """
        columns = [*(columns_of(table) or ()), SUM]
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT {instead} INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        if known_by:
            # Without the identifying columns: if they changed, SQLite would prepare to undo each.
            changed = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in known_by)
            sql = f"{sql} ON CONFLICT ({known_by[0]}) DO UPDATE SET {changed}"
        return self.execute_many(sql, [(*row, row_sum(*row)) for row in rows])

    def seal(self, table: str, where: str = "TRUE", *arguments: object) -> None:
        """Update the checksums of rows after a statement changed some of their values."""
        columns = ", ".join(columns_of(table) or ())
        self.execute(f"UPDATE {table} SET {SUM} = {ROW_SUM}({columns}) WHERE {where}", *arguments)

    @contextmanager
    def lenient_text(self) -> Generator[None]:
        """Read texts that are not UTF-8 as well, in a block that looks for damage."""
        self.connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            self.connection.text_factory = str

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read everything in a block from one snapshot, even if others write meanwhile."""
        if self.connection.in_transaction:
            yield
            return
        with self._own_words():
            if self._unwatched is not None and self._unwatched != files_state(self.path):
                self.close()
                self._open()
            connection = self.connection
            self._budget.begin()
            connection.execute("BEGIN")
            self._is_snapshot = True
            try:
                connection.execute("SELECT 1 FROM meta LIMIT 1").fetchone()  # this begins it
                yield
            finally:
                self._is_snapshot, self._facts = False, None
                connection.rollback()  # nothing was written

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Write everything in a block or nothing, as the only writer.

        Raises:
            IndexBusy: another process is writing.
            IndexNotWritable: the disk is full, or cannot be written at all.
        """
        self.lock.acquire()
        with self._own_words():
            # IMMEDIATE: a reader that becomes a writer half-way would be refused without waiting.
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def meta(self) -> Mapping[str, Any]:
        """Return the catalog's facts about itself; within a snapshot, they are read once."""
        if self._facts is None:
            facts = self._read_meta()
            if not self._is_snapshot:
                return facts
            self._facts = facts
        return self._facts

    def _read_meta(self) -> dict[str, Any]:
        facts = {}
        for key, value in self.typed((TEXT, TEXT), "SELECT key, value FROM meta"):
            try:
                facts[key] = json.loads(value)
            except (ValueError, RecursionError) as error:
                raise self.damaged(f"the fact {key!r} is not JSON") from error
        return facts

    def revision(self) -> int:
        """Return the catalog's revision, a number that rises when its vectors change."""
        revision = self.meta().get("revision", 0)
        if not isinstance(revision, int) or not 0 <= revision < 2**62:
            raise self.damaged(f"the state {revision!r}")
        return revision

    def set_meta(self, **facts: object) -> None:
        """Write facts about the catalog, in the caller's transaction or one of their own."""
        rows = [(key, json.dumps(value)) for key, value in facts.items()]
        if self.connection.in_transaction:
            self.put("meta", rows, known_by=("key",))
            return
        with self.transaction():
            self.put("meta", rows, known_by=("key",))

    @contextmanager
    def _own_words(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
            raise  # an error of the caller, not of the file
        except sqlite3.DatabaseError as error:
            raise store_error(error, self.path) from error
