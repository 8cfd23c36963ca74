"""What people type: two to four words, in the place of a whole sentence."""

from __future__ import annotations

import re

__all__ = ["LENGTHS", "short_query"]

LENGTHS = (2, 3, 4)

_SAYING_LITTLE = """
    a about above across after against all along also am among an and another any are around as at
    away back be been before behind being below beneath beside between beyond both but by can could
    do does doing down during each either for from front had has have having he her hers herself him
    himself his how i if in inside into is it its itself just like many may me more most much my
    near next no nor not of off on onto or other others our out outside over own past she should so
    some something such than that the their theirs them themselves then there these they this those
    through to together too toward towards under underneath until up upon us very was we were what
    when where which while who whose will with within without would you your
"""
STOP_WORDS = frozenset(_SAYING_LITTLE.split())


def short_query(text: str, words: int) -> str | None:
    """Give the first content words of a caption in their order; None where it has fewer than two.

    Content words are all that are no stop words, numbers among them, in small letters.

    Args:
        text: a caption.
        words: at most how many words to give.

    >>> short_query("Two dogs are running through the snow .", 3)
    'two dogs running'
    >>> short_query("It is a dog .", 3)
    """
    found = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP_WORDS]
    content = [word for word in found if len(word) > 1][:words]
    return " ".join(content) if len(content) >= min(LENGTHS) else None
