"""Values of single fields of a photo's metadata, and of several fields combined."""

from __future__ import annotations

import math
import os
from datetime import datetime
from pathlib import Path

import pytest

from indexer.metadata.sidecar_files import (
    SidecarFile,
    sidecar_at,
    sidecar_values,
    sidecars_beside,
    sidecars_state,
)
from indexer.metadata.values import (
    METADATA_READER,
    MetadataValues,
    degrees_or_none,
    details_from,
    line_of,
    lines_of_text,
    rating_or_none,
)
from indexer.metadata.xmp_packet import MOST_BYTES
from store.types import PersonRegion, PhotoDetails

BOX = (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    ("text", "longest", "line"),
    [
        ("x" * 200, 200, "x" * 200),
        ("x" * 201, 200, "x" * 200),
        ("ab cd", 3, "ab"),
        ("ab cd", 4, "ab c"),
        ("  a \t b\r\n\u2028c\u200b", 200, "a b c"),
        ("a\0b", 200, "a"),
        (" " * 15 + "abcd", 4, "a"),  # only four times the maximum length is examined
        (b"bytes", 200, ""),
        (7, 200, ""),
        ("", 200, ""),
    ],
)
def test_a_text_on_one_line(text: object, longest: int, line: str) -> None:
    assert line_of(text, longest) == line


def test_a_name_has_200_letters_at_most() -> None:
    assert line_of("x" * 999) == "x" * 200


def test_a_text_of_several_lines() -> None:
    assert lines_of_text(" a\x1b \r\n\r\n\n b \rc") == "a\nb\nc"
    assert lines_of_text("x" * 10_001) == "x" * 10_000
    assert lines_of_text("x\n" * 6000).count("x") == 5000
    assert lines_of_text(None) == lines_of_text(b"x") == ""


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_one"),
    [
        (90, 180, True),
        (-90, -180, True),
        (90.01, 5, False),
        (-90.01, 5, False),
        (5, 180.01, False),
        (5, -180.01, False),
        (0, 0, False),
        (0, 5, True),
        (5, 0, True),
        (math.nan, 5, False),
        (5, math.nan, False),
        (math.inf, 5, False),
        (5, -math.inf, False),
    ],
)
def test_a_position(latitude: float, longitude: float, is_one: bool) -> None:
    expected = (latitude, longitude) if is_one else None
    assert degrees_or_none(latitude, longitude) == expected
    if is_one:
        assert {type(value) for value in degrees_or_none(latitude, longitude) or ()} == {float}


@pytest.mark.parametrize(
    ("value", "stars"),
    [
        ("1", 1),
        ("5", 5),
        (5.4, 5),
        ("5.6", None),
        ("0.6", 1),
        (0, None),
        (6, None),
        (-1, -1),
        ("-1.0", -1),
        (-2, None),
        ("inf", None),
        ("nan", None),
        ("many", None),
        (None, None),
        ("3" + " " * 30, 3),
        (" " * 20 + "3", None),
    ],
)
def test_a_rating(value: object, stars: int | None) -> None:
    assert rating_or_none(value) == stars


def test_of_each_value_the_first_that_has_it_counts() -> None:
    texts = ("title", "description", "sublocation", "city", "region", "country", "lens")
    for name in texts:
        parts = [MetadataValues(**{name: text}) for text in ("", "first", "second")]  # type: ignore[arg-type]
        told = details_from(parts)
        assert [getattr(told, other) for other in texts] == [
            "first" if other == name else "" for other in texts
        ]
    rated = [MetadataValues(rating=stars) for stars in (None, -1, 5)]
    assert (details_from(rated).rating, details_from(()).rating) == (-1, None)
    early = [MetadataValues(utc_offset_min=minutes) for minutes in (None, 0, 60)]
    assert (details_from(early).utc_offset_min, details_from(()).utc_offset_min) == (0, None)


def test_a_position_is_one_part_s() -> None:
    parts = [MetadataValues(longitude=9.0), MetadataValues(latitude=0.0, longitude=2.0),
             MetadataValues(latitude=3.0, longitude=4.0)]  # fmt: skip
    told = details_from(parts)
    assert (told.latitude, told.longitude) == (0.0, 2.0)
    assert (details_from(()).latitude, details_from(()).longitude) == (None, None)


