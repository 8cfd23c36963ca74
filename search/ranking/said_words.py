"""Whether texts say a word of a query, or another that means it: "sofa" says that a couch is there.

Words are compared in small letters and in the singular. A noun is also said by words for kinds of
it (`search.lexicon`), which count less; it is not said where it only ends the name of another
thing ("teddy bear" says nothing of a bear), and hardly where it says what another thing is like
("an orange shirt").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from fusion.runtime.plurals import singular
from search.understanding.typed_words import plain

__all__ = ["AskedWord", "asked_words", "plain_singular", "strengths_of"]

LEAST_PART = 3
"""Letters of a word that is found within others, in text that was read in photos."""
LIKE = 0.3
"""How much an adjective says of the thing of that name."""

_WORD = re.compile(r"\w+")
_Units = tuple[tuple[str, ...], frozenset[str]]


@dataclass(frozen=True)
class AskedWord:
    """A word of a query, or two that are one noun.

    Attributes:
        text: in small letters, in the singular.
        columns: which of the query's words it is, by their places.
        is_adjective: whether the query says by it what the next word is like.
    """

    text: str
    columns: tuple[int, ...]
    is_adjective: bool = False

    @cached_property
    def kinds(self) -> Mapping[str, float]:
        """Other words that say it, and how strongly."""
        from search.lexicon.noun_kinds import kinds_of  # reads a file when it is first asked

        return kinds_of(self.text) if self.text.replace(" ", "").isascii() else {}


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

    Of languages that are written without blanks a word is a pair of letters, which may stand
    anywhere; so may a word of three letters and more in lines of text that was read in a photo.

    Args:
        asked: the query's, as `asked_words` gives them.
        texts: captions, names and the like.
        lines: text that was read in the photo.

    >>> strengths_of(asked_words(["dog", "sofa", "cat"]), ["Two Dogs on a couch ."])
    [1.0, 0.8, 0.0]
    >>> strengths_of(asked_words(["exit"]), [], ["EMERGENCYEXIT"])
    [1.0]
    >>> strengths_of(asked_words(["bear"]), ["a teddy bear"])
    [0.0]
    """
    said = [_units(text) for text in texts]
    together, read = plain("\n".join(texts)), plain("\n".join(lines))
    every = set[str]().union(*(units for _, units in said))
    strengths = [0.0] * (1 + max((max(each.columns) for each in asked), default=-1))
    for word in asked:
        if not word.text.isascii():
            strength = float(word.text in together or word.text in read)
        elif len(word.text) >= LEAST_PART and word.text in read:
            strength = 1.0
        else:
            kinds = word.kinds
            hits = {unit: kinds[unit] for unit in every if unit in kinds}
            if word.text in every:
                hits[word.text] = 1.0
            like = 1.0 if word.is_adjective else LIKE
            strength = _strongest(hits, said, like)
        for column in word.columns:
            strengths[column] = max(strengths[column], strength)
    return strengths


def _strongest(hits: Mapping[str, float], said: Sequence[_Units], like: float) -> float:
    """Return how strongly some texts say what words and pairs of words stand for."""
    strongest = 0.0
    for unit, strength in hits.items():
        for tokens, units in said:
            if strength <= strongest:
                break
            if unit in units:
                strongest = max(strongest, strength * _sureness(unit, tokens, hits, like))
    return strongest


def _sureness(unit: str, tokens: Sequence[str], hits: Mapping[str, float], like: float) -> float:
    """Return whether a text means by a word what it stands for, 0 to 1; `like` of an adjective."""
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
    """Return the words of a text as they are compared, and these with the pairs of neighbours."""
    words = _WORD.findall(plain(text))
    tokens = tuple(
        plain_singular(word, before) for before, word in zip(["", *words], words, strict=False)
    )
    pairs = (f"{first} {second}" for first, second in pairwise(tokens))
    return tokens, frozenset([*tokens, *pairs])


@lru_cache(maxsize=20_000)
def plain_singular(word: str, before: str = "") -> str:
    """Return a word's singular, given the word before it."""
    return singular(word, before)
