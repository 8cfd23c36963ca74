"""Whether the table of words holds what the photos' names and captions say, and no more."""

from __future__ import annotations

from collections.abc import Iterator

from store.database import CatalogFile
from store.documents import INSERT, WORDS, documents
from store.errors import IndexDamaged, IndexNotWritable
from store.id_pages import id_pages

__all__ = ["word_faults"]

_ANEW = "temp.expected"

# Sums stand for where a word is: every photo and place of it would be a row for each word of each
# caption.
_TERMS = """SELECT term, col, count(*), sum(doc), sum(doc % 8191 * (offset + 1))
    FROM {table} GROUP BY term, col"""


def word_faults(catalog: CatalogFile) -> Iterator[str]:
    """Give what is wrong, a line each; reads only, beside a table of its own that is dropped again.

    Photos whose number of words is wrong come before words that are in the wrong photos.
    """
    try:
        yield from _faults(catalog)
    except (IndexDamaged, IndexNotWritable) as error:
        yield str(error.__cause__ or error)


def _faults(catalog: CatalogFile) -> Iterator[str]:
    catalog.execute(WORDS.format(table=_ANEW))
    try:
        for ids in id_pages(catalog):
            catalog.execute_many(INSERT.format(table=_ANEW), documents(catalog.connection, ids))
        sizes = [f"SELECT id, sz FROM {table}_docsize" for table in ("main.words", _ANEW)]
        yield from (f"photo {row[0]}" for row in catalog.rows(_differing("id", *sizes)))
        for table, schema in (("held_terms", "main, words"), ("wanted_terms", "temp, expected")):
            catalog.execute(
                f"CREATE VIRTUAL TABLE temp.{table} USING fts5vocab({schema}, instance)"
            )
        terms = [_TERMS.format(table=f"temp.{table}") for table in ("held_terms", "wanted_terms")]
        yield from (repr(row[0]) for row in catalog.rows(_differing("term", *terms)))
    finally:
        for table in ("held_terms", "wanted_terms", "expected"):
            catalog.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _differing(column: str, one: str, two: str) -> str:
    """Give the SQL for a column of all rows that only one of two queries has."""
    return f"""SELECT DISTINCT {column} FROM (SELECT * FROM ({one} EXCEPT {two})
        UNION ALL SELECT * FROM ({two} EXCEPT {one})) ORDER BY 1"""
