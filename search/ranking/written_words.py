"""Words written about photos (captions, names, categories), as evidence besides the picture.

A query's words that say what is looked for are compared with everything written about a candidate,
and so are synonyms and words for kinds of it (`search.ranking.said_words`). The share of them that
is found is the *coverage*: it moves the score, by standard deviations of the candidates' scores,
and the probability, in log odds.

The slopes were fitted on the categories of the COCO sample, and on the fifth caption of each of its
photos where the other four were known; so probabilities of that sample with captions known
(`crossgraph eval --keywords --shown`) are somewhat optimistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.wording import canonical_query, is_short_query
from fusion.runtime.words import STOP_WORDS
from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.said_words import asked_words, plain_singular, strengths_of_each
from search.understanding.typed_words import plain

if TYPE_CHECKING:
    from store.searched_index import Allowed, SearchedIndex
    from store.types import PhotoRecord

__all__ = ["NOTHING_WRITTEN", "Coverage", "WrittenWords", "find_written", "shares_of"]

WEIGHT = 7.0
"""Standard deviations of the candidates' scores that full coverage is worth. Over 1,127 training
photos of COCO, two captions of each known, 3, 7, 10 and 14 find nouns equally well."""
UNWRITTEN = 0.5
"""How much a word counts that is written about none of the candidates."""
MOST_KINDS = 16
"""Other words per word of a short query that are looked up if the query's own find few photos."""
MOST_FOUND = 50
"""Photos that are looked up by words; a search for more hits looks up as many as its hits."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class WordEvidence:
    """Log odds of a hit with captions: `slope` x those of the picture + `full` x coverage - `none`.

    `none` is the evidence of captions that mention nothing of it.
    """

    slope: float
    full: float
    none: float


SHORT = WordEvidence(0.5, 4.6, 1.0)
SENTENCE = WordEvidence(0.86, 5.3, 3.0)


@dataclass(frozen=True)
class Coverage:
    """What is written about K candidates.

    Attributes:
        shares: (K,) the share of the query's words written about each, 0 to 1.
        captioned: (K,) whether a photo has captions, so that absent words mean something.
        evidence: how it moves the probability.
    """

    shares: Array
    captioned: NDArray[np.bool_]
    evidence: WordEvidence

    def probabilities(self, likely: NDArray[np.floating]) -> Array:
        """Return the probabilities (K,) of candidates, given those by the picture.

        What is written about a photo without captions, such as a folder's name, can only raise it.
        """
        odds = _log_odds(likely)
        moved = self.evidence.slope * odds + self.evidence.full * self.shares - self.evidence.none
        kept = np.where(
            self.captioned, moved, np.where(self.shares > 0, np.maximum(moved, odds), odds)
        )
        return np.asarray(1 / (1 + np.exp(-kept)), np.float32)

    @property
    def deviations(self) -> Array:
        """Return what it adds to scores (K,), in their standard deviations."""
        return np.asarray(WEIGHT * self.shares, np.float32)


@dataclass(frozen=True)
class WrittenWords:
    """A query's words, and the photos that some of them are written about.

    Attributes:
        words: content words, in lower case, nouns in the singular.
        image_ids: the photos that fit best by words alone, best first; empty if there are none, or
            words do not count.
        short: whether the query names things and is not a sentence.
    """

    words: tuple[str, ...] = ()
    image_ids: tuple[int, ...] = ()
    short: bool = True

    def among(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the given photos that match by words alone, best first."""
        worded = np.array(self.image_ids, np.int64)
        return worded[np.isin(worded, image_ids)]

    def coverage(self, rows: CandidateRows, image_ids: NDArray[np.int64]) -> Coverage | None:
        """Return what is written about K candidates; None if no photo matches by words."""
        if not self.image_ids:
            return None
        photos, lines = rows.records(image_ids), rows.lines(image_ids)
        known = [photos.get(image_id) for image_id in image_ids.tolist()]
        written = [
            (_texts(each), [line.text for line in lines.get(image_id, ())])
            for image_id, each in zip(image_ids.tolist(), known, strict=True)
        ]
        said = strengths_of_each(asked_words(self.words), written)
        return Coverage(
            shares_of(np.array(said, np.float32).reshape(len(known), len(self.words))),
            np.array([each is not None and bool(each.captions) for each in known], np.bool_),
            SHORT if self.short else SENTENCE,
        )


NOTHING_WRITTEN = WrittenWords()


def find_written(
    index: SearchedIndex, request: SearchRequest, within: Allowed | None
) -> WrittenWords:
    """Look up the words of wanted terms in everything written about photos."""
    texts = [term.text for term in request.positive if term.text is not None]
    if not request.words or not texts:
        return NOTHING_WRITTEN
    asked = [canonical_query(text) for text in texts]
    words = tuple(dict.fromkeys(word for text in asked for word in _telling(text)))
    if not words:
        return NOTHING_WRITTEN
    short, most = all(map(is_short_query, asked)), max(request.k, MOST_FOUND)
    ids = index.search_texts(" ".join(words), most, within)[0].tolist()
    if short and len(ids) < most:
        kinds = [kind for word in asked_words(words) for kind in list(word.kinds)[:MOST_KINDS]]
        others = index.search_texts(" ".join(kinds), most, within)[0].tolist() if kinds else []
        ids = list(dict.fromkeys([*ids, *others]))[:most]
    return WrittenWords(words, tuple(ids), short)


def shares_of(said: Array) -> Array:
    """Return the share of the words that are written about each photo, 0 to 1.

    A word that is written about no photo at all, such as one for how a photo looks, counts half.

    Args:
        said: (K, W) how strongly each word is said of each photo, 0 to 1.

    >>> shares_of(np.array([[1, 0, 0], [0, 0, 0]], np.float32)).tolist()
    [0.5, 0.0]
    """
    weights = np.where(said.any(axis=0), 1.0, UNWRITTEN)
    shares: Array = (said @ weights / max(weights.sum(), 1e-6)).astype(np.float32)
    return shares


def _telling(text: str) -> list[str]:
    """Return the content words of a text, as they are looked up."""
    from store.catalog.full_text import telling_words  # imports SQLite and FAISS

    words = [plain(word) for word in telling_words(text)]
    one = [plain_singular(word, before) for before, word in zip(["", *words], words, strict=False)]
    return [word for word in one if word not in STOP_WORDS]


def _texts(photo: PhotoRecord | None) -> list[str]:
    """Return everything written about a photo."""
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


def _log_odds(likely: NDArray[np.floating]) -> Array:
    bounded = np.clip(np.asarray(likely, np.float32), 1e-4, 1 - 1e-4)
    odds: Array = np.log(bounded / (1 - bounded))
    return odds
