"""Which words of a query occur in texts, literally or by other words."""

from __future__ import annotations

import pytest

from search.lexicon.noun_kinds import MANY_SENSES, ONE_SENSE
from search.ranking.said_words import LIKE, asked_words, strengths_of, strengths_of_each


@pytest.mark.parametrize(
    ("word", "text", "strength"),
    [
        ("dog", "Two Dogs running .", 1.0),
        ("dog", "a puppy on grass", ONE_SENSE),
        ("dog", "hot dogs with mustard", 0.0),
        ("dog", "a hot dog and a dog", 1.0),
        ("bear", "a boy holds his teddy bear", 0.0),
        ("bear", "a brown bear", 1.0),
        ("vehicle", "a truck on a road", ONE_SENSE),
        ("couch", "a cat sleeps on the sofa", ONE_SENSE),
        ("bicycle", "a man on his bike", MANY_SENSES),
        ("person", "three women at a table", ONE_SENSE),
        ("people", "a person at a table", ONE_SENSE),
        ("orange", "a bowl with an orange", 1.0),
        ("orange", "an orange shirt", LIKE),
        ("truck", "a vehicle", 0.0),
        ("running", "a dog is running", 1.0),
        ("zurich", "ZÜRICH at night", 1.0),
        ("赤い", "赤い車", 1.0),
        ("dog", "", 0.0),
    ],
)
def test_how_strongly_a_text_says_a_word(word: str, text: str, strength: float) -> None:
    assert strengths_of(asked_words([word]), [text]) == [strength]


def test_two_words_that_are_one_noun_are_said_by_another_word_for_it() -> None:
    assert strengths_of(asked_words(["hot", "dog"]), ["a frankfurter"])[0] > 0
    assert strengths_of(asked_words(["brown", "dog"]), ["a frankfurter"]) == [0.0, 0.0]


def test_an_adjective_that_is_asked_as_one_is_said() -> None:
    assert strengths_of(asked_words(["orange", "shirt"]), ["an orange shirt"]) == [1.0, 1.0]


def test_the_strongest_of_several_texts_counts() -> None:
    asked = asked_words(["dog", "couch"])
    assert strengths_of(asked, ["a puppy", "a dog", "a sofa"]) == [1.0, ONE_SENSE]


def test_there_may_be_no_words_and_no_texts() -> None:
    assert strengths_of([], ["a dog"]) == []
    assert strengths_of(asked_words(["dog"]), []) == [0.0]


QUERIES = [
    ["dog"],
    ["hot", "dog", "couch"],
    ["person", "exit"],
    ["orange", "shirt"],
    ["赤い", "bear"],
]
PHOTOS: list[tuple[list[str], list[str]]] = [
    (["a puppy on a sofa", "two hot dogs"], []),
    ([], ["EMERGENCYEXIT"]),
    (["a teddy bear", "赤い車", "the orange shirt of a man"], ["赤い"]),
    (["a frankfurter with an orange"], ["dog"]),
    ([], []),
]


@pytest.mark.parametrize("words", QUERIES)
def test_many_photos_are_read_as_each_alone(words: list[str]) -> None:
    asked = asked_words(words)
    together = strengths_of_each(asked, PHOTOS)
    assert together == [strengths_of(asked, texts, lines) for texts, lines in PHOTOS]
    assert any(map(any, together))
