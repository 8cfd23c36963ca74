"""Altered captions: how each rule changes a caption, and which captions it does not change."""

from __future__ import annotations

import pytest

from search.evaluation.altered_captions import (
    COUNTS,
    KINDS,
    NOUNS,
    change_count,
    swap_colours,
    swap_nouns,
)


@pytest.mark.parametrize(
    ("text", "altered"),
    [
        ("a dog chases a cat", "a cat chases a dog"),
        ("A man in a hat rides a horse .", "A hat in a man rides a horse ."),
        ("Two dogs chase three cats", "Two cats chase three dogs"),
        (
            "The children watch an elephant and a man",
            None,
        ),  # joined by `and`; only one of them is a plural
        ("A boy with a dog", None),
        ("A boy stands next to a girl", None),
        # nothing is exchanged across `with`; dog and stick are on the same side of it
        ("A boy with a dog throws a stick", "A boy with a stick throws a dog"),
        ("A man looks at a man", None),
        ("Nothing is here", None),
        ("", None),
    ],
)
def test_nouns(text: str, altered: str | None) -> None:
    assert swap_nouns(text) == altered


def test_articles_and_capitals_are_mended() -> None:
    assert swap_nouns("An elephant follows a man") == "A man follows an elephant"
    assert swap_nouns("Dog bites man, USA") == "Man bites dog, USA"


@pytest.mark.parametrize(
    ("text", "altered"),
    [
        ("a red car near a blue house", "a blue car near a red house"),
        ("An orange cat on a white bed", "A white cat on an orange bed"),
        ("a black and white dog", None),  # one thing with both colours
        ("a black and white dog with a red ball", "a red and white dog with a black ball"),
        ("a black dog and a white dog", None),  # the result would be the same two dogs
        ("two boats , one red and one blue", None),
        ("a red car and a red house", None),
        ("a red car", None),
    ],
)
def test_colours(text: str, altered: str | None) -> None:
    assert swap_colours(text) == altered


@pytest.mark.parametrize(
    ("text", "altered"),
    [
        ("Two dogs", "Three dogs"),
        ("the three dogs see four cats", "the two dogs see four cats"),
        ("five of them", "four of them"),
        ("one dog", None),  # the noun would have to become a plural
        ("a dog", None),
    ],
)
def test_counts(text: str, altered: str | None) -> None:
    assert change_count(text) == altered


def test_counts_change_places_so_none_becomes_rarer() -> None:
    assert all(COUNTS[COUNTS[number]] == number != COUNTS[number] for number in COUNTS)


@pytest.mark.parametrize("kind", ["nouns", "colours"])
def test_a_swap_keeps_every_word(kind: str) -> None:
    text = "a black dog watches a red bird"
    altered = KINDS[kind](text)
    assert altered is not None
    assert altered != text
    assert sorted(altered.split()) == sorted(text.split())
    assert KINDS[kind](altered) == text


def test_no_noun_is_both_singular_and_plural() -> None:
    assert set(NOUNS).isdisjoint(NOUNS.values())
