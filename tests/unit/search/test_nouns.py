"""Which words are nouns, by their position; singulars and plurals."""

from __future__ import annotations

import pytest

from search.evaluation.searches.nouns import count_nouns, singular_forms, with_article

CAPTIONS = [
    "A dog on a red sofa .",
    "A brown dog sleeps on a sofa",
    "Two dogs near a sofa, a group of men and a dog.",
    "A group of women with a red ball",
    "A picture of grass in a picture.",
    "A man in a picture is on the grass",
    "A man is red",
]


def test_nouns_stand_alone_behind_an_article() -> None:
    # red never does, "a group of" refers to its members, grass takes no article, ball follows red,
    # and a picture is not what it shows.
    assert count_nouns(CAPTIONS) == {"dog", "man", "sofa"}


def test_a_word_that_stands_there_seldom_is_none() -> None:
    often = ["a red car with a dog", "a red house"] * 39
    assert "red" not in count_nouns([*often, "a red in a red ."])  # 2 of 80
    assert "red" in count_nouns([*often[:36], "a red in a red ."])  # 2 of 38


def test_once_is_not_enough() -> None:
    assert count_nouns(["A zebra in the grass"]) == set()


@pytest.mark.parametrize(
    ("word", "others", "singular"),
    [
        ("dogs", {"dog"}, "dog"),
        ("dogs", set(), "dogs"),  # "dog" does not occur
        ("glass", {"glas"}, "glass"),
        ("glasses", {"glass"}, "glass"),
        ("benches", {"bench"}, "bench"),
        ("horses", {"horse", "hors"}, "horse"),
        ("puppies", {"puppy"}, "puppy"),
        ("people", set(), "person"),
        ("women", {"woman"}, "woman"),
        ("is", {"i"}, "is"),  # a letter is not a word
    ],
)
def test_singulars(word: str, others: set[str], singular: str) -> None:
    assert singular_forms({word, *others})[word] == singular


@pytest.mark.parametrize(
    ("noun", "phrase"),
    [
        ("cat", "a cat"),
        ("elephant", "an elephant"),
        ("umbrella", "an umbrella"),
        ("unicorn", "a unicorn"),
        ("hourglass", "an hourglass"),
        ("scissors", "scissors"),
        ("bus", "a bus"),
        ("glass", "a glass"),
        ("traffic light", "a traffic light"),
    ],
)
def test_articles(noun: str, phrase: str) -> None:
    assert with_article(noun) == phrase