def test_tags_of_all_parts_are_told_once_in_whichever_case() -> None:
    parts = [MetadataValues(tags=("Dog", "STRASSE")), MetadataValues(tags=("cat", "dog", "straße"))]
    assert details_from(parts).tags == ("Dog", "STRASSE", "cat")


def test_a_person_with_a_box_comes_before_the_same_without() -> None:
    bare, boxed = PersonRegion("Ann"), PersonRegion("ann", BOX)
    other = PersonRegion("ANN", (0.5, 0.5, 0.6, 0.6))

    def people(*each: PersonRegion) -> tuple[PersonRegion, ...]:
        return details_from([MetadataValues(people=(person,)) for person in each]).people

    assert people(bare, boxed, other) == (boxed,)
    assert people(boxed, bare, other) == (boxed,)
    assert people(bare, PersonRegion("ann")) == (bare,)
    assert people(bare, PersonRegion("Bob")) == (bare, PersonRegion("Bob"))


@pytest.mark.parametrize(("what", "most"), [("tags", 500), ("people", 200)])
def test_more_than_are_kept_are_told(what: str, most: int) -> None:
    def told(count: int) -> PhotoDetails:
        names = [f"n{number}" for number in range(count)]
        values = names if what == "tags" else [PersonRegion(name) for name in names]
        return details_from([MetadataValues(**{what: tuple(values)})])  # type: ignore[arg-type]

    full, over = told(most), told(most + 2)
    assert (len(getattr(full, what)), full.note) == (most, "")
    assert getattr(over, what) == getattr(full, what)
    assert over.note.startswith(f"2 of {most + 2} {what} ")


def test_notes_are_told_once_and_in_short() -> None:
    parts = [MetadataValues(notes=("a", "b")), MetadataValues(notes=("b", "c"))]
    told = details_from(parts, "a.xmp 1 2")
    assert (told.note, told.sidecars, told.reader) == ("a; b; c", "a.xmp 1 2", METADATA_READER)
    assert len(details_from([MetadataValues(notes=("x" * 400,))]).note) == 300
    assert METADATA_READER == 1


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF></x:xmpmeta>"""


def test_sidecars_are_looked_for_under_both_names(tmp_path: Path) -> None:
    photo = tmp_path / "a.b.jpg"
    first, second = tmp_path / "a.b.jpg.xmp", tmp_path / "a.b.xmp"
    assert sidecars_beside(str(photo)) == ()
    second.write_text("22")
    os.utime(second, ns=(5, 6))
    assert sidecars_beside(str(photo)) == (SidecarFile(str(second), 2, 6),)
    first.write_text("1")
    os.utime(first, ns=(7, 8))
    both = sidecars_beside(str(photo))
    assert [each.path for each in both] == [str(first), str(second)]
    assert sidecars_state(both) == "a.b.jpg.xmp 1 8; a.b.xmp 2 6"
    assert sidecars_state(()) == ""


def test_only_a_file_is_a_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").mkdir()
    os.mkfifo(tmp_path / "b.xmp")
    for name in ("a.xmp", "b.xmp", "none.xmp"):
        assert sidecar_at(str(tmp_path / name)) is None


def test_what_sidecars_say_stands_in_their_order(tmp_path: Path) -> None:
    for name, stars in (("a.xmp", 2), ("b.xmp", 4)):
        (tmp_path / name).write_text(XMP.format(stars))
    sidecars = [SidecarFile(str(tmp_path / name), 0, 0) for name in ("b.xmp", "none.xmp", "a.xmp")]
    first, none, second = sidecar_values(sidecars)
    assert (first.rating, second.rating, none.rating) == (4, 2, None)
    assert none.notes == ("none.xmp cannot be read: No such file or directory",)


def test_a_sidecar_that_is_too_long_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.xmp"
    notes = []
    for length in (MOST_BYTES, MOST_BYTES + 1):
        file.write_text(XMP.format(3).ljust(length))
        (values,) = sidecar_values([SidecarFile(str(file), 0, 0)])
        notes.append((values.rating, bool(values.notes)))
    assert notes == [(3, False), (3, True)]


def test_values_are_none_unless_they_are_given() -> None:
    values = MetadataValues()
    assert (values.taken, values.notes, values.rating) == (None, (), None)
    assert MetadataValues(taken=datetime(1970, 1, 1)).taken == datetime(1970, 1, 1)
