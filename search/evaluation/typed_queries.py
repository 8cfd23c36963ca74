"""What people type: two to four words, in the place of a whole sentence."""

from __future__ import annotations

import re

from fusion.runtime.words import STOP_WORDS

__all__ = ["LENGTHS", "short_query"]

LENGTHS = (2, 3, 4)


def short_query(text: str, words: int) -> str | None:
    """Return the first content words of a caption in their order; None where it has fewer than two.

    Content words are all that are no stop words, numbers among them, in small letters.

    Args:
        text: a caption.
        words: at most how many words to give.

    >>> short_query("Two dogs are running through the snow .", 3)
    'two dogs running'
    >>> short_query("It is a dog .", 3)
    """
    telling_words = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP_WORDS]
    content = [word for word in telling_words if len(word) > 1][:words]
    return " ".join(content) if len(content) >= min(LENGTHS) else None
