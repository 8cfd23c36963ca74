"""Which words a model knows, and how one that it does not know is probably spelt. No torch.

A text encoder reads anything: what is not in its vocabulary it takes apart into pieces, down to
single letters, and gives the rest one sign for all. "girafe", "赤い車" and an emoji so get vectors
that look like any other's and mean nothing. A word is known if captions of the training set have
it, if a class of the concept graph is named by it, or if it is one whole token of the encoder.
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
"""What marks BERT's pieces inside a word, CLIP's that end one and SigLIP's that begin one."""

_SUFFIXES = ("er", "ers", "ing", "ed", "d", "ly", "ish", "like", "less", "ness", "y")
"""With which a word that is known makes another that is: "toaster"."""
_STEM = 4
"""Letters of the shortest word that others are taken to be made of, as "snowboard" is."""
_LONG = 7
"""Letters from which a word may be misspelt twice."""


def whole_tokens(tokens: Collection[str]) -> frozenset[str]:
    """Return the words of at least two Latin letters among an encoder's tokens, in lower case.

    Args:
        tokens: as BERT, CLIP or SigLIP spell them.

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


class Tokenizer(Protocol):
    """What is asked of an encoder's tokenizer; `token_to_id` is used where there is one."""

    def get_vocab(self) -> Mapping[str, int]:
        """Return all tokens."""


class KnownWords:
    """The words that a model knows; asked with `in` for a word in small letters.

    Args:
        named: words of the training captions, and of the names of classes.
        tokenizer: gives the encoder's; asked only where a word is not among the named ones. None
            if the encoder has none.

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
        """Return the known word that a misspelt one probably is; None where none is near.

        It begins with the same letter and is one or, from seven letters on, two edits away; those
        of captions and classes are taken to be an edit nearer than others. Among equal ones these
        come first, then those of the same length, then the alphabet decides.
        """
        if not _WORD.fullmatch(word):
            return None
        most = 2 if len(word) >= _LONG else 1
        letters = set(word)
        near = [
            (edits + (other not in self.named), other not in self.named, uneven, other)
            for other in self._by_beginning.get(word[0], ())
            if (uneven := abs(len(other) - len(word))) <= 1
            and len(letters.symmetric_difference(other)) <= 2 * most  # or it is farther for sure
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
        # Quicker than to go through all, for the process that asks one query.
        token_to_id = getattr(self._tokenizer(), "token_to_id", None)
        return word in self._whole if token_to_id is None else token_to_id(word) is not None

    def _is_made_of_known(self, word: str) -> bool:
        """Return whether it is a plural, a derived word or a compound of known ones."""
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
    """Return how many letters to add, leave out, change or swap with the next make two words equal.

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
