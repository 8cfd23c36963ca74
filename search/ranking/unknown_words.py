"""Words of a query that the model does not know, and the note on them.

A query without any known word is answered all the same, since it has some vector. What is nearest
to that is not a match, whatever the numbers say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion.runtime.wording import canonical_query
from fusion.runtime.words import STOP_WORDS
from search.query.request import SearchRequest
from search.query.term import Term

if TYPE_CHECKING:
    from search.models.model_protocols import SearchModel

__all__ = ["Unknown", "unknown_words"]

MOST_WORDS = 64
"""Limit on the words of a text that are checked: encoders read no more."""
LONGEST_READ, LONGEST_WORD = 4000, 60
"""Limits on the characters of a text, and of a word, that are checked."""
MOST_NAMED, LONGEST = 3, 60
"""Words that a note names, and how many characters of a text it shows."""

_WORD = re.compile(r"[^\W\d_]+")
_OWNED = re.compile(r"['\u2019][^\W\d_]+")


@dataclass(frozen=True)
class Unknown:
    """The parts of a query that the model cannot read.

    Attributes:
        words: unknown words as written, in the query's order; each once.
        suggestions: for each of them the known word with the nearest spelling, or None.
        texts: the texts without any known word, if that leaves nothing to look for; empty if some
            wanted word is known, or the query has a photo.
    """

    words: tuple[str, ...] = ()
    suggestions: tuple[str | None, ...] = ()
    texts: tuple[str, ...] = ()

    def note(self, *, words: bool = False) -> str | None:
        """Return a note in one line; None if everything is known.

        Args:
            words: whether captions and names are searched too, for the words as written.

        >>> Unknown(("girafe",), ("giraffe",)).note()
        'crossgraph does not know “girafe” (did you mean “giraffe”?): it reads English'
        >>> Unknown(("赤い",), (None,), ("赤い",)).note()
        'crossgraph knows no word of “赤い”: it reads English'
        """
        if self.texts:
            texts = " and ".join(f"“{_shortened(text)}”" for text in self.texts[:MOST_NAMED])
            meant = [each for each in self.suggestions[:MOST_NAMED] if each is not None]
            question = (
                f" (did you mean {' '.join(f'“{each}”' for each in meant)}?)" if meant else ""
            )
            end = "; captions and names are searched as they are written" if words else ""
            return f"crossgraph knows no word of {texts}{question}: it reads English{end}"
        if not self.words:
            return None
        named = [
            f"“{word}” (did you mean “{meant}”?)" if meant else f"“{word}”"
            for word, meant in zip(self.words, self.suggestions, strict=True)
        ][:MOST_NAMED]
        others = len(self.words) - len(named)
        more = f" and {others} more words" if others > 0 else ""
        return f"crossgraph does not know {', '.join(named)}{more}: it reads English"


def unknown_words(request: SearchRequest, model: SearchModel) -> Unknown:
    """Return the words in the texts of a request that the model does not know.

    Stop words, numbers and single Latin letters are neither known nor unknown, and neither are
    templates at a text's start ("a photo of"), which say nothing about what is looked for.
    """
    texts = [term.text for term in (*request.positive, *request.negative) if term.text is not None]
    if not texts:
        return Unknown()
    known = model.known_words
    words = dict.fromkeys(word for text in texts for word in _content(text))
    missing = [word for word in words if _plain(word) not in known]
    # Unwanted terms only matter on their own if nothing is wanted.
    decisive = request.positive or request.negative
    unread = [term.text for term in decisive if term.text and _is_unread(term, missing)]
    return Unknown(
        tuple(missing),
        tuple(known.nearest(_plain(word)) for word in missing[:MOST_NAMED])
        + (None,) * (len(missing) - MOST_NAMED),
        tuple(unread) if len(unread) == len(decisive) else (),
    )


def _is_unread(term: Term, missing: list[str]) -> bool:
    """Return whether a text has neither a known word nor a number, but more than stop words."""
    text = term.text or ""
    content = list(_content(text))
    if content:
        return all(word in missing for word in content)
    says_little = any(_plain(word) in STOP_WORDS for word in _WORD.findall(text))
    return not (says_little or any(letter.isdigit() for letter in text))


def _content(text: str) -> Iterator[str]:
    """Return a text's words as written, without stop words and single Latin letters."""
    text_read = _OWNED.sub(" ", unicodedata.normalize("NFC", canonical_query(text[:LONGEST_READ])))
    for word in _WORD.findall(text_read)[:MOST_WORDS]:
        plain = _plain(word)
        if plain not in STOP_WORDS and not (len(plain) == 1 and plain.isascii()):
            yield word[:LONGEST_WORD]


def _plain(word: str) -> str:
    """Return a word as encoders read it: in lower case, without accents.

    >>> _plain("Café")
    'cafe'
    """
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _shortened(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
