"""Queries that ask for the same thing are brought to one wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.runtime.plurals import singular
from fusion.runtime.wording import canonical_query
from fusion.runtime.words import word_set

PLURALS = {
    "dog": "dogs", "hot dog": "hot dogs", "bus": "buses", "ski": "skis", "puppy": "puppies",
    "cookie": "cookies", "bench": "benches", "moustache": "moustaches", "box": "boxes",
    "dress": "dresses", "knife": "knives", "glove": "gloves", "wolf": "wolves", "tomato":
    "tomatoes", "shoe": "shoes", "photo": "photos", "house": "houses", "octopus": "octopuses",
    "horse": "horses", "vase": "vases", "woman": "women", "fireman": "firemen", "child": "children",
    "mouse": "mice", "goose": "geese", "tie": "ties", "tv": "tvs", "taxi": "taxis", "lens":
    "lenses", "pizza": "pizzas", "sofa": "sofas", "wine glass": "wine glasses", "t-shirt":
    "t-shirts", "stop sign": "stop signs", "teddy bear": "teddy bears", "axe": "axes",
    "giraffe": "giraffes", "canoe": "canoes", "menu": "menus", "fly": "flies", "prize": "prizes",
    "red fire truck": "red fire trucks", "dog and cat": "dogs and cats", "key": "keys",
    "video camera": "video cameras", "kangaroo": "kangaroos", "bookshelf": "bookshelves",
    "ocean wave": "ocean waves", "headscarf": "headscarves", "waitress": "waitresses",
}  # fmt: skip
"""Names of things, and their plurals."""

AS_THEY_ARE = word_set("""
    glasses sunglasses scissors people grass tennis dress bus gas jeans shorts chess news christmas
    gymnastics sheep canvas lens iris walrus octopus cactus species stairs woods clothes pants
    paris moss abdomen circus debris compass famous
""")

TEMPLATES = (
    "{}", "{} ", " {}", "the {}", "a {}", "some {}", "a photo of {}", "photo of {}", "photos of {}",
    "a photo of a {}", "the picture of the {}", "pictures of {}", "an image of an {}", "{}.",
    "images showing {}", "show me {}", "Show me pictures of {}", "find photos of the {}", "{}?",
    "please show me a picture of {}", "i'm looking for photos of {}", "my photos of {}",
    "A Photograph of {}", "all my pictures of {}", "SHOW ME THE {}", "picture  of  {}",
)  # fmt: skip

words = st.sampled_from(
    [*PLURALS, *PLURALS.values(), *sorted(AS_THEY_ARE), "a", "the", "some", "two", "photo of",
     "show me", "mens", "feets", "thes", "photos showings", "of", "runs", "Flies", "İ", "ΟΔΟΣ",
     "'s", "-", "dogs'", "3", "?", "...", "photos", "pair of"]
)  # fmt: skip


@pytest.mark.parametrize(("one", "several"), PLURALS.items())
def test_a_name_of_things_is_one_query_however_it_is_asked_for(one: str, several: str) -> None:
    asked = {form.format(name) for form in TEMPLATES for name in (one, several, one.title())}
    assert {canonical_query(text) for text in asked} == {one}


@pytest.mark.parametrize("word", sorted(AS_THEY_ARE))
def test_a_word_that_is_no_plural_keeps_its_end(word: str) -> None:
    assert canonical_query(f"a photo of {word}") == word


@given(st.lists(words, max_size=6).map(" ".join) | st.text(max_size=40))
def test_a_canonical_query_is_its_own(text: str) -> None:
    found = canonical_query(text)
    assert canonical_query(found) == found


@given(st.lists(words, min_size=1, max_size=6).map(" ".join) | st.text(min_size=1, max_size=40))
def test_no_query_becomes_empty(text: str) -> None:
    assert bool(canonical_query(text)) == bool(text.strip())


@given(st.from_regex(r"[a-z]{1,12}s?", fullmatch=True))
def test_a_singular_has_no_other(word: str) -> None:
    found = canonical_query(word)
    assert canonical_query(found) == found
    assert found[:1] == word[:1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two dogs", "two dogs"),
        ("the two dogs", "two dogs"),
        ("a pair of skis", "pair of skis"),
        ("photos of 3 cats", "3 cats"),
        ("many birds", "many birds"),
        ("dog jumps", "dog jumps"),
        ("ocean waves", "ocean wave"),
        ("the dog's bowl", "dog's bowl"),
        ("dogs' bowls", "dogs' bowl"),
        ("a shot of whisky", "shot of whisky"),
        ("a close-up picture of a bee", "a close-up picture of a bee"),
        ("painting of dogs", "painting of dog"),
        ("picture frame", "picture frame"),
        ("pictures", "picture"),
        ("photos of", "photo of"),
        ("show me", "show me"),
        ("the", "the"),
        ("?", "?"),
        ("a photo of ...", "photo of"),
        ("赤い車", "赤い車"),
    ],
)
def test_what_says_something_else_stays(text: str, expected: str) -> None:
    assert canonical_query(text) == expected


def test_a_sentence_loses_its_template_alone() -> None:
    sentence = "The two Dogs are running on grass ."
    assert canonical_query(sentence) == sentence
    assert canonical_query(f"a photo of {sentence}") == sentence


def test_glasses_are_told_by_the_word_before() -> None:
    assert singular("glasses", "wine") == "glass"
    assert singular("glasses", "reading") == "glasses"
