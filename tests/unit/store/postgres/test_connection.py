"""A connection to a port on which nothing listens: the error, and the number of attempts."""

from __future__ import annotations

import socket
import sys

import psycopg
import pytest

from search.engine.open_index import open_index
from store import ExtraMissing, IndexUnavailable
from store.postgres.address import Address
from store.postgres.connection import Connection


@pytest.fixture
def nowhere() -> str:
    """Return an address on this machine at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"postgresql://me:secret@127.0.0.1:{free.getsockname()[1]}/photos"


def test_who_cannot_be_reached_is_named_and_the_password_is_not(nowhere: str) -> None:
    server = Connection(Address.parse(nowhere))
    with pytest.raises(IndexUnavailable, match=r"postgresql://me@127\.0\.0\.1:\d+/photos") as told:
        server.rows("SELECT 1")
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize("wrong", ["ssl mode=x", "sslmode=secret", "no%zz=secret"])
def test_what_psycopg_does_not_know_is_told_without_being_repeated(wrong: str) -> None:
    server = Connection(Address.parse(f"postgresql://me:secret@db/photos?{wrong}"))
    with pytest.raises(IndexUnavailable, match="cannot be reached: ") as told:
        server.rows("SELECT 1")
    assert "secret" not in str(told.value)


def test_a_host_name_that_cannot_be_one_is_told() -> None:
    server = Connection(Address.parse(f"postgresql://me:secret@{'a' * 64}.example/photos"))
    with pytest.raises(IndexUnavailable, match="cannot be reached: no address"):
        server.rows("SELECT 1")


def test_a_host_that_vanishes_is_noticed_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, str | int] = {}

    def connect(**arguments: str | int) -> None:
        given.update(arguments)
        raise psycopg.OperationalError("refused")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(IndexUnavailable):
        Connection(Address.parse("postgresql://db/photos")).rows("SELECT 1")
    assert 0 < int(given["tcp_user_timeout"]) <= 30_000  # for a statement, in milliseconds
    assert int(given["keepalives_idle"]) + 3 * int(given["keepalives_interval"]) <= 30


def test_attempts_come_after_pauses_that_double(
    nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, attempts = 0.0, []

    def connect(**_: object) -> None:
        attempts.append(now)
        raise psycopg.OperationalError("refused")

    monkeypatch.setattr(psycopg, "connect", connect)
    server = Connection(Address.parse(nowhere), clock=lambda: now)
    for step in range(61):  # a query every sixteenth of a second, for four seconds
        now = step / 16
        with pytest.raises(IndexUnavailable, match="refused"):
            server.rows("SELECT 1")
    assert attempts == [0, 0.125, 0.375, 0.8125, 1.625, 2.625, 3.625]


def test_what_was_closed_is_not_opened_again(nowhere: str) -> None:
    server = Connection(Address.parse(nowhere))
    server.close()
    server.close()
    with pytest.raises(ValueError, match="was closed"):
        server.rows("SELECT 1")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ExtraMissing, match=r'pip install "crossgraph\[pgvector\]"'):
        open_index(vectors="postgresql://db/photos")
