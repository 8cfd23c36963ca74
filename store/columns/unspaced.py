"""Words of languages written without blanks, so that parts of sentences can be found.

SQLite and PostgreSQL treat the letters up to the next blank as one word, which in Chinese, Japanese
or Thai is a whole sentence. So such text is split into its letters and the pairs of neighbouring
letters (bigrams, as by Lucene's CJK analyzer). A query is found by its pairs, or by its letter if
it has only one. Korean has blanks, but its words end differently in each sentence.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Literal

__all__ = ["normal", "spaced_query", "spaced_text"]

LONGEST_WORD = 1000
"""Length of a word above which combining marks stay unsorted, since sorting them is quadratic."""

_STRETCH = re.compile(
    "["
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Chinese
    "\uac00-\ud7a3"  # Korean
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    "]+"
)


def spaced_text(text: str) -> str:
    """Return a text of a photo split so that each part of it can be found.

    >>> spaced_text("a dog"), spaced_text("\u72ac\u3068 a cat").split()
    ('a dog', ['犬', 'と', '犬と', 'a', 'cat'])
    """
    return _spaced(text, letters_too=True)


def spaced_query(text: str) -> str:
    """Return a query as its pairs of letters, and a single letter unchanged.

    >>> spaced_query("\u8d64\u3044\u72ac").split(), spaced_query("\u72ac").split()
    (['赤い', 'い犬'], ['犬'])
    """
    return _spaced(text, letters_too=False)


def normal(text: str, form: Literal["NFKC", "NFKD"]) -> str:
    """Return a text in a Unicode form, word by word, in time linear in its length.

    >>> normal("cafe\u0301", "NFKC")
    'café'
    """
    if text.isascii():
        return text
    return " ".join(
        unicodedata.normalize(form, word) if len(word) <= LONGEST_WORD else word
        for word in text.split()
    )


def _spaced(text: str, *, letters_too: bool) -> str:
    if text.isascii():
        return text

    def pieces(stretch: re.Match[str]) -> str:
        # Combining marks separate words for SQLite, and are left out like accents.
        letters = [each for each in stretch[0] if not unicodedata.category(each).startswith("M")]
        pairs = [first + second for first, second in pairwise(letters)]
        singles = letters if letters_too or not pairs else []
        return f" {' '.join((*singles, *pairs))} "

    return _STRETCH.sub(pieces, normal(text, "NFKC"))
