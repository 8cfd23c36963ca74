"""Whether texts say a word of a query, or a synonym: "sofa" says that a couch is there.

Words are compared in lower case and in the singular. Words for kinds of a noun (`search.lexicon`)
also say it, but count less; it is not said where it only ends the name of another thing ("teddy
bear" says nothing about a bear), and hardly where it describes another thing ("an orange shirt").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from fusion.runtime.plurals import singular
from search.understanding.typed_words import plain

__all__ = ["AskedWord", "asked_words", "plain_singular", "strengths_of", "strengths_of_each"]

LEAST_PART = 3
"""Length from which a word is also found within others, in text that was read in photos."""
LIKE = 0.3
"""How strongly an adjective says the thing of the same name."""

_WORD = re.compile(r"\w+")
_Units = tuple[tuple[str, ...], frozenset[str]]

Written = tuple[Sequence[str], Sequence[str]]
"""Captions, names and the like of a photo, and lines of text that was read in it."""


@dataclass(frozen=True)
class AskedWord:
    """A word of a query, or two that are one noun.

    Attributes:
        text: in lower case and the singular.
        columns: positions of its words among the query's.
        is_adjective: whether the query uses it to describe the next word.
    """

    text: str
    columns: tuple[int, ...]
    is_adjective: bool = False

    @cached_property
    def kinds(self) -> Mapping[str, float]:
        """Other words that say it, and how strongly."""
        from search.lexicon.noun_kinds import kinds_of  # reads a file on first use

        return kinds_of(self.text) if self.text.replace(" ", "").isascii() else {}

    @property
    def like(self) -> float:
        """How much an adjective of that name says it."""
        return 1.0 if self.is_adjective else LIKE

    def said_by(self, units: Set[str]) -> dict[str, float]:
        """Return the words and pairs that say it, and how strongly; none if it is not ASCII."""
        if not self.text.isascii():
            return {}
        kinds = self.kinds
        saying = {unit: kinds[unit] for unit in kinds.keys() & units}
        if self.text in units:
            saying[self.text] = 1.0
        return saying


def asked_words(words: Sequence[str]) -> list[AskedWord]:
    """Return the words of a query, and those pairs of neighbours that the lexicon has as a noun.

    >>> [each.text for each in asked_words(["a", "hot", "dog"])]
    ['a', 'hot', 'dog', 'hot dog']
    """
    from search.lexicon.noun_kinds import is_also_adjective, is_noun, is_pair

    single = [
        AskedWord(word, (place,), is_also_adjective(word) and is_noun(after))
        for place, (word, after) in enumerate(zip(words, [*words[1:], ""], strict=True))
    ]
    pairs = [
        AskedWord(f"{first} {second}", (place, place + 1))
        for place, (first, second) in enumerate(pairwise(words))
        if is_pair(first, second)
    ]
    return single + pairs


def strengths_of(
    asked: Sequence[AskedWord], texts: Sequence[str], lines: Sequence[str] = ()
) -> list[float]:
    """Return how strongly texts say each word of a query, 0 to 1.

    In languages written without blanks a word is a pair of letters, which may occur anywhere; so
    may a word of three or more letters in lines of text read in a photo.

    Args:
        asked: the query's words, as `asked_words` returns them.
        texts: captions, names and the like.
        lines: text that was read in the photo.

    >>> strengths_of(asked_words(["dog", "sofa", "cat"]), ["Two Dogs on a couch ."])
    [1.0, 0.8, 0.0]
    >>> strengths_of(asked_words(["exit"]), [], ["EMERGENCYEXIT"])
    [1.0]
    >>> strengths_of(asked_words(["bear"]), ["a teddy bear"])
    [0.0]
    """
    return strengths_of_each(asked, [(texts, lines)])[0]


def strengths_of_each(asked: Sequence[AskedWord], written: Sequence[Written]) -> list[list[float]]:
    """Return for each photo, given by its texts and lines, the same as `strengths_of`."""
    said = [[_units(text) for text in texts] for texts, _ in written]
    every = [frozenset[str]().union(*(units for _, units in each)) for each in said]
    units_of_all = set[str]().union(*every)
    columns = 1 + max((max(each.columns) for each in asked), default=-1)
    strengths = [[0.0] * columns for _ in written]
    for word in asked:
        saying = word.said_by(units_of_all)
        for row, (texts, lines) in enumerate(written):
            if _is_part(word.text, texts, lines):
                strength = 1.0
            else:
                strength = _strongest(saying, saying.keys() & every[row], said[row], word.like)
            for column in word.columns:
                strengths[row][column] = max(strengths[row][column], strength)
    return strengths


def _is_part(word: str, texts: Sequence[str], lines: Sequence[str]) -> bool:
    """Return whether texts or lines contain a word anywhere, for words for which that is enough."""
    if not word.isascii():
        return word in plain("\n".join(texts)) or word in plain("\n".join(lines))
    return bool(lines) and len(word) >= LEAST_PART and word in plain("\n".join(lines))


def _strongest(
    saying: Mapping[str, float], units: Set[str], said: Sequence[_Units], like: float
) -> float:
    """Return how strongly texts say a thing, by those of their words and pairs that say it.

    Args:
        saying: words and pairs that say the thing, and how strongly.
        units: those of them that the texts have.
        said: the texts, each as `_units` returns it.
        like: how strongly an adjective of the same name says the thing.
    """
    strongest = 0.0
    for unit in units:
        strength = saying[unit]
        for tokens, held in said:
            if strength <= strongest:
                break
            if unit in held:
                strongest = max(strongest, strength * _sureness(unit, tokens, saying, like))
    return strongest


def _sureness(unit: str, tokens: Sequence[str], hits: Mapping[str, float], like: float) -> float:
    """Return how surely a word of a text means the thing, 0 to 1; `like` for an adjective."""
    from search.lexicon.noun_kinds import is_also_adjective, is_noun, is_pair

    if " " in unit:
        return 1.0
    sure = 0.0
    for place, token in enumerate(tokens):
        if token != unit:
            continue
        before = tokens[place - 1] if place else ""
        if is_pair(before, unit) and f"{before} {unit}" not in hits:
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        sure = max(sure, like if is_also_adjective(unit) and is_noun(after) else 1.0)
    return sure


@lru_cache(maxsize=4_000)
def _units(text: str) -> _Units:
    """Return a text's words as they are compared, and the set of these and pairs that are nouns."""
    from search.lexicon.noun_kinds import is_pair

    words = _WORD.findall(plain(text))
    tokens = tuple(
        plain_singular(word, before) for before, word in zip(["", *words], words, strict=False)
    )
    pairs = [f"{first} {second}" for first, second in pairwise(tokens) if is_pair(first, second)]
    return tokens, frozenset([*tokens, *pairs])


@lru_cache(maxsize=20_000)
def plain_singular(word: str, before: str = "") -> str:
    """Return a word's singular, given the word before it."""
    return singular(word, before)
