"""What metadata says of photos is found in a database as in the index that was pushed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.query.filters import parse_filter
from store import Index, IndexNotFound
from store.catalog.filter_fields import FIELDS
from store.postgres.address import Address
from store.postgres.connection import Connection
from store.postgres.declarations import DETAILS_COLUMNS, SCHEMA
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from store.types import PhotoDetails
from tests.postgres_server import PostgresServer
from tests.unit.store.test_details import fill

IDS = [1, 2, 3]

FILTERS = """tag = tram; tag != tram; person ~ ann; has person; not has person; has place;
    place = lisbon; country = Portugal; city != Suva; title ~ tram; lens ~ '50mm*'; album = Rome;
    album != Rome; text ~ exit; text ~ 口; has gps; rating >= 5; latitude < 0; has text;
    near(38.7, -9.1, 5km); not near(38.7, -9.1, 5km); near(-18, -179.9, 200km);
    near(0, 0, 20100km)"""


@pytest.fixture(scope="module")
def both(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Index, PostgresReader]]:
    address = postgres.new_database()
    with fill(tmp_path_factory.mktemp("photos") / "index") as index:
        push(index, Address.parse(address))
        with PostgresReader.open(address) as reader:
            yield index, reader


def test_all_of_it_comes_back(both: tuple[Index, PostgresReader]) -> None:
    index, reader = both
    # How it was read stays with the index on disk.
    wanted = [
        replace(photo.details, reader=0, sidecars="", is_placed=False)
        for photo in index.photos(IDS)
    ]
    assert [photo.details for photo in reader.photos(IDS)] == wanted
    assert reader.lines(IDS) == index.lines(IDS)


@pytest.mark.parametrize("text", [each.strip() for each in FILTERS.split(";")])
def test_filters_choose_the_same(both: tuple[Index, PostgresReader], text: str) -> None:
    index, reader = both
    expression = parse_filter(text)
    assert reader.matching(expression).ids.tolist() == index.matching(expression).tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "megapixels"])
def test_values_are_counted_alike(both: tuple[Index, PostgresReader], field: str) -> None:
    index, reader = both
    assert reader.field_values(field) == index.field_values(field)


@pytest.mark.parametrize("words", ["steep", "Bob", "Alfama", "portugal", "EXIT", "出口"])
def test_words_of_it_are_found(both: tuple[Index, PostgresReader], words: str) -> None:
    assert both[1].search_texts(words, 9)[0].tolist()[0] == 1


def test_what_an_earlier_version_wrote_says_to_push_again(tmp_path: Path, database: str) -> None:
    with fill(tmp_path / "index") as index:
        push(index, Address.parse(database))
        server = Connection(Address.parse(database))
        drops = ", ".join(f"DROP COLUMN {name}" for name in DETAILS_COLUMNS)
        server.execute(f"ALTER TABLE {SCHEMA}.photos_1 {drops}")
        server.execute(f"DELETE FROM {SCHEMA}.migrations WHERE number = 2")
        server.close()
        with pytest.raises(IndexNotFound, match=r"earlier version.*there again with .crossgraph"):
            PostgresReader.open(database)
        push(index, Address.parse(database))
    with PostgresReader.open(database) as reader:
        assert reader.photos([1])[0].details != PhotoDetails()
