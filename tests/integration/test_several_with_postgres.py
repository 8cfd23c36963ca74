"""An index on disk and one in a database searched as one: the database goes, hangs, comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexer import build_index
from search import SearchIndex, open_index
from store import Index
from tests.integration.colours import ColourModel, paint
from tests.waiting import await_that

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

pytest.importorskip("psycopg", reason="psycopg is not installed")


@pytest.fixture
def both(tmp_path: Path, database: str) -> Iterator[SearchIndex]:
    """Index `a` on disk, of a red and a blue photo, and `b` in a database, of a red one."""
    from store.postgres.address import Address
    from store.postgres.push import push

    for name, colours in (("a", ["red", "blue"]), ("b", ["red"])):
        (tmp_path / f"photos-{name}").mkdir()
        for colour in colours:
            paint(tmp_path / f"photos-{name}" / f"{name}-{colour}.png", colour, colour)
        build_index(tmp_path / name, [tmp_path / f"photos-{name}"], ColourModel())
    with Index.open(tmp_path / "b") as index:
        push(index, Address.parse(database))
    places = [tmp_path / "a", database]
    with open_index(places, model=ColourModel(), seconds=3) as opened:  # type: ignore[arg-type]
        yield opened


def names(index: SearchIndex, **options: bool) -> list[str]:
    return [hit.path.name for hit in index.search("red", **options)]


def test_photos_of_a_folder_and_of_a_database_are_found_together(both: SearchIndex) -> None:
    assert names(both) == ["a-red.png", "b-red.png", "a-blue.png"]
    assert names(both)[:2] == ["a-red.png", "b-red.png"]
    found = both.search("red", where="width > 16", explain=True)
    assert len(found) == 3
    assert all(hit.explanation for hit in found)
    assert not found.degraded


def test_a_database_that_is_killed_is_missing_until_it_runs_again(
    both: SearchIndex, postgres: PostgresServer
) -> None:
    assert len(names(both)) == 3
    postgres.kill()
    try:
        found = both.search("red")
        assert [hit.path.name for hit in found] == ["a-red.png", "a-blue.png"]
        assert [each.index.startswith("postgresql://") for each in found.missing] == [True]
    finally:
        postgres.start()
    await_that(lambda: len(names(both)) == 3)


def test_a_database_that_hangs_is_left_out_in_time(both: SearchIndex, database: str) -> None:
    import psycopg

    with psycopg.connect(database) as other:
        rows = other.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'crossgraph%'"
        ).fetchall()
        assert rows
        for schema, table in rows:
            other.execute(f'LOCK TABLE "{schema}"."{table}" IN ACCESS EXCLUSIVE MODE'.encode())
        began = time.monotonic()
        found = both.search("red")
        waited = time.monotonic() - began
        assert [hit.path.name for hit in found] == ["a-red.png", "a-blue.png"]
        assert found.missing[0].reason.endswith("took longer than 3 seconds")
        began = time.monotonic()
        assert both.search("red").degraded
        assert time.monotonic() - began < waited  # it is not waited for again
    await_that(lambda: len(names(both)) == 3)
