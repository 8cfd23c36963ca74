"""The words that a CLIP-like model knows: all, because none can be said to be unknown."""

from __future__ import annotations

from fusion.runtime.known_words import KnownWords

__all__ = ["EveryWord"]


class EveryWord(KnownWords):
    """Contains every word of any language: such models read word pieces, some in many languages.

    >>> "赤い" in EveryWord(), EveryWord().nearest("girafe")
    (True, None)
    """

    def __init__(self) -> None:
        super().__init__(())

    def __contains__(self, word: str) -> bool:
        return True

    def nearest(self, word: str) -> None:
        """Return None: no word is unknown."""
