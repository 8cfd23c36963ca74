"""Tells which words a model knows, and suggests spellings for unknown ones. No torch.

A text encoder accepts any text: it splits words outside its vocabulary into pieces, down to single
letters, and maps everything else to one unknown token. "girafe", "赤い車" and an emoji thus get
vectors that look like any other but mean nothing. A word is known if it is in the training
captions, in the name of a class of the concept graph, or a single token of the encoder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from fusion.runtime.plurals import singular

__all__ = ["KnownWords", "edit_distance", "whole_tokens"]

_WORD = re.compile(r"[a-z]{2,}")
_INSIDE, _END, _BEGIN = "##", "</w>", "\u2581"
"""The marks of BERT's pieces inside a word, of CLIP's that end one and SigLIP's that begin one."""

_SUFFIXES = ("er", "ers", "ing", "ed", "d", "ly", "ish", "like", "less", "ness", "y")
"""Suffixes that make a known word of another known word, as in "toaster"."""
_STEM = 4
"""Minimum number of letters of a word that others are made of, as "snowboard" is."""
_LONG = 7
"""Minimum number of letters for a word to have two misspellings."""


def whole_tokens(tokens: Collection[str]) -> frozenset[str]:
    """Return the words of at least two Latin letters among an encoder's tokens, in lower case.

    Args:
        tokens: tokens as BERT, CLIP or SigLIP spell them.

    >>> sorted(whole_tokens(["dog", "##gie", "x", "車", "[CLS]", "12"]))
    ['dog']
    >>> sorted(whole_tokens(["dog</w>", "do"])), sorted(whole_tokens(["▁dog", "g"]))
    (['dog'], ['dog'])
    """
    if any(token.endswith(_END) for token in tokens):
        words = (token.removesuffix(_END) for token in tokens if token.endswith(_END))
    elif any(token.startswith(_BEGIN) for token in tokens):
        words = (token.removeprefix(_BEGIN) for token in tokens if token.startswith(_BEGIN))
    else:
        words = (token for token in tokens if not token.startswith(_INSIDE))
    return frozenset(word for word in map(str.lower, words) if _WORD.fullmatch(word))


def _marks_of_words(token_to_id: Callable[[str], int | None]) -> tuple[str, str]:
    """Return what an encoder's tokens have before and after a whole word.

    Every vocabulary of CLIP and of SigLIP has the word "a".
    """
    if token_to_id("a" + _END) is not None:
        return "", _END
    return (_BEGIN if token_to_id(_BEGIN + "a") is not None else ""), ""


class Tokenizer(Protocol):
    """The part of a tokenizer that is used here; `token_to_id` is also used if it exists."""

    def get_vocab(self) -> Mapping[str, int]:
        """Return all tokens."""


class KnownWords:
    """The words that a model knows; test a lower-case word with `in`.

    Args:
        named: words of the training captions, and of the names of classes.
        tokenizer: returns the encoder's tokenizer, or None if it has none; called only for words
            that are not among `named`.

    >>> known = KnownWords({"giraffe", "toast", "red"})
    >>> [word in known for word in ("giraffe", "giraffes", "toaster", "girafe")]
    [True, True, True, False]
    >>> known.nearest("girafe")
    'giraffe'
    """

    def __init__(
        self, named: Iterable[str], tokenizer: Callable[[], Tokenizer | None] = lambda: None
    ) -> None:
        self.named = frozenset(word for word in named if _WORD.fullmatch(word))
        self._tokenizer = tokenizer

    def __contains__(self, word: str) -> bool:
        return self._is_listed(word) or self._is_made_of_known(word)

    def nearest(self, word: str) -> str | None:
        """Return the known word that a misspelt one probably stands for; None if none is near.

        It begins with the same letter, differs in length by at most one, and is at most one edit
        away, or two for words of seven or more letters. Words of captions and classes count as one
        edit nearer than others; among equally near words they come first, then words of the same
        length, then alphabetical order decides.
        """
        if not _WORD.fullmatch(word):
            return None
        most = 2 if len(word) >= _LONG else 1
        letters = set(word)
        near = [
            (edits + (other not in self.named), other not in self.named, uneven, other)
            for other in self._by_beginning.get(word[0], ())
            if (uneven := abs(len(other) - len(word))) <= 1
            and len(letters.symmetric_difference(other)) <= 2 * most  # else it must be farther
            and (edits := edit_distance(word, other)) <= most
        ]
        return min(near)[-1] if near else None

    @cached_property
    def _whole(self) -> frozenset[str]:
        tokenizer = self._tokenizer()
        return whole_tokens(() if tokenizer is None else tokenizer.get_vocab())

    @cached_property
    def _by_beginning(self) -> Mapping[str, Sequence[str]]:
        """All words, by their first letters."""
        words = defaultdict(list)
        for word in self.named | self._whole:
            words[word[0]].append(word)
        return words

    def _is_listed(self, word: str) -> bool:
        if word in self.named:
            return True
        if not _WORD.fullmatch(word):
            return False
        if "_whole" in vars(self):
            return word in self._whole
        # Faster than listing all tokens, for a process that answers one query.
        token_to_id = getattr(self._tokenizer(), "token_to_id", None)
        if token_to_id is None:
            return word in self._whole
        before, after = _marks_of_words(token_to_id)
        spellings = (word, word.capitalize(), word.upper())
        return any(token_to_id(before + each + after) is not None for each in spellings)

    def _is_made_of_known(self, word: str) -> bool:
        """Return whether a word is a plural, a derivation or a compound of known words."""
        one = singular(word)
        if one != word and self._is_listed(one):
            return True
        return any(
            self._may_follow(word[place:])
            and (self._is_listed(word[:place]) or self._is_listed(word[:place] + "e"))
            for place in range(_STEM, len(word))
        )

    def _may_follow(self, end: str) -> bool:
        return end in _SUFFIXES or (len(end) >= _STEM and self._is_listed(end))


def edit_distance(one: str, other: str) -> int:
    """Return the edit distance of two words: insertions, deletions, changes and neighbour swaps.

    >>> edit_distance("girafe", "giraffe"), edit_distance("dgo", "dog"), edit_distance("a", "")
    (1, 1, 1)
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                above[column] + 1,
                current[column - 1] + 1,
                above[column - 1] + (letter != wanted),
            )
            swapped = (
                row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            )
            current.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, above = above, current
    return above[-1]
