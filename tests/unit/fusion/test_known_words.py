"""Words that a model knows, and suggested spellings for those that it doesn't."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.runtime.known_words import KnownWords, edit_distance, whole_tokens

NAMED = ("giraffe", "elephant", "toast", "dog", "people")
TOKENS = ["[CLS]", "red", "sofa", "elegant", "board", "snow", "##s", "x", "車", "い", "12", "dig"]

letters = st.text("abc", max_size=6)


def tokenizer(tokens: list[str], *, quick: bool) -> Callable[[], Any]:
    ids = {token: place for place, token in enumerate(tokens)}
    by_word = {"token_to_id": ids.get} if quick else {}
    return lambda: SimpleNamespace(get_vocab=lambda: ids, **by_word)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("word", "is_known"),
    [
        ("giraffe", True), ("giraffes", True), ("people", True), ("red", True), ("sofas", True),
        ("toaster", True), ("snowboard", True), ("snowboarder", False),  # two steps away
        ("girafe", False), ("x", False), ("車", False), ("い", False), ("12", False), ("s", False),
        ("[cls]", False), ("", False), ("asdfghjkl", False),
    ],
)  # fmt: skip
def test_known_are_words_of_captions_and_whole_tokens(
    word: str, is_known: bool, quick: bool
) -> None:
    known = KnownWords(NAMED, tokenizer(TOKENS, quick=quick))
    assert (word in known) == is_known
    known.nearest("elefant")  # which reads all tokens
    assert (word in known) == is_known


@pytest.mark.parametrize(
    "tokens",
    [
        ["a", "red", "ice", "##berg"],
        ["a</w>", "red</w>", "a", "ice", "berg", "red"],
        ["\u2581a", "\u2581Red", "ice", "berg", "\u2581", "red"],
    ],
)
def test_pieces_of_words_are_not_known_however_an_encoder_marks_them(tokens: list[str]) -> None:
    words = ["red", "ice", "berg", "a"]
    slow, quick = (KnownWords((), tokenizer(tokens, quick=how)) for how in (False, True))
    found = [word in quick for word in words]
    assert found == [word in slow for word in words]
    assert found == [True, tokens[0] == "a", False, False]


def test_an_encoder_without_a_tokenizer_knows_what_captions_say() -> None:
    known = KnownWords(NAMED)
    assert "dog" in known
    assert "red" not in known
    assert known.nearest("dgo") == "dog"


def test_a_tokenizer_is_not_asked_for_words_of_captions() -> None:
    def refuse() -> None:
        raise AssertionError("the tokenizer is loaded")

    assert "giraffe" in KnownWords(NAMED, refuse)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("girafe", "giraffe"),
        ("elefant", "elephant"),  # "elegant" is nearer, but no caption says it
        ("dgo", "dog"),
        ("sofaa", "sofa"),
        ("peopel", "people"),
        ("ditto", None),
        ("asdfghjkl", None),
        ("車", None),
        ("", None),
    ],
)
def test_the_nearest_spelling(word: str, meant: str | None) -> None:
    assert KnownWords(NAMED, tokenizer(TOKENS, quick=True)).nearest(word) == meant


def test_tokens_of_three_kinds_of_encoders() -> None:
    assert whole_tokens(["Dog", "##gie", "[UNK]", "a"]) == {"dog"}
    assert whole_tokens(["dog</w>", "gie", "a</w>"]) == {"dog"}
    assert whole_tokens(["\u2581dog", "gie", "\u2581a", "</s>"]) == {"dog"}
    assert whole_tokens([]) == frozenset()


@given(letters, letters, letters)
def test_edits_are_a_distance(one: str, other: str, third: str) -> None:
    assert edit_distance(one, other) == edit_distance(other, one)
    assert (edit_distance(one, other) == 0) == (one == other)
    assert edit_distance(one + third, other + third) <= edit_distance(one, other)
    assert abs(len(one) - len(other)) <= edit_distance(one, other) <= max(len(one), len(other))


@given(letters, st.integers(0, 5))
def test_a_swap_is_one_edit(word: str, place: int) -> None:
    swapped = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    assert edit_distance(word, swapped) <= 1
