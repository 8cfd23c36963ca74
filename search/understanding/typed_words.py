"""A query as words with their positions, without the punctuation around them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["MOST_WORDS", "TypedWord", "plain", "typed_words"]

MOST_WORDS = 64
"""Limit on the words of a query that are read; a longer one is a text, not a query."""

LONGEST = 4000
"""Limit on the characters of a query that are read."""

_CHUNK = re.compile(r"\S+")
_EDGES = "\"'`\u201c\u201d\u2018\u2019«»()[]{}<>.,;:!?…"


@dataclass(frozen=True)
class TypedWord:
    """A word of a query.

    Attributes:
        text: in lower case and without accents.
        start: position of its first letter in the query, in code points.
        end: position after its last letter.
        typed: as written in the query.
    """

    text: str
    start: int
    end: int
    typed: str


def typed_words(text: str) -> list[TypedWord]:
    """Return the first words of a text, at most `MOST_WORDS`.

    A year keeps its apostrophe: `'19`.

    >>> [word.text for word in typed_words("Anna, in “Café Lyon” (2019)")]
    ['anna', 'in', 'cafe', 'lyon', '2019']
    """
    words: list[TypedWord] = []
    for chunk in _CHUNK.finditer(text, 0, LONGEST):
        if len(words) == MOST_WORDS:
            break
        start, end = chunk.start(), chunk.end()
        while start < end and text[start] in _EDGES and not _is_year(text, start):
            start += 1
        while start < end and text[end - 1] in _EDGES:
            end -= 1
        if start < end:
            typed = text[start:end]
            words.append(TypedWord(plain(typed), start, end, typed))
    return words


def plain(text: str) -> str:
    r"""Return a text in lower case, without accents, with one form of apostrophe.

    >>> plain("Valentine\u2019s Café")
    "valentine's cafe"
    """
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _is_year(text: str, start: int) -> bool:
    """Return whether `'19` stands at a position."""
    return text[start] in "'\u2019" and text[start + 1 : start + 3].isdigit()
