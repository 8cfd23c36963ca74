"""Names that occur in a collection, in queries."""

from __future__ import annotations

from datetime import date

import pytest

from fusion.runtime.words import word_set
from search.understanding.chips import Chip, ChipKind
from search.understanding.known_names import NameBook
from search.understanding.read_query import Known, read_query
from store import QueryError

BOOK = NameBook.of(
    {
        ChipKind.person: [
            ("Anna Smith", 7), ("Anna Jones", 4), ("Rose", 2), ("Ben O'Hara", 3), ("Paris", 1),
        ],
        ChipKind.place: [
            ("Lisbon", 9), ("Paris", 3), ("New York", 4), ("Portugal", 9), ("Bath", 1),
        ],
        ChipKind.album: [
            ("Anna's wedding", 5), ("red car", 2), ("Lisbon_2019", 9), ("photos", 100),
            ("Christmas 2019", 3),
        ],
        ChipKind.camera: [("Apple iPhone 13", 12), ("Canon EOS R5", 8)],
        ChipKind.tag: [("beach", 3), ("Kodachrome", 2)],
    },
    100,
    (2005, 2024),
)  # fmt: skip
SHOWN = word_set("a beach bath bike cake car dog dogs phone red rose wedding")
FILES = ("img_0001", "img_0001.jpg")
KNOWN = Known(BOOK, date(2026, 11, 29), SHOWN, lambda name: name.lower() in FILES)


@pytest.mark.parametrize(
    ("query", "rest", "where"),
    [
        ("Anna Smith at the beach", "the beach", "person = 'Anna Smith'"),
        ("photos of anna jones", "", "person = 'Anna Jones'"),
        ("ben o'hara's bike", "bike", "person = 'Ben O''Hara'"),
        ("a photo with Rose", "", "person = 'Rose'"),
        ("dogs in Lisbon", "dogs", "place = 'Lisbon'"),
        ("a man in new york", "a man", "place = 'New York'"),
        ("photos from Bath", "", "place = 'Bath'"),
        ("anna's wedding cake", "cake", "album = 'Anna''s wedding'"),
        ("a dog in the album red car", "a dog", "album = 'red car'"),
        ("lisbon 2019", "", "album = 'Lisbon_2019'"),
        ("dogs taken with my iphone", "dogs", "camera = 'Apple iPhone 13'"),
        ("photos shot on canon eos r5", "", "camera = 'Canon EOS R5'"),
        ("#beach dog", "dog", "tag = 'beach'"),
        ("kodachrome", "", "tag = 'Kodachrome'"),
        ("dogs without ben", "dogs", "not (person = 'Ben O''Hara')"),
        ("IMG_0001", "", "name ~ 'IMG_0001'"),
        ("a dog img_0001.jpg", "a dog", "name = 'img_0001.jpg'"),
        (
            "anna smith dancing in portugal in may 2020",
            "dancing",
            "(person = 'Anna Smith') and (place = 'Portugal') and (taken = 2020-05)",
        ),
    ],
)
def test_a_name_becomes_a_filter_and_the_rest_is_looked_for(
    query: str, rest: str, where: str
) -> None:
    found = read_query(query, KNOWN)
    assert (found.rest, found.where) == (rest, where)
    for chip in found.chips:
        assert query[chip.start : chip.end] == chip.text


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("a red rose", ["person:rose"]),
        ("the bath", ["place:bath"]),
        ("a red car", ["album:red car"]),
        ("a woman with an iphone", ["camera:iphone"]),
        ("an apple", ["camera:apple"]),
        ("a beach", ["tag:beach"]),
        ("photos of dogs", []),
        ("img_0002 and dsc01234", []),
        ("somebody in Berlin", []),
    ],
)
def test_ordinary_words_are_left_to_the_pictures_and_names_only_offered(
    query: str, offered: list[str]
) -> None:
    found = read_query(query, KNOWN)
    assert (found.rest, found.where) == (query, "")
    assert [chip.id for chip in found.chips] == offered
    assert not any(chip.applied for chip in found.chips)


def the_chip(query: str, **options: object) -> Chip:
    return read_query(query, KNOWN, **options).chips[0]  # type: ignore[arg-type]


def test_a_name_that_several_have_means_all_and_offers_each() -> None:
    anna = the_chip("anna")
    assert anna.where == "person = 'Anna Smith' or person = 'Anna Jones'"
    assert [(each.id, each.photos) for each in anna.choices] == [
        ("person:Anna Smith", 7),
        ("person:Anna Jones", 4),
    ]
    chosen = the_chip("anna", choose={"anna": "person:Anna Jones"})
    assert (chosen.where, chosen.label, chosen.photos) == ("person = 'Anna Jones'", "Anna Jones", 4)
    paris = the_chip("paris")
    assert [each.id for each in paris.choices] == ["person:Paris", "place:Paris"]
    assert the_chip("paris", choose={"person:paris": "place:Paris"}).kind is ChipKind.place


def test_a_folder_named_as_a_time_may_be_either() -> None:
    chip = the_chip("christmas 2019")
    assert chip.where == (
        "(taken >= 2019-12-24 and taken <= 2019-12-26) or album = 'Christmas 2019'"
    )
    assert [each.kind for each in chip.choices] == [ChipKind.time, ChipKind.album]


def test_what_is_only_offered_can_be_chosen() -> None:
    found = read_query("a red rose", KNOWN, choose={"rose": "person:Rose"})
    assert (found.rest, found.where) == ("a red", "person = 'Rose'")


@pytest.mark.parametrize("taken", ["in Lisbon", "lisbon", "place:lisbon", " LISBON "])
def test_a_chip_that_is_taken_away_goes_to_the_pictures(taken: str) -> None:
    found = read_query("dogs in Lisbon", KNOWN, as_words=[taken])
    assert (found.rest, found.chips) == ("dogs in Lisbon", ())


def test_where_a_longer_name_is_taken_away_shorter_ones_are_read() -> None:
    found = read_query("lisbon 2019", KNOWN, as_words=["album:lisbon 2019"])
    assert [chip.id for chip in found.chips] == ["place:lisbon", "time:2019"]


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        ({"anna": "person:Bob"}, r"“anna” is not 'person:Bob'; it may be 'person:Anna Smith', "),
        ({"bob": "person:Bob"}, "nothing to choose for “bob”: the query has “anna”"),
    ],
)
def test_a_choice_that_is_none_is_refused(choose: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        read_query("anna", KNOWN, choose=choose)


def test_a_chip_tells_programs_all_about_itself() -> None:
    record = read_query("a dog in Lisbon", KNOWN).to_dict()
    assert record == {
        "rest": "a dog",
        "chips": [
            {
                "id": "place:lisbon", "kind": "place", "text": "in Lisbon", "start": 6, "end": 15,
                "label": "Lisbon", "where": "place = 'Lisbon'", "applied": True, "photos": 9,
                "choices": [],
            }
        ],
    }  # fmt: skip
