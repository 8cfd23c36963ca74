"""Words of captions, file names, metadata and text in photos, found by BM25 (SQLite's FTS5).

There is one document per photo: the words of its path below its source, its captions, its metadata,
and the text that was read in it. The table stores no text itself, which would duplicate the
captions, so removing a document requires its words. Everything that changes one of these does so
within `in_step`, in the caller's transaction; `verify` compares the table with the rest and
rebuilds it if they differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from store.catalog.line_search import with_parts_of_lines
from store.columns.codec import text_to_row
from store.columns.documents import COLUMNS, INSERT, WORDS, documents
from store.columns.unspaced import spaced_query
from store.errors import IndexDamaged
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.id_pages import id_pages
from store.types import TopK

__all__ = ["add", "forget", "in_step", "make_anew", "search_words", "telling_words"]

MOST_WORDS = 64
LONGEST_ASKED = 10_000
_WORD = re.compile(r"\w+")

_COMMON = """a an and are as at be by for from has have in is it its of on or s that the their there
    these this to was with"""
FUNCTION_WORDS = frozenset(_COMMON.split())
"""Words in nearly every caption: BM25 gives them next to no weight, yet they cost most time."""


@contextmanager
def in_step(catalog: CatalogFile, image_ids: Iterable[int]) -> Generator[None]:
    """Let a block change texts of existing photos, and update the words afterwards."""
    ids = list(image_ids)
    forget(catalog, ids)
    yield
    add(catalog, ids)


def add(catalog: CatalogFile, image_ids: Sequence[int]) -> None:
    """Add the words of existing photos that have none yet."""
    catalog.execute_many(INSERT, documents(catalog.connection, image_ids))


def forget(catalog: CatalogFile, image_ids: Sequence[int]) -> None:
    """Remove the words of photos, before any of their texts changes.

    Raises:
        IndexDamaged: the words are not those of the photos.
    """
    sql = f"""INSERT INTO words (words, rowid, {", ".join(COLUMNS)})
        VALUES ('delete', ?, ?, ?, ?, ?)"""
    try:
        catalog.execute_many(sql, documents(catalog.connection, image_ids))
    except IndexDamaged as error:
        raise IndexDamaged(
            f"{catalog.path} has words that are not those of its photos ({error.__cause__}): run "
            "`crossgraph verify --repair`"
        ) from error


def make_anew(catalog: CatalogFile) -> None:
    """Rebuild the table of words from the texts of all photos."""
    catalog.execute("DROP TABLE IF EXISTS words")
    catalog.execute(WORDS)
    for ids in id_pages(catalog):
        add(catalog, ids)


def search_words(
    catalog: CatalogFile, text: str, k: int, within: NDArray[np.int64] | None = None
) -> TopK:
    """Return ids (K,) and BM25 scores (K,) of the k photos that match a text's words best.

    A photo need not have all of them. Word endings are ignored (`dogs` finds `dog`, by the Porter
    stemmer), and so are accents and case. Parts of text written without blanks are found, and so
    are parts of words read in a photo. The highest score comes first, equal ones by id.

    Args:
        catalog: the catalog to search.
        text: any text; nothing is found if it has no word.
        k: the largest number of results.
        within: (M,) the only ids to return; None for all.
    """
    query = match_query(text)
    if not query:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    # The plus keeps SQLite from searching the words once per id.
    among = "" if within is None else "AND +rowid IN (SELECT value FROM json_each(?))"
    ids = [] if within is None else [json.dumps(within.tolist())]
    sql = f"SELECT rowid, -rank FROM words WHERE words MATCH ? {among} ORDER BY rank, rowid LIMIT ?"
    scores: dict[int, float] = dict(catalog.rows(sql, query, *ids, max(0, k)))
    scores = with_parts_of_lines(catalog, scores, telling_words(text), within)
    ranked = sorted(scores.items(), key=lambda each: (-each[1], each[0]))[: max(0, k)]
    return (
        np.array([row[0] for row in ranked], dtype=np.int64),
        np.array([row[1] for row in ranked], dtype=np.float32),
    )


def match_query(text: str) -> str:
    """Return a text as an FTS5 query for any of its words, quoted; empty if it has none.

    >>> match_query('The dog AND "the" sofa*')
    '"dog" OR "sofa"'
    """
    return " OR ".join(f'"{word}"' for word in telling_words(text))


def telling_words(text: str) -> list[str]:
    """Return the different content words of a text, in lower case, at most 64.

    In languages written without blanks they are pairs of letters (`store.columns.unspaced`).

    >>> telling_words("The dog on the Sofa"), telling_words("the")
    (['dog', 'sofa'], ['the'])
    """
    spaced = spaced_query(text_to_row(text[:LONGEST_ASKED])).lower()
    words = list(dict.fromkeys(_WORD.findall(spaced)))
    telling = [word for word in words if word not in FUNCTION_WORDS] or words
    return telling[:MOST_WORDS]
