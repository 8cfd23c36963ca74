"""Names as words, and which of them are also ordinary words."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from search.understanding.typed_words import LONGEST, plain

__all__ = ["NameWord", "is_ordinary", "name_key", "name_words"]

_WORD = re.compile(r"[^\W_]+")
_OWNED = re.compile(r"['\u2019]s(?![^\W_])")

_ALSO_WORDS = """
    a amber an and april at august autumn away basil bath battle bill bob brie bud buffalo bus by
    camera canon carol chad champagne charity chase chip christmas clay cliff cologne cork crystal
    cuba daisy dale dawn dean derby dick dijon drew easter eve faith fall family fern finn flora for
    forest frank friday from gene georgia ginger glen grace grant guy hamburg hamburger harmony
    harry hazel heath heather holiday holidays holly home hope hull hunter image images in iris ivy
    jack jade january jasmine jay jean jersey jewel jordan joy july june lance laurel lily limerick
    london madeira march mark mason may melody miles mobile monday my new nice nick niger normal
    november october of old olive on opal orange other pat patience pearl penny phone photo photos
    picture pictures poppy port ray reading reed rich river rob robin rocky rod rose ruby rugby
    rusty sandy saturday september sierra skip sky split spring stone summer sunday sunny tag teddy
    the thursday to trinity tuesday turkey van victor violet ward wedding wednesday wells will
    willow winter with work
"""
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
"""Words of everyday English that are also names, or common names of folders."""


@dataclass(frozen=True)
class NameWord:
    """A word of a query in the form in which names are compared.

    Attributes:
        text: letters and digits, in lower case and without accents.
        start: position of its first letter in the query.
        end: position after its last letter, and after a following `'s`.
        capital: whether it begins with a capital letter.
        tagged: whether a `#` stands before it.
    """

    text: str
    start: int
    end: int
    capital: bool
    tagged: bool = False


def name_words(text: str) -> list[NameWord]:
    """Return the words of a query, separated by whatever is neither a letter nor a digit.

    >>> [word.text for word in name_words("Anna's café at IMG_0001")]
    ['anna', 'cafe', 'at', 'img', '0001']
    """
    words, end = [], 0
    for found in _WORD.finditer(text, 0, LONGEST):
        if found.start() < end:  # the possessive s
            continue
        owned = _OWNED.match(text, found.end())
        end = owned.end() if owned else found.end()
        words.append(
            NameWord(
                plain(found[0]),
                found.start(),
                end,
                found[0][0].isupper(),
                text[found.start() - 1 : found.start()] == "#",
            )
        )
    return words


def name_key(name: str) -> tuple[str, ...]:
    """Return a name as the words by which it is compared.

    >>> name_key("Apple iPhone_13"), name_key("Anna's wedding")
    (('apple', 'iphone', '13'), ('anna', 'wedding'))
    """
    return tuple(word.text for word in name_words(name))


def is_ordinary(word: str, shown: Container[str]) -> bool:
    """Return whether a word of a name is also a word of everyday English.

    Args:
        word: the word in lower case.
        shown: words for what photos show.
    """
    return word in ALSO_WORDS or word in shown
