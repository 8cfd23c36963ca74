"""Negations in sentences, and phrases that only look like negations."""

from __future__ import annotations

import pytest

from search.query.negation import Wanted, split_negation


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("a beach without people", "a beach", ["people"]),
        ("A Beach WITHOUT People", "A Beach", ["People"]),
        ("a beach without any people", "a beach", ["people"]),
        ("a park with no dogs", "a park", ["dogs"]),
        ("a park, no dogs", "a park", ["dogs"]),
        ("a park but no dogs", "a park", ["dogs"]),
        ("a park and no dogs.", "a park", ["dogs"]),
        ("there are no dogs", "", ["dogs"]),
        ("no dogs", "", ["dogs"]),
        ("a sandwich, not a burger", "a sandwich", ["a burger"]),
        ("a man not wearing a hat", "a man", ["wearing a hat"]),
        ("pizza excluding mushrooms", "pizza", ["mushrooms"]),
        ("fruit except for bananas", "fruit", ["bananas"]),
        ("a road free of snow", "a road", ["snow"]),
        ("a street with no one", "a street", ["people"]),
        ("a street with nobody on it", "a street", ["people"]),
        ("a room without anyone", "a room", ["people"]),
        ("Without people: a beach", "a beach", ["people"]),
    ],
)
def test_what_is_denied_is_taken_out(text: str, positive: str, negative: list[str]) -> None:
    found = split_negation(text)
    assert (found.positive, list(found.negative)) == (positive, negative)


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("a street without cars or people", "a street", ["cars", "people"]),
        ("a street without cars and people", "a street", ["cars", "people"]),
        ("a room without a cat and a dog", "a room", ["a cat", "a dog"]),
        ("a table with no plates, cups or forks", "a table", ["plates", "cups", "forks"]),
        ("a dog without a leash and no collar", "a dog", ["a leash", "collar"]),
        ("a dog without a leash without a leash", "a dog", ["a leash"]),
    ],
)
def test_several_things_are_denied(text: str, positive: str, negative: list[str]) -> None:
    found = split_negation(text)
    assert (found.positive, list(found.negative)) == (positive, negative)


@pytest.mark.parametrize(
    ("text", "positive"),
    [
        ("a beach without people at sunset", "a beach at sunset"),
        ("a beach, no people, at sunset", "a beach, at sunset"),
        ("a beach without people but with a dog", "a beach with a dog"),
        ("a beach without people and a dog", "a beach and a dog"),
        ("a beach without people and with a dog", "a beach with a dog"),
        ("a beach without people. A dog", "a beach. A dog"),
        ("a beach without people in sight", "a beach"),
    ],
)
def test_what_comes_after_is_wanted_again(text: str, positive: str) -> None:
    found = split_negation(text)
    assert (found.positive, found.negative) == (positive, ("people",))


@pytest.mark.parametrize(
    "text",
    [
        "two people riding bikes",
        "a no parking sign",
        "a pole with a no entry sign",
        "a pole with no parking signs",
        'a shirt that says "no fear"',
        "a shirt that says “no fear”",
        "No. 7 bus",
        "the bus no 7",
        "no more than two people",
        "a bridge that is no longer there",
        "a winner, without a doubt",
        "a snowy nook",
        "a know-how book",
        "not only dogs",
        "a cat not on a sofa",
        "a beach without",
        "without",
        "no",
        "",
    ],
)
def test_what_denies_nothing_stays_as_it_is(text: str) -> None:
    found = split_negation(text)
    assert (found.positive, found.negative) == (text, ())


def test_a_page_of_denials_is_no_sentence() -> None:
    text = "no cat, " * 10_000
    assert split_negation(text).positive == text


def test_a_sentence_of_two_thousand_letters_is_the_longest_that_is_read() -> None:
    longest = "a beach without people".rjust(2000, "x").replace("xa", "x a", 1)[-2000:]
    assert len(longest) == 2000
    assert split_negation(longest).negative == ("people",)
    assert split_negation("x" + longest) == Wanted("x" + longest)


def test_a_sentence_denies_sixteen_things_at_most() -> None:
    words = [f"thing{number}" for number in range(17)]
    sixteen = "a room " + " ".join(f"without {word};" for word in words[:16])
    assert split_negation(sixteen).negative == tuple(words[:16])
    more = f"{sixteen} without {words[16]}"
    assert split_negation(more) == Wanted(more)


def test_a_sentence_that_denies_nothing_stays_as_it_is() -> None:
    assert split_negation("with a dog and") == Wanted("with a dog and")
