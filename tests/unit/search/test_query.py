"""Queries as people write them: plain text, sums of quoted terms, files."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.query.grammar import parse_query, parse_term
from search.query.term import Term
from store import QueryError
from tests.integration.colours import paint


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ('"a street"', ["a street"], []),
        ('"a street" + "rain"', ["a street", "rain"], []),
        ('"a street"+"rain"-"cars"', ["a street", "rain"], ["cars"]),
        ('- "cars" + "a street"', ["a street"], ["cars"]),
        ("'the dog's bowl' - 'a cat'", ["the dog's bowl"], ["a cat"]),
        ("“a street” \u2212 “cars”", ["a street"], ["cars"]),
        ('"a + b" - "c - d"', ["a + b"], ["c - d"]),
        ('"a beach without people"', ["a beach without people"], []),
    ],
)
def test_sums(text: str, positive: list[str], negative: list[str]) -> None:
    found = parse_query(text)
    assert [[term.text for term in side] for side in found] == [positive, negative]
    assert {term.weight for side in found for term in side} == {1.0}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("2:rain", Term("rain", weight=2)),
        ("0.5: rain", Term("rain", weight=0.5)),
        (".5:rain", Term("rain", weight=0.5)),
        ("3:30 on a clock", Term("3:30 on a clock")),
        ("two: rain", Term("two: rain")),
    ],
)
def test_weights(text: str, term: Term) -> None:
    assert parse_term(text) == term
    assert parse_query(f'"{text}"') == ((term,), ())


@pytest.mark.parametrize(
    "text",
    [
        "a street + rain - cars",
        '"stop" sign on a pole',
        '"a dog" and "a cat"',
        "'tis the season",
        '"never closed',
        "2:rain",
        "-12 degrees + snow",
        "+",
        "cat.jpg",
    ],
)
def test_all_else_is_plain_text(text: str) -> None:
    assert parse_query(text, files=True) == ((Term(text),), ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"a street" + rain', 'stands in quotes, such as + "rain": found rain'),
        ('"a street" +', "and nothing follows"),
        ('"a street" + "rain', 'mark at "rain is never closed'),
        ('"a street" + "rain" "cars"', 'expected + or - before "cars"'),
        ('"0:rain"', 'weight of "rain" is 0, expected'),
        ('"" + "rain"', "query is empty"),
        ("", "query is empty"),
    ],
)
def test_a_sum_that_breaks_off_is_told(text: str, told: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_denied_counts_against() -> None:
    assert parse_query("a beach without people") == (
        (Term("a beach"),),
        (Term("people", weight=1.5),),
    )
    assert parse_query("no people") == ((), (Term("people", weight=1.5),))


@pytest.mark.parametrize("text", ["a beach without people", '"a" + "b"', '"a" +'])
def test_literal_takes_all_as_it_stands(text: str) -> None:
    assert parse_query(text, literal=True) == ((Term(text),), ())


def test_a_photo_is_a_file_that_is_there_where_files_are_read(tmp_path: Path) -> None:
    photo = paint(tmp_path / "a cat.png", "red")
    (tmp_path / "notes.txt").touch()
    assert parse_query(str(photo), files=True) == ((Term(image=photo),), ())
    assert parse_query(str(photo)) == ((Term(str(photo)),), ())
    assert parse_query(str(tmp_path / "notes.txt"), files=True)[0][0].image is None
    assert parse_query(f'"2:{photo}" - "red"', files=True) == (
        (Term(image=photo, weight=2),),
        (Term("red"),),
    )
    assert parse_query("a\0.png", files=True)[0][0].image is None
    assert parse_query("x" * 5000 + ".png", files=True)[0][0].image is None
    assert parse_term(str(photo)) == Term(str(photo))
    assert parse_term(f" 2: {photo} ", files=True) == Term(image=photo, weight=2)
    capitals = paint(tmp_path / "A.PNG", "red")
    assert parse_query(f" {capitals} ", files=True) == ((Term(image=capitals),), ())
