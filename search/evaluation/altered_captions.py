"""Captions that mean something else with nearly the same words: does a model read word order?

Rules of our own in the manner of ARO (Yuksekgonul et al., ICLR 2023) and of Winoground (Thrush et
al., CVPR 2022), with short lists of words that everyday captions use: people, animals and things
that are common in photos, twelve names of colours, the counts from two to nine. A rule that doesn't
fit returns None. An altered caption is usually false of the photo, but not always: this was not
checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

__all__ = ["KINDS", "change_count", "swap_colours", "swap_nouns"]

NOUNS = {
    "baby": "babies", "ball": "balls", "bear": "bears", "bed": "beds", "bench": "benches",
    "bicycle": "bicycles", "bike": "bikes", "bird": "birds", "boat": "boats", "book": "books",
    "boy": "boys", "building": "buildings", "bus": "buses", "cake": "cakes", "camera": "cameras",
    "car": "cars", "cat": "cats", "chair": "chairs", "child": "children", "couch": "couches",
    "cow": "cows", "dog": "dogs", "elephant": "elephants", "fence": "fences", "flower": "flowers",
    "frisbee": "frisbees", "giraffe": "giraffes", "girl": "girls", "guitar": "guitars",
    "hat": "hats", "horse": "horses", "house": "houses", "kid": "kids", "lady": "ladies",
    "laptop": "laptops", "man": "men", "motorcycle": "motorcycles", "person": "people",
    "phone": "phones", "plane": "planes", "plate": "plates", "player": "players",
    "puppy": "puppies", "rock": "rocks", "sign": "signs", "skateboard": "skateboards",
    "stick": "sticks", "surfboard": "surfboards", "table": "tables", "toy": "toys",
    "train": "trains", "tree": "trees", "truck": "trucks", "umbrella": "umbrellas",
    "woman": "women", "zebra": "zebras",
}  # fmt: skip
COLOURS = frozenset(
    (
        "black", "blue", "brown", "gray", "green", "grey", "orange", "pink", "purple", "red",
        "white", "yellow",
    )
)  # fmt: skip
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
# Neighbours are swapped, so that the altered counts are no rarer than the true ones.
COUNTS = {number: NUMBERS[place ^ 1] for place, number in enumerate(NUMBERS)}
JOINED = frozenset({"and", "or"})
# What stands on either side of these can be swapped without changing the sentence's truth.
EITHER_WAY = JOINED | {"with", "beside", "near", "by", "next", "alongside"}

_WORD = re.compile(r"[A-Za-z]+")


def swap_nouns(text: str) -> str | None:
    """Swap two nouns, both singular or both plural, unless they are joined symmetrically.

    >>> swap_nouns("A dog chases an elephant .")
    'An elephant chases a dog .'
    >>> swap_nouns("A dog and a cat")  # says the same the other way round
    """
    words = _words(text)
    for group in (frozenset(NOUNS), frozenset(NOUNS.values())):
        for first, second in _pairs(words, group):
            between = words[first + 1 : second]
            if between and not EITHER_WAY.intersection(between):
                return _replaced(text, {first: words[second], second: words[first]})
    return None


def swap_colours(text: str) -> str | None:
    """Swap two colours of different things.

    >>> swap_colours("A black and white dog with a red ball")
    'A red and white dog with a black ball'
    >>> swap_colours("A black and white dog")
    """
    words = _words(text)
    for first, second in _pairs(words, COLOURS):
        things = {_coloured(words, first), _coloured(words, second)}
        if len(things) == 2 and things.isdisjoint({"", "one"}):
            return _replaced(text, {first: words[second], second: words[first]})
    return None


def change_count(text: str) -> str | None:
    """Change the first count, from two on, to its neighbour.

    >>> change_count("Two dogs and three cats")
    'Three dogs and three cats'
    """
    for place, word in enumerate(_words(text)):
        if word in COUNTS:
            return _replaced(text, {place: COUNTS[word]})
    return None


KINDS: Mapping[str, Callable[[str], str | None]] = {
    "nouns": swap_nouns,
    "colours": swap_colours,
    "counts": change_count,
}
"""The rules, by their names in reports."""


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _pairs(words: list[str], group: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Return the positions of two different words of a group, from the left."""
    places = [place for place, word in enumerate(words) if word in group]
    return ((i, j) for i, j in combinations(places, 2) if words[i] != words[j])


def _coloured(words: list[str], place: int) -> str:
    """Return what a colour describes: the next word that is not a colour; empty at a text's end."""
    for word in words[place + 1 :]:
        if word not in COLOURS and word not in JOINED:
            return word
    return ""


def _replaced(text: str, changes: Mapping[int, str]) -> str:
    """Replace words, keeping their capitals, and correct `a` and `an` before them."""
    words = _words(text)
    new = dict(changes)
    for place, word in changes.items():
        if place and words[place - 1] in ("a", "an"):
            new[place - 1] = "an" if word[0] in "aeiou" else "a"
    places = iter(range(len(words)))

    def put(match: re.Match[str]) -> str:
        word = new.get(next(places))
        if word is None:
            return match[0]
        return word.capitalize() if match[0][0].isupper() else word

    return _WORD.sub(put, text)
