"""The words that a CLIP-like model knows: nobody can say of one that it does not."""

from __future__ import annotations

from fusion.runtime.known_words import KnownWords

__all__ = ["EveryWord"]


class EveryWord(KnownWords):
    """Every word, in any language: such models read pieces of words, of many languages some.

    >>> "赤い" in EveryWord(), EveryWord().nearest("girafe")
    (True, None)
    """

    def __init__(self) -> None:
        super().__init__(())

    def __contains__(self, word: str) -> bool:
        return True

    def nearest(self, word: str) -> None:
        """Return None: there is no word that is not known."""
