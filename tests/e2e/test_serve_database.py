"""`crossgraph serve --workers` over a database that is killed and started again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from store import Index
from tests.e2e.load import ASKED, shape
from tests.e2e.serving import COUNT, get, post, running
from tests.waiting import await_that

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.e2e
pytest.importorskip("psycopg", reason="psycopg is not installed")


def test_workers_share_a_database_and_say_when_it_is_down(
    place: Path, postgres: PostgresServer, database: str
) -> None:
    from store.postgres.address import Address
    from store.postgres.push import push

    with Index.open(place / "index") as index:
        push(index, Address.parse(database))
    options = ("--index", database, "--workers", "2")
    with running(place, *options, stderr=subprocess.DEVNULL) as (url, _):

        def ask() -> httpx2.Response:  # on a connection of its own: of either worker
            return post(f"{url}v1/search", ASKED)

        whole = shape(ask().json())
        assert len(whole) == COUNT
        postgres.kill()
        try:
            for _ in range(4):
                answer = ask()
                assert answer.status_code == 503
                assert answer.json()["degraded"] is True
            assert get(f"{url}readyz").status_code == 503
        finally:
            postgres.start()
        await_that(lambda: all(ask().status_code == 200 for _ in range(4)))
        assert shape(ask().json()) == whole
