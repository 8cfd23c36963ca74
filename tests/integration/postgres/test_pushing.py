"""A push is whole or not there, goes on where it was cut off, and can be taken back."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest

from search.cli import main
from store import (
    Index,
    IndexNotFound,
    IndexNotWritable,
    QueryError,
)
from store.catalog.selection import Condition
from store.postgres import allowed_photos
from store.postgres.address import Address
from store.postgres.administration import DatabaseCollection
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from store.vectors.choose import LEAST_RECALL
from tests.integration.postgres.made import BATCH, make_index
from tests.unit.store.vectors_at_hand import clustered
from tests.waiting import PATIENCE_SECONDS

COUNT = 3 * BATCH


VECTORS, QUERIES = clustered(COUNT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos") / "index"
    make_index(folder, COUNT)
    return folder


@pytest.fixture
def reader(folder: Path, database: str) -> Iterator[PostgresReader]:
    with Index.open(folder) as index:
        push(index, Address.parse(database), queries=QUERIES)
    with PostgresReader.open(database) as reader:
        yield reader


def states(address: str) -> list[str]:
    with DatabaseCollection(Address.parse(address)) as collection:
        return [each.state for each in collection.generations()]


def test_the_graph_finds_what_it_was_measured_to_find(reader: PostgresReader) -> None:
    measured = reader.measured()
    assert measured.recall_at_100 is not None
    assert measured.recall_at_100 >= LEAST_RECALL
    shares = []
    for query in QUERIES:
        products = VECTORS @ query
        found, scores = reader.search(query, 100)
        np.testing.assert_allclose(scores, products[found - 1], atol=1e-5)
        shares.append(np.isin(np.argsort(-products)[:100] + 1, found).mean())
    assert np.mean(shares) > 0.95


@pytest.mark.parametrize("few", [1, 12_000])
def test_a_filter_is_followed_by_the_graph_too(
    reader: PostgresReader, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed_photos, "FEW", few)
    chosen = reader.matching(Condition("id", "<=", 500))
    shares = []
    for query in QUERIES:
        true = np.argsort(-(VECTORS[:500] @ query))[:50] + 1
        found, _ = reader.search(query, 50, within=chosen)
        assert len(found) == 50
        assert found.max() <= 500
        shares.append(np.isin(true, found).mean())
    assert np.mean(shares) > 0.95


def test_killed_in_the_middle_it_goes_on_where_it_was(folder: Path, database: str) -> None:
    program = [sys.executable, "-m", "tests.integration.postgres.made", str(folder), database]
    ended = subprocess.run(program, capture_output=True, timeout=PATIENCE_SECONDS)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert states(database) == ["filling"]
    with pytest.raises(IndexNotFound, match="no collection photos that answers"):
        PostgresReader.open(database)
    told: list[int] = []
    with Index.open(folder) as index:
        push(index, Address.parse(database), progress=lambda done, *_: told.append(done))
        assert told[0] == 2 * BATCH  # and not those that were there
        with PostgresReader.open(database) as reader:
            ids = list(index.files())
            assert len(reader) == COUNT
            assert np.array_equal(reader.vectors(ids), index.vectors(ids))
            assert reader.photo_records(ids[-5:]) == index.photo_records(ids[-5:])
    assert states(database) == ["answers"]


def test_what_a_killed_push_left_of_another_state_is_dropped(
    tmp_path: Path, folder: Path, database: str
) -> None:
    program = [sys.executable, "-m", "tests.integration.postgres.made", str(folder), database]
    subprocess.run(program, capture_output=True, timeout=PATIENCE_SECONDS)
    make_index(tmp_path / "index", 10)
    with Index.open(tmp_path / "index") as index:
        push(index, Address.parse(database))
    assert states(database) == ["answers"]
    with PostgresReader.open(database) as reader:
        assert len(reader) == 10


def test_one_generation_is_kept_to_go_back_to(tmp_path: Path, database: str) -> None:
    make_index(tmp_path / "index", 30)
    address = Address.parse(database)
    with Index.open(tmp_path / "index") as index:
        push(index, address)
        with PostgresReader.open(database) as reader:
            for gone in (1, 2, 3):
                index.remove_images([gone])
                push(index, address)
                assert len(reader) == 30 - gone
                assert gone not in reader.search(QUERIES[0], 30)[0]
            assert states(database) == ["answers", "ready"]
            with DatabaseCollection(address) as collection:
                newest, before = (each.number for each in collection.generations())
                with pytest.raises(QueryError, match=f"no complete generation 99; it has {newest}"):
                    collection.activate(99)
                collection.activate(before)
            assert len(reader) == 28
            assert 3 in reader.search(QUERIES[0], 30)[0]


def test_what_was_begun_is_ended_with_the_generation_it_began_with(
    tmp_path: Path, database: str
) -> None:
    make_index(tmp_path / "index", 30)
    with (
        Index.open(tmp_path / "index") as index,
        PostgresReader.open(_pushed(index, database)) as reader,
    ):
        with reader.snapshot():
            assert len(reader) == 30
            index.remove_images([7])
            push(index, Address.parse(database))
            assert 7 in reader.search(QUERIES[0], 30)[0]
            assert reader.photos([7])
        assert len(reader) == 29
        assert reader.photos([7]) == []


def test_collections_of_a_database_know_nothing_of_each_other(
    tmp_path: Path, database: str
) -> None:
    for name, count in (("few", 3), ("more", 5)):
        make_index(tmp_path / name, count)
        with Index.open(tmp_path / name) as index:
            push(index, Address.parse(database, name))
    for name, count in (("few", 3), ("more", 5)):
        with PostgresReader.open(f"{database}&collection={name}") as reader:
            assert len(reader) == count
    with pytest.raises(IndexNotFound, match="no collection photos"):
        PostgresReader.open(database)


def test_the_commands_tell_what_there_is(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_index(tmp_path / "index", 12)
    for _ in range(2):
        command = ["push", "--index", str(tmp_path / "index"), "--to", database, "--name", "mine"]
        assert main(command) == 0
    assert "generation 2 answers: 12 photos, recall@100 100.0 %" in capsys.readouterr().out
    place = f"{database}&collection=mine"
    assert main(["generations", "--vectors", place, "--activate", "1"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [["2", "ready"], ["1", "answers"]]
    assert main(["status", "--vectors", place]) == 0
    assert "12 photos, 12 captions" in capsys.readouterr().out
    assert main(["generations", "--vectors", place, "--activate", "9"]) == 2
    assert "no complete generation 9; it has 2, 1" in capsys.readouterr().err
    assert main(["generations", "--vectors", f"{database}&collection=nope"]) == 1
    assert "has no collection nope: write one with `crossgraph push" in capsys.readouterr().err
    assert main(["push", "--index", str(tmp_path / "index"), "--to", "mysql://x/y"]) == 2
    assert "begins with mysql:; expected postgresql://" in capsys.readouterr().err


def test_a_role_that_may_only_read_searches_this_push_and_the_next(
    tmp_path: Path, database: str
) -> None:
    make_index(tmp_path / "index", 12)
    with Index.open(tmp_path / "index") as index:
        _pushed(index, database)
        with psycopg.connect(database) as owner:
            owner.execute("CREATE ROLE only_reader LOGIN")
            for statement in _documented_rights():
                owner.execute(statement.replace(" reader;", " only_reader;").encode())
        with PostgresReader.open(database.replace("postgres@", "only_reader@")) as reader:
            for _ in range(2):
                assert reader.search(QUERIES[0], 5)[0].shape == (5,)
                assert len(reader.search_texts("photo", 5)[0]) == 5
                _pushed(index, database)
            with pytest.raises(IndexNotWritable, match="permission denied"):
                push(index, Address.parse(database.replace("postgres@", "only_reader@")))


def _documented_rights() -> list[str]:
    page = Path(__file__).parents[3] / "docs" / "postgres.md"
    block = page.read_text().partition("```sql\n")[2].partition("```")[0]
    return [line for line in block.splitlines() if line]


def _pushed(index: Index, address: str) -> str:
    push(index, Address.parse(address))
    return address
