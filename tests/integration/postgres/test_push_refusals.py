"""What is not pushed to a database, or not read from it, and what is said then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import (
    Index,
    IndexBusy,
    IndexDamaged,
    IndexNotFound,
    IndexNotWritable,
    IndexTooNew,
    ModelMismatch,
)
from store.postgres import declarations
from store.postgres.address import Address
from store.postgres.administration import DatabaseCollection
from store.postgres.connection import Connection
from store.postgres.generations import only_writer
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from tests.integration.postgres.made import BATCH, MODEL, make_index
from tests.unit.store.vectors_at_hand import DIM, clustered

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


def test_another_model_is_told_and_not_searched(tmp_path: Path, database: str) -> None:
    for name, model in (("one", MODEL), ("other", "beef")):
        make_index(tmp_path / name, 10, model)
    with Index.open(tmp_path / "one") as index:
        reader = PostgresReader.open(_pushed(index, database))
    with reader:
        with Index.open(tmp_path / "other") as index:
            push(index, Address.parse(database))
        with pytest.raises(ModelMismatch, match="embedded again with another model"):
            reader.search(QUERIES[0], 3)
    with pytest.raises(ModelMismatch, match="give that model with --checkpoint"):
        PostgresReader.open(database, fingerprint=MODEL, model="mine")


def test_only_one_writes_a_collection(tmp_path: Path, database: str) -> None:
    make_index(tmp_path / "index", 3)
    address = Address.parse(database)
    with Index.open(tmp_path / "index") as index:
        push(index, address)
        other = Connection(address)
        with only_writer(other, "photos"), pytest.raises(IndexBusy, match="wait until it is done"):
            push(index, address)
        other.close()
        push(index, address)


def test_a_database_without_an_index_says_so(database: str) -> None:
    with pytest.raises(IndexNotFound, match="holds no index: write one with `crossgraph push"):
        PostgresReader.open(database)


def test_a_database_that_cannot_hold_an_index_says_why(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_index(tmp_path / "index", 3)
    server = Connection(Address.parse(database))
    with pytest.raises(IndexNotWritable, match='refuses it: extension "wector" is not available'):
        server.execute("CREATE EXTENSION wector")
    server.execute("CREATE USER guest")
    server.close()
    with Index.open(tmp_path / "index") as index:
        with pytest.raises(IndexNotWritable, match="refuses it: permission denied"):
            push(index, Address.parse(database.replace("postgres@", "guest@")))
        monkeypatch.setattr(declarations, "OLDEST_PGVECTOR", (9, 0))
        with pytest.raises(IndexNotWritable, match=r"has pgvector 0\.\d+\.\d+, expected"):
            push(index, Address.parse(database))


def test_what_a_newer_version_wrote_is_left_alone(tmp_path: Path, database: str) -> None:
    make_index(tmp_path / "index", 3)
    with Index.open(tmp_path / "index") as index:
        push(index, Address.parse(database))
        server = Connection(Address.parse(database))
        server.execute("INSERT INTO crossgraph.migrations VALUES (99)")
        server.close()
        with pytest.raises(IndexTooNew, match="written by a newer version of crossgraph"):
            push(index, Address.parse(database))
    with pytest.raises(IndexTooNew, match="upgrade this one"):
        PostgresReader.open(database)


def test_an_index_that_lacks_an_embedding_is_not_pushed(tmp_path: Path, database: str) -> None:
    make_index(tmp_path / "index", 4)
    with Index.open(tmp_path / "index") as index:
        with index.writing() as catalog:
            catalog.execute(f"DELETE FROM {index.model.nodes} WHERE image_id = 2")
        with pytest.raises(IndexDamaged, match="1 photos without nodes: run `crossgraph verify"):
            push(index, Address.parse(database))
    assert states(database) == ["filling"]


def test_an_empty_index_can_be_pushed(tmp_path: Path, database: str) -> None:
    with Index.create(tmp_path / "index", MODEL, DIM) as index:
        _pushed(index, database)
    with PostgresReader.open(database) as reader:
        assert len(reader) == 0
        assert [len(part) for part in reader.search(QUERIES[0], 5)] == [0, 0]
        assert reader.search_texts("dog", 5)[0].tolist() == []
        assert reader.counts().captions == 0


def _pushed(index: Index, address: str) -> str:
    push(index, Address.parse(address))
    return address
