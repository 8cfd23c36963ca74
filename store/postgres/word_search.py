"""Words of captions and file names, found by PostgreSQL's text search.

As the index's own (`store.catalog.full_text`): any of the words, English stems, neither accents nor
case. The order is by rare words before common ones and by how often a photo has them; it is near to
BM25's, but not the same.
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

__all__ = ["plain_words", "search_words"]

LONGEST_TEXT = 200_000
LONGEST_WORD = 500
"""Characters; PostgreSQL refuses a text whose words take more than a megabyte."""

BY_LENGTH = 1
"""Of `ts_rank`: the longer a text, the less each of its words counts, by the logarithm."""


def plain_words(text: str) -> str:
    """Return the words of a text in small letters without accents, a space between two.

    >>> plain_words("Café_au-lait, don't!")
    'cafe au lait don t'
    """
    apart = normal(text[:LONGEST_TEXT].lower(), "NFKD")
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", letters))


def search_words(session: Session, text: str, k: int, within: Chosen | None = None) -> TopK:
    """Return ids (K,) and scores (K,) of the k photos that fit words best.

    The highest score comes first, equal ones by id.
    """
    weights = _weights(session, text)
    if not weights or k < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    scores = " + ".join(
        f"%s::float8 * ts_rank(document, %s::tsquery, {BY_LENGTH})" for _ in weights
    )
    each = [part for word, weight in weights for part in (weight, f"'{word}'")]
    among, arguments = ("TRUE", ()) if within is None else within.condition("d.image_id")
    rows = session.rows(
        f"""SELECT d.image_id, ({scores})::float4 AS score FROM {session.table("documents")} d
        WHERE document @@ %s::tsquery AND {among} ORDER BY score DESC, d.image_id LIMIT {k:d}""",
        *each,
        " | ".join(f"'{word}'" for word, _ in weights),
        *arguments,
    )
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.float32),
    )


def _weights(session: Session, text: str) -> list[tuple[str, float]]:
    """Return the stems of a text that some photo has, and how telling each is."""
    words = plain_words(" ".join(telling_words(text)))
    rows = session.rows(
        f"""SELECT word, photos FROM {session.table("words")}
        WHERE word = ANY (tsvector_to_array(to_tsvector('crossgraph.words', %s)))""",
        words,
    )
    count = session.generation.photos
    return [(word, math.log1p((count - had + 0.5) / (had + 0.5))) for word, had in rows]
