"""Splits texts into words: runs of unaccented Latin letters, in lower case."""

from __future__ import annotations

import re

__all__ = ["STOP_WORDS", "word_set", "words_in_order", "words_of"]


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a list that is separated by spaces.

    >>> sorted(word_set("two  one"))
    ['one', 'two']
    """
    return frozenset(listed.split())


STOP_WORDS = word_set(
    """
    a about above across after against all along also am among an and another any are around as at
    away back be been before behind being below beneath beside between beyond both but by can could
    do does doing down during each either for from front had has have having he her hers herself him
    himself his how i if in inside into is it its itself just like many may me more most much my
    near next no nor not of off on onto or other others our out outside over own past she should so
    some something such than that the their theirs them themselves then there these they this those
    through to together too toward towards under underneath until up upon us very was we were what
    when where which while who whose will with within without would you your
    """
)
"""Words that say little about what a photo shows."""


def words_of(text: str) -> set[str]:
    """Return the words of a text.

    >>> sorted(words_of("A dog, two dogs."))
    ['a', 'dog', 'dogs', 'two']
    """
    return set(words_in_order(text))


def words_in_order(text: str) -> list[str]:
    """Return the words of a text in their order, with repetitions.

    >>> words_in_order("A dog, two dogs.")
    ['a', 'dog', 'two', 'dogs']
    """
    return re.findall(r"[a-z]+", text.lower())
