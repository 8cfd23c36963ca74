"""Notes on words that the model cannot read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fusion.runtime.known_words import KnownWords
from search.query.request import SearchRequest
from search.query.term import Term
from search.ranking.unknown_words import Unknown, unknown_words

MODEL: Any = SimpleNamespace(known_words=KnownWords(("giraffe", "dog", "sofa", "photo", "cafe")))


def unknown(query: str) -> Unknown:
    return unknown_words(SearchRequest.parse(query), MODEL)


@pytest.mark.parametrize(
    "query",
    ["\U0001f436", "赤い車", "שלום", "asdfghjkl", "the girafe", "a photo of asdfghjkl", "x", "???",
     "赤い車 the", "7 asdfghjkl", "\x1b[m", "without asdfghjkl", '"asdfghjkl" + "qwerty"',
     "asdfghjkl without a dog"],
)  # fmt: skip
def test_a_query_without_a_known_word(query: str) -> None:
    found = unknown(query)
    assert found.texts
    note = found.note()
    assert note is not None
    assert "knows no word of" in note
    assert "reads English" in note
    assert note.isprintable()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("red girafe dog", ("red", "girafe")),
        ("dog 赤い車", ("赤い車",)),
        ("a dog without asdfghjkl", ("asdfghjkl",)),
        ('"dog" + "asdfghjkl"', ("asdfghjkl",)),
        ("qwerty dog qwerty", ("qwerty",)),
    ],
)
def test_some_unknown_words_are_named(query: str, words: tuple[str, ...]) -> None:
    found = unknown(query)
    assert (found.words, found.texts) == (words, ())
    note = found.note()
    assert note is not None
    assert all(f"“{word}”" in note for word in words)


@pytest.mark.parametrize(
    "query",
    ["a dog", "Dogs!", "the dog's sofa", "Café", "with", "the", "7", "2024", "photos of dogs",
     "\U0001f436 dog", "a dog x", "dog without sofa", "GIRAFFE"],
)  # fmt: skip
def test_nothing_is_said_where_all_is_known(query: str) -> None:
    assert unknown(query) == Unknown()
    assert unknown(query).note() is None


def test_spellings_are_offered() -> None:
    assert unknown("girafe").note() == (
        "crossgraph knows no word of “girafe” (did you mean “giraffe”?): it reads English"
    )
    assert unknown("girafe on a sofa").note() == (
        "crossgraph does not know “girafe” (did you mean “giraffe”?): it reads English"
    )


def test_a_photo_can_be_looked_for_whatever_the_words_are() -> None:
    request = SearchRequest((Term(image_id=1), Term("asdfghjkl")))
    assert unknown_words(request, MODEL).texts == ()
    assert unknown_words(SearchRequest((Term(image_id=1),)), SimpleNamespace()) == Unknown()  # type: ignore[arg-type]


def test_a_long_note_is_cut() -> None:
    note = unknown(" ".join(f"qwerty{letter}" for letter in "abcdefgh") + " dog").note()
    assert note is not None
    assert "and 5 more words" in note
    text = unknown("赤" * 4000).note()
    assert text is not None
    assert len(text) < 160


def test_captions_are_searched_as_they_are_written() -> None:
    note = unknown("赤い車").note(words=True)
    assert note is not None
    assert "captions and names" in note
