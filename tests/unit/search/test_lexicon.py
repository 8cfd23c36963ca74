"""Nouns of WordNet: which are kinds of others, and how the file of nouns is made."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from search.lexicon import make_nouns
from search.lexicon.make_nouns import Sense, Synset, meant_senses
from search.lexicon.noun_kinds import (
    MANY_SENSES,
    ONE_SENSE,
    is_also_adjective,
    is_noun,
    is_pair,
    kinds_of,
)

FILE = {"animal": 5, "artifact": 6, "person": 18, "group": 14, "colour": 7}
NOUN, VERB, ADJECTIVE = 1, 2, 3


@pytest.mark.parametrize(
    ("noun", "kinds", "others"),
    [
        ("vehicle", {"truck", "car", "bicycle", "airplane"}, {"road", "driver"}),
        ("person", {"man", "woman", "boy", "surfer", "people"}, {"dog", "black", "person"}),
        ("people", {"man", "person", "skier"}, {"people"}),
        ("animal", {"dog", "cat", "giraffe", "puppy"}, {"table"}),
        ("couch", {"sofa", "loveseat"}, {"chair", "bed"}),
        ("airplane", {"plane", "jet"}, {"airport"}),
        ("television", {"tv", "television set"}, {"radio"}),
        ("furniture", {"couch", "table", "bed"}, {"room"}),
        ("flower", {"sunflower", "daisy"}, {"vase"}),
        ("asdfghjkl", set(), {"asdfghjkl"}),
        (".*", set(), set()),
    ],
)
def test_kinds_of_things(noun: str, kinds: set[str], others: set[str]) -> None:
    found = kinds_of(noun)
    assert kinds <= found.keys()
    assert not others & found.keys()
    assert set(found.values()) <= {ONE_SENSE, MANY_SENSES}


def test_common_words_come_first() -> None:
    assert set(list(kinds_of("person"))[:8]) >= {"man", "woman"}


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("teddy", "bear", True),
        ("hot", "dog", True),
        ("red", "car", False),
        ("police", "car", False),
    ],
)
def test_pairs_that_are_one_noun_and_no_kind_of_the_second(
    first: str, second: str, one: bool
) -> None:
    assert is_pair(first, second) is one


def test_nouns_that_are_adjectives_too() -> None:
    assert [is_also_adjective(noun) for noun in ("orange", "dog", "zzz")] == [True, False, False]


SYNSETS = {
    "thing": Synset(FILE["artifact"], ("thing",), ()),
    "sofa": Synset(FILE["artifact"], ("sofa", "couch"), ("thing",)),
    "array": Synset(FILE["group"], ("table",), ()),
    "table": Synset(FILE["artifact"], ("table",), ("thing",)),
    "beast": Synset(FILE["animal"], ("bear",), ("thing",)),
    "dealer": Synset(FILE["person"], ("bear",), ()),
    "native": Synset(FILE["person"], ("black",), ()),
    "black": Synset(FILE["colour"], ("black",), ()),
}

ANIMAL = (Sense(NOUN, 1, "beast", 9), Sense(NOUN, 2, "dealer", 2))
COLOUR = (Sense(NOUN, 1, "black", 3), Sense(NOUN, 2, "native", 1))


@pytest.mark.parametrize(
    ("senses", "meant"),
    [
        # Senses that cannot be seen are skipped: a table is furniture.
        ([Sense(NOUN, 1, "array", 52), Sense(NOUN, 2, "table", 25)], ["table"]),
        # For an animal's name the verb does not count, and a rarer sense is not meant.
        (
            [*ANIMAL, Sense(VERB, 1, "", 90)],
            ["beast"],
        ),
        # Senses of equal frequency are all meant.
        ([Sense(NOUN, 1, "beast", 0), Sense(NOUN, 2, "dealer", 0)], ["beast", "dealer"]),
        # A word that is nearly always an adjective does not stand for people.
        (
            [*COLOUR, Sense(ADJECTIVE, 1, "", 80)],
            [],
        ),
        ([Sense(VERB, 1, "", 5)], []),
    ],
)
def test_the_senses_that_are_meant(senses: list[Sense], meant: list[str]) -> None:
    assert meant_senses(senses, SYNSETS) == meant


def test_the_file_is_a_tree(tmp_path: Path) -> None:
    synsets = (
        "1 03 n 01 thing 0 000",
        "2 06 n 02 sofa 0 couch 0 001 @ 1 n 0000",
        "3 06 n 01 my_sofa 0 001 @i 2 n 0000",  # an instance
        "4 06 n 01 leather_sofa 0 001 @ 2 n 0000",  # its own name contains its kind
        "5 06 n 01 love_seat 0 001 @ 2 n 0000",
    )
    words = {"thing": 7, "sofa": 3, "couch": 0, "leather_sofa": 0, "love_seat": 0}
    numbers = (1, 2, 2, 4, 5)
    (tmp_path / "data.noun").write_text("".join(f"{each} | of it\n" for each in synsets))
    (tmp_path / "index.sense").write_text(
        "".join(
            f"{word}%1:06:00:: {number} 1 {tagged}\n"
            for number, (word, tagged) in zip(numbers, words.items(), strict=True)
        )
    )
    lines = make_nouns.lexicon_text(tmp_path, {"couch": 1}).splitlines()
    assert lines == ["love_seat", "A,thing:3,", "B,couch:1,sofa:2,", "C,love_seat:0,"]


def test_every_word_of_the_text_is_found_by_its_places() -> None:
    package = files("search.lexicon")
    text = package.joinpath("nouns.txt").read_text("ascii")
    assert make_nouns.places_of(text) == package.joinpath("nouns.places").read_bytes()
    tree = text[text.index("\n") :]
    words = dict.fromkeys(re.findall(r",([^,:\n]+):", tree))
    for word in [*list(words)[::97], min(words), max(words)]:
        assert is_noun(word.replace("_", " ")), word
    assert not any(map(is_noun, ("", "zzzz", "entity:3", "a b", "dogg", "café")))
