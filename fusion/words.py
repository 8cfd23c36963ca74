"""What counts as a word of a text: plain runs of Latin letters, in small ones."""

from __future__ import annotations

import re

__all__ = ["words_of"]


def words_of(text: str) -> set[str]:
    """Give the words of a text.

    >>> sorted(words_of("A dog, two dogs."))
    ['a', 'dog', 'dogs', 'two']
    """
    return set(re.findall(r"[a-z]+", text.lower()))
