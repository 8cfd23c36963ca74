"""What is written of photos (captions, names, categories), as evidence beside the picture.

A query's words that say what is looked for are held against all that is written of a candidate.
The share of them that is written there is its *coverage*: it moves the score, by standard
deviations of the candidates' scores, and the probability, in log odds.

The weight and the slopes were fitted on the categories of the COCO sample, and on the fifth caption
of each of its photos where the other four were known; so figures of that sample with captions known
(`crossgraph eval --keywords --shown`) lean to the bright side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.plurals import singular
from fusion.runtime.wording import canonical_query, is_short_query
from fusion.runtime.words import STOP_WORDS
from search.query.request import SearchRequest
from search.understanding.typed_words import plain

if TYPE_CHECKING:
    from store.searched_index import Allowed, SearchedIndex
    from store.types import PhotoRecord

__all__ = ["NOTHING_WRITTEN", "Coverage", "WrittenWords", "find_written", "said_of", "shares_of"]

WEIGHT = 7.0
"""Standard deviations of the candidates' scores that full coverage is worth: of 3, 5, 7 and 10 the
smallest that was best on the COCO sample's categories."""
UNWRITTEN = 0.5
"""How much a word counts that is written of none of the candidates."""
LEAST_PART = 3
"""Letters of a word that is found within others, in text that was read in photos."""
MOST_FOUND = 50
"""Photos that are looked up by words; a search for more hits looks up as many."""

Array = NDArray[np.float32]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class WordEvidence:
    """Log odds of a hit with captions: `slope` x those of the picture + `full` x coverage - `none`.

    `none` is what it says that the captions are silent.
    """

    slope: float
    full: float
    none: float


SHORT = WordEvidence(0.5, 4.6, 1.0)
SENTENCE = WordEvidence(0.86, 5.3, 3.0)


@dataclass(frozen=True)
class Coverage:
    """What is written of K candidates.

    Attributes:
        shares: (K,) of the query's words that are written of each, 0 to 1.
        captioned: (K,) whether a photo has captions, so that their silence says something.
        evidence: how it moves the probability.
    """

    shares: Array
    captioned: NDArray[np.bool_]
    evidence: WordEvidence

    def probabilities(self, likely: NDArray[np.floating]) -> Array:
        """Return the probabilities (K,) of candidates of which the picture's are known.

        What is written of a photo without captions, such as a folder's name, only speaks for it.
        """
        odds = _log_odds(likely)
        moved = self.evidence.slope * odds + self.evidence.full * self.shares - self.evidence.none
        kept = np.where(
            self.captioned, moved, np.where(self.shares > 0, np.maximum(moved, odds), odds)
        )
        return np.asarray(1 / (1 + np.exp(-kept)), np.float32)

    @property
    def deviations(self) -> Array:
        """Return what it adds to scores (K,), in standard deviations of theirs."""
        return np.asarray(WEIGHT * self.shares, np.float32)


@dataclass(frozen=True)
class WrittenWords:
    """A query's words, and the photos of which some are written.

    Attributes:
        words: those that say something, in small letters, nouns in the singular.
        image_ids: the photos that fit best by words alone, best first; none where there are none,
            or where words do not count.
        short: whether the query names things and is no sentence.
    """

    words: tuple[str, ...] = ()
    image_ids: tuple[int, ...] = ()
    short: bool = True

    def among(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those that fit by words alone of some photos, best first."""
        worded = np.array(self.image_ids, np.int64)
        return worded[np.isin(worded, image_ids)]

    def coverage(self, index: SearchedIndex, image_ids: NDArray[np.int64]) -> Coverage | None:
        """Return what is written of K candidates; None where that is nothing at all."""
        if not self.image_ids:
            return None
        photos = {photo.image_id: photo for photo in index.photo_records(image_ids)}
        known = [photos.get(image_id) for image_id in image_ids.tolist()]
        lines = index.lines(image_ids)
        said = [
            said_of(self.words, _texts(each), [line.text for line in lines.get(image_id, ())])
            for image_id, each in zip(image_ids.tolist(), known, strict=True)
        ]
        return Coverage(
            shares_of(np.array(said, np.bool_).reshape(len(known), len(self.words))),
            np.array([each is not None and bool(each.captions) for each in known], np.bool_),
            SHORT if self.short else SENTENCE,
        )


NOTHING_WRITTEN = WrittenWords()


def find_written(
    index: SearchedIndex, request: SearchRequest, within: Allowed | None
) -> WrittenWords:
    """Look up the words of what is wanted among all that is written of photos."""
    texts = [term.text for term in request.positive if term.text is not None]
    if not request.words or not texts:
        return NOTHING_WRITTEN
    asked = [canonical_query(text) for text in texts]
    words = tuple(dict.fromkeys(word for text in asked for word in _telling(text)))
    if not words:
        return NOTHING_WRITTEN
    ids = index.search_texts(" ".join(words), max(request.k, MOST_FOUND), within)[0]
    return WrittenWords(words, tuple(ids.tolist()), all(map(is_short_query, asked)))


def shares_of(said: NDArray[np.bool_]) -> Array:
    """Return the share of the words that are written of each photo.

    What is written of no photo at all, such as a word that says how a photo looks, counts half.

    Args:
        said: (K, W) whether each word is written of each photo.

    >>> shares_of(np.array([[True, False, False], [False, False, False]])).tolist()
    [0.5, 0.0]
    """
    weights = np.where(said.any(axis=0), 1.0, UNWRITTEN)
    shares: Array = (said @ weights / max(weights.sum(), 1e-6)).astype(np.float32)
    return shares


def said_of(words: Sequence[str], texts: Sequence[str], lines: Sequence[str] = ()) -> list[bool]:
    """Return which words some texts have, in any form of their case and number.

    Of languages that are written without blanks a word is a pair of letters, which may stand
    anywhere; so may a word of three letters and more in lines of text that was read in a photo.

    >>> said_of(["dog", "sofa"], ["Two Dogs running .", "A cat"])
    [True, False]
    >>> said_of(["exit"], [], ["EMERGENCYEXIT"])
    [True]
    """
    said, read = plain("\n".join(texts)), plain("\n".join(lines))
    there: dict[str, list[str]] = {}
    for token in set(_WORD.findall(said)):
        there.setdefault(token[:1], []).append(token)

    def is_said(word: str) -> bool:
        if not word.isascii():
            return word in said or word in read
        if len(word) >= LEAST_PART and word in read:
            return True
        return any(token == word or _singular(token) == word for token in there.get(word[:1], ()))

    return [is_said(word) for word in words]


def _telling(text: str) -> list[str]:
    """Return the words of a text that say something, as they are looked up."""
    from store.catalog.full_text import telling_words  # brings SQLite and FAISS

    words = [plain(word) for word in telling_words(text)]
    one = [_singular(word, before) for before, word in zip(["", *words], words, strict=False)]
    return [word for word in one if word not in STOP_WORDS]


def _texts(photo: PhotoRecord | None) -> list[str]:
    """Return all that is written of a photo."""
    if photo is None:
        return []
    details = photo.details
    return [
        *photo.captions,
        *photo.categories,
        *details.tags,
        *(person.name for person in details.people),
        *details.places,
        details.title,
        details.description,
        photo.relative_path.replace("_", " "),
    ]


@lru_cache(maxsize=20_000)
def _singular(word: str, before: str = "") -> str:
    return singular(word, before)


def _log_odds(likely: NDArray[np.floating]) -> Array:
    bounded = np.clip(np.asarray(likely, np.float32), 1e-4, 1 - 1e-4)
    odds: Array = np.log(bounded / (1 - bounded))
    return odds
