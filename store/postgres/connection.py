"""A connection to a database: opened when it is needed, and reopened after it broke."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from store.columns.tables import Row
from store.errors import IndexClosed, IndexDamaged, IndexNotWritable, IndexUnavailable
from store.postgres.address import Address

__all__ = ["Connection", "Row"]

# The loss of a server that sends nothing any more is noticed within half a minute.
_DEFAULTS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds; keepalives pause while what was sent is unconfirmed
    "application_name": "crossgraph",
}
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0

# The last two mean that the server does not have a required extension.
_REFUSED = (
    errors.InsufficientPrivilege,
    errors.ReadOnlySqlTransaction,
    errors.FeatureNotSupported,
    errors.UndefinedFile,
)


class Connection:
    """A connection that outlives the server's restarts; used by one thread at a time.

    After a failed attempt to connect, further attempts within a pause fail at once, so that not
    every request waits for a server that is away; the pause doubles from 0.1 to 1 second.

    Args:
        address: the address to connect to, which happens at the first statement.
        clock: returns seconds.
    """

    def __init__(self, address: Address, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._clock = clock
        self._held: psycopg.Connection[Row] | None = None
        self._pause = 0.0
        self._next_attempt = clock()
        self._failure = ""
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that is not known to be broken."""
        return self._held is not None and not self._held.closed

    def close(self) -> None:
        """Close the connection for good; closing twice is harmless."""
        self._closed = True
        self._drop()

    def rows(self, sql: str, *arguments: object) -> list[Row]:
        """Return all rows of a statement, fetched in PostgreSQL's binary format.

        Raises:
            IndexUnavailable: the server cannot be reached, or went away.
            IndexDamaged: the tables or the data are not those of this program.
            IndexNotWritable: the server refuses the statement, or has no room left.
            IndexClosed: the connection was closed.
        """
        with self.own_words():
            cursor = self.get().cursor(binary=True)
            return cursor.execute(sql.encode(), arguments or None).fetchall()

    def execute(self, sql: str, *arguments: object) -> None:
        """Run a statement; raises as `rows`."""
        with self.own_words():
            self.get().execute(sql.encode(), arguments or None)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Write all of a block or nothing; raises as `rows`."""
        with self.own_words(), self.get().transaction():
            yield

    @contextmanager
    def snapshot(self, first: str) -> Generator[list[Row]]:
        """Read everything in a block from one snapshot of the database; raises as `rows`.

        A connection that broke while it was not used is reopened first.

        Args:
            first: a statement without parameters, whose rows are yielded; it is sent together with
                BEGIN, which saves a round trip.
        """
        try:
            rows = self._begin(first)
        except IndexUnavailable:
            if self._failure:
                raise
            rows = self._begin(first)
        with self.own_words():
            try:
                yield rows
            finally:
                connection = self._held
                if connection is not None and not connection.closed:
                    connection.execute(b"ROLLBACK")  # nothing was written

    def _begin(self, first: str) -> list[Row]:
        with self.own_words():
            begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {first}"
            try:
                cursor = self.get().execute(begin.encode())
            except psycopg.Error:
                self._drop()  # it may have begun already
                raise
            cursor.nextset()
            return cursor.fetchall()

    def get(self) -> psycopg.Connection[Row]:
        """Return the connection, in autocommit mode; reopened if it broke.

        Raises:
            IndexUnavailable: the server cannot be reached.
            IndexClosed: it was closed.
        """
        if self._closed:
            raise IndexClosed(f"{self.address.shown} was closed: open it again")
        if self._held is None or self._held.closed:
            self._held = self._connect()
        return self._held

    @contextmanager
    def own_words(self) -> Generator[None]:
        """Convert psycopg's errors in a block into our own."""
        shown = self.address.shown
        try:
            yield
        except _REFUSED as error:
            raise IndexNotWritable(f"{shown} refuses it: {_line(error)}") from error
        except (errors.DiskFull, errors.OutOfMemory) as error:
            raise IndexNotWritable(f"{shown} has no room left: {_line(error)}") from error
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedObject) as error:
            raise IndexDamaged(f"{shown} holds no index of this program: {_line(error)}") from error
        except psycopg.DataError as error:
            raise IndexDamaged(f"{shown} rejected the data: {_line(error)}") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._drop()
            raise IndexUnavailable(
                f"the connection to the database {shown} was lost: {_line(error)}; the next "
                "search reconnects"
            ) from error

    def _connect(self) -> psycopg.Connection[Row]:
        if self._failure and self._clock() < self._next_attempt:
            raise IndexUnavailable(self._failure)
        try:
            given = psycopg.conninfo.conninfo_to_dict(self.address.conninfo)
            connection = psycopg.connect(**{**_DEFAULTS, **given}, autocommit=True)  # type: ignore[arg-type]
        except (psycopg.Error, UnicodeError) as error:  # the latter for the name of a host
            reason = _line(error) if isinstance(error, psycopg.OperationalError) else "no address"
            self._failure = f"the database {self.address.shown} cannot be reached: {reason}"
            self._pause = min(max(_FIRST_PAUSE_SECONDS, 2 * self._pause), _LONGEST_PAUSE_SECONDS)
            self._next_attempt = self._clock() + self._pause
            raise IndexUnavailable(self._failure) from None  # its text may hold the password
        self._failure, self._pause = "", 0.0
        return connection

    def _drop(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def _line(error: psycopg.Error) -> str:
    line = " ".join(str(error).split())
    return line or type(error).__name__
