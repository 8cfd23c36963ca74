"""Check that the table of words matches the photos' names, captions, metadata and read text."""

from __future__ import annotations

from collections.abc import Iterator

from store.columns.documents import CHECKED_WORDS, COLUMNS, documents
from store.errors import IndexDamaged
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.id_pages import id_pages

__all__ = ["word_faults"]


def word_faults(catalog: CatalogFile) -> Iterator[str]:
    """Yield the faults, in the caller's snapshot.

    FTS5's own check compares all words with all texts, but it counts as writing, which would keep
    others from writing meanwhile. So it runs on a temporary copy outside the catalog.
    """
    catalog.execute("SAVEPOINT words_check")
    try:
        _check(catalog)
    except IndexDamaged as error:
        said = str(error.__cause__ or error)
        yield "other words than in names, captions and metadata" if "malformed" in said else said
    finally:
        catalog.execute("ROLLBACK TO words_check")
        catalog.execute("RELEASE words_check")


def _check(catalog: CatalogFile) -> None:
    catalog.execute(f"CREATE TABLE temp.said (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
    for ids in id_pages(catalog):
        some = documents(catalog.connection, ids)
        catalog.execute_many("INSERT INTO temp.said VALUES (?, ?, ?, ?, ?)", some)
    catalog.execute(CHECKED_WORDS)
    for part in ("data", "idx", "docsize", "config"):  # all tables in which FTS5 stores words
        catalog.execute(f"DELETE FROM temp.copied_{part}")
        catalog.execute(f"INSERT INTO temp.copied_{part} SELECT * FROM main.words_{part}")
    # The 1 makes it check the texts too.
    catalog.execute("INSERT INTO temp.copied (copied, rank) VALUES ('integrity-check', 1)")
