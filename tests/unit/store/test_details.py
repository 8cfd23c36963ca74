"""Metadata of photos is stored, found, counted, and copied with photos into other indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.query.filters import parse_filter
from store import Index, Photo, PhotoFile, QueryError
from store.catalog.selection import Near
from store.integrity.verify import verify
from store.merge import merge
from store.types import PersonRegion, PhotoDetails, TextLine
from tests.unit.store.version_eight import bring_back

LISBON = PhotoDetails(
    title="The old tram",
    description="On a steep street",
    rating=5,
    tags=("Tram", "holidays"),
    people=(PersonRegion("Ann Lee", (0.25, 0.25, 0.5, 0.5)), PersonRegion("Bob")),
    latitude=38.71,
    longitude=-9.14,
    sublocation="Alfama",
    city="Lisbon",
    region="Lisbon",
    country="Portugal",
    is_placed=True,
    lens="EF 50mm f/1.8",
    utc_offset_min=60,
    sidecars="tram.jpg.xmp 1 2",
    note="1 tag was left out",
    reader=1,
)
SUVA = PhotoDetails(tags=("tram",), latitude=-18.14, longitude=178.44, city="Suva", reader=1)
SIGN = (
    TextLine("EXIT ONLY", 0.75, (0.0, 0.25, 0.5, 0.5)),
    TextLine("出口", 0.5, (0.0, 0.5, 1.0, 1.0)),
)


def fill(folder: Path) -> Index:
    index = Index.create(folder, "f1", 2)
    paths = ("/photos/Trips/Rome/a.jpg", "/photos/Trips/b.jpg", "/photos/c.jpg")
    files = [PhotoFile(p, "/photos", 1, 1, f"{n:02x}", 3, 2) for n, p in enumerate(paths)]
    vectors = np.eye(3, 2, dtype=np.float32)
    index.put_images(files, vectors, np.zeros((3, 1), np.uint8), [LISBON, SUVA, None])
    index.put_lines({1: SIGN, 2: ()}, reader=1)
    return index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with fill(tmp_path_factory.mktemp("photos") / "index") as index:
        yield index


def test_all_of_it_comes_back(index: Index) -> None:
    one, two, three = index.photos([1, 2, 3])
    assert (one.details, two.details, three.details) == (LISBON, SUVA, PhotoDetails())
    assert [record.details for record in index.photo_records([2, 1])] == [SUVA, LISBON]
    assert index.lines([1, 2, 3, 99]) == {1: SIGN}
    assert index.readings() == {1: (1, "tram.jpg.xmp 1 2"), 2: (1, "")}
    assert index.ids_without_text(1) == [3]
    assert index.ids_without_text(2) == [1, 2, 3]
    assert index.unplaced(9) == {2: SUVA}
    assert verify(index.folder).problems == ()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("tag = tram", [1, 2]),
        ("tag = holidays and rating >= 4", [1]),
        ("person = 'ann lee'", [1]),
        ("person ~ ann", [1]),
        ("person != bob", [2, 3]),
        ("place = Lisbon", [1]),
        ("place in (Suva, Alfama)", [1, 2]),
        ("place = portugal", [1]),
        ("country = Portugal", [1]),
        ("city = Suva", [2]),
        ("title ~ tram", [1]),
        ("description ~ steep", [1]),
        ("lens ~ 50mm", [1]),
        ("album = Rome", [1]),
        ("album = Trips", [2]),
        ("album = photos", [3]),
        ("text ~ exit", [1]),
        ("text ~ 口", [1]),
        ("has gps", [1, 2]),
        ("not has gps", [3]),
        ("has tag and not has person", [2]),
        ("has place", [1, 2]),
        ("has rating", [1]),
        ("latitude < 0", [2]),
        ("near(38.7, -9.1, 5km)", [1]),
        ("near(38.7, -9.1, 300 m)", []),
        ("not near(38.7, -9.1, 5)", [2]),
        ("near(-18, -179.9, 200km)", [2]),
        ("near(0, 0, 20100km)", [1, 2]),
    ],
)
def test_filters_find_photos_by_it(index: Index, text: str, ids: list[int]) -> None:
    assert index.matching(parse_filter(text)).tolist() == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("near(91, 0, 5km)", "column 6: expected a latitude of -90 to 90, found '91'"),
        ("near(1, 181, 5km)", "column 9: expected a longitude of -180 to 180, found '181'"),
        ("near(1, 1, 5 parsecs)", r"column 12: expected a distance above 0|column 14: expected"),
        ("near(1, 1, 0)", "expected a distance above 0 such as 5km, 300m or 3mi, found '0'"),
        ("near(1, 1)", "column 10: expected `,` in `near"),
        ("near(1, 1, 5km", "expected `\\)` after the distance of `near`, found nothing"),
        ("near(nan, 1, 5km)", "expected a latitude of -90 to 90, found 'nan'"),
        ("near = 5", "'near' is no field"),
    ],
)
def test_a_place_that_is_none_is_told(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_filter(text)
    with pytest.raises(ValueError, match="expected a latitude"):
        Near(float("nan"), 0, 1)


@pytest.mark.parametrize(
    "words", ["steep", "Bob", "Alfama", "portugal", "EXIT", "出口", "exi", "nly"]
)
def test_words_of_it_are_found(index: Index, words: str) -> None:
    assert index.search_texts(words, 9)[0].tolist()[0] == 1


def test_values_are_counted(index: Index) -> None:
    assert index.field_values("tag") == [("Tram", 1), ("holidays", 1), ("tram", 1)]
    assert index.field_values("place") == [
        *(("Alfama", 1), ("Lisbon", 1), ("Portugal", 1), ("Suva", 1))
    ]
    assert index.field_values("city", most=1) == [("Lisbon", 1)]
    assert index.field_values("album") == [("Rome", 1), ("Trips", 1), ("photos", 1)]
    assert index.field_values("rating") == [("5", 1)]
    with pytest.raises(ValueError, match="'colour' is no field"):
        index.field_values("colour")


def test_what_changes_and_goes_is_followed(tmp_path: Path) -> None:
    with fill(tmp_path / "index") as index:
        index.put_details({1: replace(LISBON, title="A bus", tags=()), 99: SUVA})
        assert index.search_texts("tram", 9)[0].tolist() == [2]
        assert index.search_texts("bus", 9)[0].tolist() == [1]
        index.put_lines({1: ()}, reader=2)
        assert index.search_texts("exit", 9)[0].tolist() == []
        index.remove_images([1])
        assert index.field_values("person") == []
        assert verify(index.folder).problems == ()


def test_it_is_merged(tmp_path: Path) -> None:
    fill(tmp_path / "index").close()
    merge([tmp_path / "index"], tmp_path / "merged")
    with Index.open(tmp_path / "merged") as merged:
        by_path = {photo.path: photo for photo in merged.photos([1, 2, 3])}
        assert by_path["/photos/Trips/Rome/a.jpg"].details == LISBON
        image_id = by_path["/photos/Trips/Rome/a.jpg"].image_id
        assert merged.lines([image_id]) == {image_id: SIGN}
        assert len(merged.readings()) == 2
        assert len(merged.ids_without_text(1)) == 1
        assert merged.search_texts("Alfama", 9)[0].tolist() == [image_id]


def test_an_earlier_index_is_upgraded_and_has_none_of_it(tmp_path: Path) -> None:
    fill(tmp_path / "index").close()
    with closing(sqlite3.connect(tmp_path / "index" / "catalog.db")) as catalog, catalog:
        bring_back(catalog)
    with Index.open(tmp_path / "index") as index:
        assert index.photos([2]) == [Photo(2, "/photos/Trips/b.jpg")]
        assert index.readings() == {}
        assert index.search_texts("Rome", 9)[0].tolist() == [1]
        index.put_details({2: SUVA})
        assert index.search_texts("Suva", 9)[0].tolist() == [2]
        assert verify(index.folder).problems == ()
