"""Words of captions and file names, found by PostgreSQL's text search.

It works like the search of an index on disk (`store.catalog.full_text`): any of the words, English
stems, ignoring accents and case, ordered by BM25. If very many photos have the words, PostgreSQL's
own rank preselects those that are scored by BM25.
"""

from __future__ import annotations

import math
import re
import unicodedata

import numpy as np

from store.catalog.full_text import telling_words
from store.columns.unspaced import normal
from store.postgres.allowed_photos import Chosen
from store.postgres.session import Session
from store.types import TopK

__all__ = ["ALL_WORDS", "plain_words", "search_words"]

ALL_WORDS = ""
"""Key of the row in the table of words that has the number of words of all photos together."""
K1, B = 1.2, 0.75
"""The parameters of BM25, as in SQLite."""
LEAST_WEIGHT = 1e-6
"""The weight of a word that most photos have."""
MOST_SCORED, PRESELECTED = 5_000, 1_000
"""Up to the first number, all photos with the words are scored by BM25; if there may be more, the
second number of photos, or k if that is more, is preselected."""

LONGEST_TEXT = 200_000
LONGEST_WORD = 500
"""Characters; PostgreSQL refuses a text whose words take more than a megabyte."""

BY_LENGTH = 1
"""Option of `ts_rank`: the longer a text, the less each of its words counts, by the logarithm."""


def plain_words(text: str) -> str:
    """Return the words of a text in lower case without accents, separated by spaces.

    >>> plain_words("Café_au-lait, don't!")
    'cafe au lait don t'
    """
    apart = normal(text[:LONGEST_TEXT].lower(), "NFKD")
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", letters))


def search_words(session: Session, text: str, k: int, within: Chosen | None = None) -> TopK:
    """Return ids (K,) and BM25 scores (K,) of the k photos that match a text's words best.

    The highest score comes first, equal ones by id.
    """
    weights, photos, mean_length = _weights(session, text)
    if not weights or k < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    asked = " | ".join(f"'{word}'" for word, _ in weights)
    among, arguments = ("TRUE", ()) if within is None else within.condition("d.image_id")
    found = f"""SELECT d.image_id, d.document FROM {session.table("documents")} d
        WHERE document @@ %s::tsquery AND {among}"""
    if photos > MOST_SCORED:
        most = max(k, PRESELECTED)
        found += f" ORDER BY ts_rank(document, %s::tsquery, {BY_LENGTH}) DESC, 1 LIMIT {most:d}"
        arguments = (*arguments, asked)
    worth = ", ".join("(%s, %s::float8)" for _ in weights)
    rows = session.rows(
        f"""WITH found AS ({found}), worth (word, weight) AS (VALUES {worth}),
        said AS (
            SELECT image_id, lexeme, cardinality(positions)::float8 AS times,
                sum(cardinality(positions)) OVER (PARTITION BY image_id) AS length
            FROM found, unnest(document)
        )
        SELECT image_id,
            sum(weight * times * {K1 + 1} / (times + {K1} * ({1 - B} + {B} * length / %s))) AS score
        FROM said JOIN worth ON word = lexeme
        GROUP BY image_id ORDER BY score DESC, image_id LIMIT {k:d}""",
        asked,
        *arguments,
        *(part for each in weights for part in each),
        mean_length,
    )
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.float32),
    )


def _weights(session: Session, text: str) -> tuple[list[tuple[str, float]], int, float]:
    """Return the BM25 weights of a text's words, and the statistics that go with them.

    Returns:
        The stems that some photo has, with their weights; an upper bound on how many photos have
        one of them; and the mean number of words of a photo, infinite if unknown.
    """
    words = plain_words(" ".join(telling_words(text)))
    rows = session.rows(
        f"""SELECT word, photos FROM {session.table("words")}
        WHERE word = ANY (tsvector_to_array(to_tsvector('crossgraph.words', %s))) OR word = %s""",
        words,
        ALL_WORDS,
    )
    had = {word: photos for word, photos in rows if word != ALL_WORDS}
    count = session.generation.photos
    # An older database has no such row; then length does not matter.
    every = next((photos for word, photos in rows if word == ALL_WORDS), 0)
    weights = {
        word: max(math.log((count - photos + 0.5) / (photos + 0.5)), LEAST_WEIGHT)
        for word, photos in had.items()
    }
    return list(weights.items()), sum(had.values()), float(every) / max(count, 1) or math.inf
