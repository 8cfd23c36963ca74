"""One hit per line, in all formats for pipes."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from search.details_record import details_record
from search.explanation import ExplainedWord, Explanation, Region
from search.output import (
    as_csv_lines,
    as_json_lines,
    as_paths,
    as_plain_lines,
    as_table,
    print_table,
    weakness,
)
from search.result import Hit

DOG = Hit(
    1, 2.5, 0.91, Path("/photos/dog.jpg"), 7, ("A dog\non a sofa .", "A pet ."), ("couch", "dog")
)
MAYBE = Hit(2, 1.5, 0.15, Path("/photos/pet.jpg"), 8)
BIKE = Hit(2, 1.25, 0.08, Path("/photos/[red] bike.jpg"), 9)

CORNER = Region((0.0, 0.5, 0.5, 1.0), 0.25)
WHY = Explanation((ExplainedWord("dog", 0.5, (CORNER,)), ExplainedWord("of", -0.0001, ())), (), 2.0)


def test_json_lines_hold_everything() -> None:
    first, second = as_json_lines([DOG, BIKE])
    assert json.loads(first) == {
        "rank": 1,
        "score": 2.5,
        "probability": 0.91,
        "path": "/photos/dog.jpg",
        "image_id": 7,
        "captions": ["A dog\non a sofa .", "A pet ."],
        "categories": ["couch", "dog"],
        "reranked": False,
        "duplicates": [],
        "group": "good",
        "taken": None,
        "taken_guessed": False,
        "width_px": None,
        "height_px": None,
        "size_bytes": None,
        "camera": None,
        **details_record(None),
    }
    assert "\n" not in first
    assert json.loads(second)["captions"] == []


def test_json_shows_letters_as_they_are_and_survives_names_that_are_no_text() -> None:
    assert "Köln" in next(as_json_lines([Hit(1, 0, 0, Path("/Köln.jpg"), 1)]))
    odd = next(as_json_lines([Hit(1, 0, 0, Path("/\udcff.jpg"), 1)]))
    odd.encode("utf-8")
    assert json.loads(odd)["path"] == "/\udcff.jpg"


def test_paths() -> None:
    assert list(as_paths([DOG, BIKE])) == ["/photos/dog.jpg", "/photos/[red] bike.jpg"]


def test_csv_is_read_back_as_it_was_written() -> None:
    odd = Hit(3, 0, 0, Path('/a, "b".jpg'), 11, ("One, two .", "Three ."))
    first, *_, third = csv.DictReader(as_csv_lines([DOG, BIKE, odd]))
    assert (first["rank"], first["probability"], first["image_id"]) == ("1", "0.91", "7")
    assert first["categories"] == "couch | dog"
    assert (third["path"], third["captions"]) == ('/a, "b".jpg', "One, two . | Three .")
    assert list(as_csv_lines([])) == []


def test_explained_csv_has_one_more_field_in_every_row() -> None:
    rows = list(csv.reader(as_csv_lines([replace(DOG, explanation=WHY), BIKE])))
    assert [row[7] for row in rows] == [
        "explanation", "dog +0.500 (x 0-50%, y 50-100%); of +0.000; rest +2.000", "",
    ]  # fmt: skip
    assert [row[8] for row in rows] == ["group", "good", "other"]


def test_plain_lines_are_one_line_each_with_six_fields() -> None:
    lines = list(as_plain_lines([DOG, BIKE]))
    assert lines[0] == "1\t0.91\t2.500\t/photos/dog.jpg\tA dog on a sofa . [couch, dog]\tgood"
    assert lines[1].split("\t") == ["2", "0.08", "1.250", "/photos/[red] bike.jpg", "", "other"]
    odd = Hit(1, 0, 0, Path("/a\tb\nc.jpg"), 1)
    assert len(next(as_plain_lines([odd])).split("\t")) == 6


@pytest.mark.parametrize("width", [30, 70, 200])
def test_paths_are_never_broken_and_nothing_is_cut(width: int) -> None:
    out = io.StringIO()
    deep = replace(BIKE, path=Path("/photos/" + "a very long folder/" * 8 + "bike.jpg"))
    for hits in ([DOG, BIKE], [DOG, deep]):
        print_table(Console(file=out, width=width, color_system=None), hits, title="a dog")
    printed = out.getvalue()
    assert printed.count(str(DOG.path)) == 2
    assert printed.count("/photos/[red] bike.jpg") == 1  # not taken for markup
    assert printed.count(str(deep.path)) == 1
    assert "…" not in printed
    assert printed.count("91%") == 2
    assert printed.count("A dog") == 2


@pytest.mark.parametrize("width", range(40, 140, 3))
@pytest.mark.parametrize("kind", ["explained", "dated", "captioned", "all"])
def test_a_table_is_as_wide_as_it_is_or_there_is_none(width: int, kind: str) -> None:
    hit = replace(BIKE, path=Path("/home/barbara/Pictures/chelsea.png"))
    if kind in ("explained", "all"):
        hit = replace(hit, explanation=WHY)
    if kind in ("dated", "all"):
        hit = replace(hit, taken=datetime(2009, 2, 3))
    if kind in ("captioned", "all"):
        hit = replace(hit, captions=("a cat looks into the camera and thinks of nothing",))
    out = io.StringIO()
    print_table(Console(file=out, width=width, color_system=None), [hit, replace(hit, rank=2)])
    lines = out.getvalue().splitlines()
    assert out.getvalue().count(str(hit.path)) == 2
    if lines[0].startswith("┏"):
        assert {len(line) for line in lines} == {len(lines[0])}
        assert len(lines[0]) <= width
        assert all(line[-1] in "┓┃┩│┤┘" for line in lines)
        assert out.getvalue().count("2009-02-03") == 2 * (hit.taken is not None)


def test_table_without_captions_has_no_column_for_them() -> None:
    assert len(as_table([BIKE]).columns) == 4
    assert len(as_table([DOG, BIKE]).columns) == 5


def test_a_line_above_each_group_says_which_it_is() -> None:
    out = io.StringIO()
    Console(file=out, width=200, color_system=None).print(as_table([DOG, DOG, MAYBE, BIKE]))
    told = out.getvalue()
    headings = ["good matches (50% and more", "maybe (15% to 50%", "nearest others (below 15%"]
    places = [told.index(heading) for heading in headings]
    assert places == sorted(places)
    assert [told.count(heading) for heading in headings] == [1, 1, 1]
    assert told.index("dog.jpg") > places[0]
    assert places[1] < told.index("pet.jpg") < places[2] < told.index("bike.jpg")


def test_weakness_is_said_and_only_then() -> None:
    assert weakness([DOG, BIKE]) is None
    assert weakness([BIKE]) == "nothing here matches: the best probability is 8%"
    assert weakness([MAYBE]) == "nothing here matches well: the best probability is 15%"
    assert weakness([]) == "the index holds no photos"


def test_weakness_names_the_probability_that_none_reached() -> None:
    assert weakness([], 0.9) == (
        "nothing here matches well: no photo has a probability of 0.9 or more"
    )


def test_an_explained_hit_has_one_more_field_in_every_form() -> None:
    hit = replace(DOG, explanation=WHY)
    plain, explained = next(as_json_lines([DOG])), json.loads(next(as_json_lines([hit])))
    words = explained.pop("explanation")
    assert explained == json.loads(plain)
    corner = {"box": [0.0, 0.5, 0.5, 1.0], "weight": 0.25}
    assert words == {
        "words": [
            {"word": "dog", "added": 0.5, "regions": [corner]},
            {"word": "of", "added": -0.0001, "regions": []},
        ],
        "regions": [],
        "rest": 2.0,
        "other_words": 0.0,
    }
    line = next(as_plain_lines([hit]))
    assert line == next(as_plain_lines([DOG])).removesuffix("\tgood") + (
        "\tdog +0.500 (x 0-50%, y 50-100%); of +0.000; rest +2.000\tgood"
    )
    out = io.StringIO()
    Console(file=out, width=200, color_system=None).print(as_table([hit, BIKE]))
    assert "dog +0.500 (x 0-50%, y 50-100%)" in out.getvalue()
