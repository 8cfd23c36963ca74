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


@dataclass(frozen=True)
class AskedWord:
    """A word of a query, or two that are one noun.

    Attributes:
        text: in small letters, in the singular.
        columns: which of the query's words it is, by their places.
    """

    text: str
    columns: tuple[int, ...]

    @cached_property
    def kinds(self) -> Mapping[str, float]:
        """Other words that say it, and how strongly."""
        from search.lexicon.nouns import kinds_of  # reads a file when it is first asked

        return kinds_of(self.text) if self.text.replace(" ", "").isascii() else {}


def asked_words(words: Sequence[str]) -> list[AskedWord]:
    """Return the words of a query, and those pairs of neighbours that the lexicon has as a noun.

    >>> [each.text for each in asked_words(["a", "hot", "dog"])]
    ['a', 'hot', 'dog', 'hot dog']
    """
    from search.lexicon.nouns import is_pair

    single = [AskedWord(word, (place,)) for place, word in enumerate(words)]
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
    said = [_tokens(text) for text in texts]
    together, read = plain("\n".join(texts)), plain("\n".join(lines))
    every = {unit for tokens in said for unit in (*tokens, *_pairs(tokens))}
    strengths = [0.0] * (1 + max((max(each.columns) for each in asked), default=-1))
    for word in asked:
        if not word.text.isascii():
            strength = float(word.text in together or word.text in read)
        elif len(word.text) >= LEAST_PART and word.text in read:
            strength = 1.0
        else:
            hits = {unit: word.kinds[unit] for unit in every & word.kinds.keys()}
            if word.text in every:
                hits[word.text] = 1.0
            strength = max((_strongest(hits, tokens) for tokens in said), default=0.0)
        for column in word.columns:
            strengths[column] = max(strengths[column], strength)
    return strengths


def _strongest(hits: Mapping[str, float], tokens: Sequence[str]) -> float:
    """Return how strongly a text says what words and pairs of words stand for."""
    if not hits:
        return 0.0
    from search.lexicon.nouns import is_also_adjective, is_noun, is_pair

    strongest = max((hits[pair] for pair in _pairs(tokens) if pair in hits), default=0.0)
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if hits.get(token, 0.0) <= strongest:
            continue
        if is_pair(before, token) and f"{before} {token}" not in hits:
            continue
        is_like = is_also_adjective(token) and is_noun(after)
        strongest = max(strongest, hits[token] * (LIKE if is_like else 1.0))
    return strongest


def _pairs(tokens: Sequence[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(tokens)]


@lru_cache(maxsize=2000)
def _tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    words = _WORD.findall(plain(text))
    return tuple(
        plain_singular(word, before) for before, word in zip(["", *words], words, strict=False)
    )


@lru_cache(maxsize=20_000)
def plain_singular(word: str, before: str = "") -> str:
    """Return a word's singular, given the word before it."""
    return singular(word, before)
