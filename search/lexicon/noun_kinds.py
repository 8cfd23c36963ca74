"""Which nouns name kinds of what another one names, by WordNet: `nouns.txt`, read on first use.

The file is a tree, written so that the kinds of a thing are the lines below it that are deeper
(`search.lexicon.make_nouns` says what a line is). A word is found by binary search in
`nouns.places`, so that the text need not be parsed.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["is_also_adjective", "is_noun", "is_pair", "kinds_of"]

ONE_SENSE, MANY_SENSES = 0.8, 0.4
"""How strongly a word with one meaning, and one with several, implies the thing it is a kind of."""
PEOPLE = {"people": "person"}
"""Irregular plurals."""

_ENTRY = re.compile(r",([^,:\n]+):(\d)(\w*)")
_PLACE = struct.Struct("<I")


@lru_cache(maxsize=256)
def kinds_of(noun: str) -> Mapping[str, float]:
    """Return other words for what a noun names, and for kinds of it, the most common words first.

    Args:
        noun: in lower case and the singular; parts joined by spaces.

    Returns:
        For each word how strongly it implies the thing, below 1.

    >>> kinds = kinds_of("couch")
    >>> "sofa" in kinds, "chair" in kinds, "man" in kinds_of("person")
    (True, False, True)
    >>> kinds_of("dog")["puppy"], kinds_of("bicycle")["bike"]
    (0.8, 0.4)
    """
    text, entries = _text(), dict[str, tuple[str, str]]()
    for start, _ in _entries(PEOPLE.get(noun, noun)):
        end = re.compile(rf"\n[A-{text[start]}],").search(text, start)
        for word, common, marks in _ENTRY.findall(text, start, end.start() if end else len(text)):
            entries[word] = common, marks
    entries |= {plural: entries[one] for plural, one in PEOPLE.items() if one in entries}
    entries.pop(noun.replace(" ", "_"), None)
    return {
        word.replace("_", " "): MANY_SENSES if "m" in marks else ONE_SENSE
        for word, (_, marks) in sorted(entries.items(), key=lambda each: each[1][0], reverse=True)
    }


def is_noun(word: str) -> bool:
    """Return whether a word is a noun of the lexicon.

    >>> is_noun("dog"), is_noun("running")
    (True, False)
    """
    return bool(_entries(PEOPLE.get(word, word)))


def is_pair(first: str, second: str) -> bool:
    """Return whether two words are one noun that is not a kind of the second.

    >>> is_pair("teddy", "bear"), is_pair("police", "car")
    (True, False)
    """
    return f"{first}_{second}" in _pairs()


def is_also_adjective(noun: str) -> bool:
    """Return whether a noun is also an adjective.

    >>> is_also_adjective("orange"), is_also_adjective("apple")
    (True, False)
    """
    return any("a" in mark for _, mark in _entries(noun))


@lru_cache(maxsize=20_000)
def _entries(noun: str) -> tuple[tuple[int, str], ...]:
    """Return the positions of the lines with a noun, and its marks in each."""
    text, places, word, entries = _text(), _places(), noun.replace(" ", "_"), []
    count = len(places) // _PLACE.size

    def word_at(number: int) -> str:
        (place,) = _PLACE.unpack_from(places, _PLACE.size * number)
        return text[place : text.index(":", place)]

    number = bisect_left(range(count), word, key=word_at)
    while number < count and word_at(number) == word:
        (place,) = _PLACE.unpack_from(places, _PLACE.size * number)
        end = place + len(word) + 1
        entries.append((text.rindex("\n", 0, place) + 1, text[end : text.index(",", end)]))
        number += 1
    return tuple(entries)


@cache
def _text() -> str:
    return _read("nouns.txt").decode("ascii")


@cache
def _places() -> bytes:
    return _read("nouns.places")


def _read(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


@cache
def _pairs() -> frozenset[str]:
    text = _text()
    return frozenset(text[: text.index("\n")].split(","))
