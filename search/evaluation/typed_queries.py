"""Queries as people type them: two to four words in place of a whole sentence."""

from __future__ import annotations

import re

from fusion.runtime.words import STOP_WORDS

__all__ = ["LENGTHS", "short_query"]

LENGTHS = (2, 3, 4)


def short_query(text: str, words: int) -> str | None:
    """Return the first content words of a caption in their order; None where it has fewer than two.

    Content words are all words except stop words, including numbers, in lower case.

    Args:
        text: a caption.
        words: limit on the number of words.

    >>> short_query("Two dogs are running through the snow .", 3)
    'two dogs running'
    >>> short_query("It is a dog .", 3)
    """
    telling_words = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP_WORDS]
    content = [word for word in telling_words if len(word) > 1][:words]
    return " ".join(content) if len(content) >= min(LENGTHS) else None
