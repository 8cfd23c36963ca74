"""Searches and albums that people saved, with the photos that they refer to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from store.columns.tables import INTEGER, TEXT
from store.errors import QueryError
from store.sqlite.catalog_file import CatalogFile

__all__ = ["SavedSet", "delete_saved", "put_saved", "read_saved", "saved_set", "saved_sets"]

MOST_SETS = 1000
MOST_PHOTOS = 100_000
LONGEST_NAME = 200
LONGEST_SEARCH = 10_000


@dataclass(frozen=True)
class SavedSet:
    """A search to run again, or an album of chosen photos.

    Attributes:
        set_id: its id; 0 before it was saved.
        name: its unique name for people.
        search: the query string of the page's address (`q=a+dog&where=...`); empty for an album.
        photos: ids in the order they were added; none for a search. Photos that left the index may
            be among them.
    """

    set_id: int
    name: str
    search: str = ""
    photos: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise QueryError(
                f"the name is {self.name[:40]!r}, expected 1 to {LONGEST_NAME} characters"
            )
        if len(self.search) > LONGEST_SEARCH:
            raise QueryError(f"the search is longer than {LONGEST_SEARCH:,} characters")
        if self.search and self.photos:
            raise QueryError("a saved set is a search or an album of photos, found both")
        if len(self.photos) > MOST_PHOTOS:
            raise QueryError(f"{len(self.photos):,} photos, expected at most {MOST_PHOTOS:,}")

    @property
    def is_album(self) -> bool:
        """Whether it is an album, which may be empty."""
        return not self.search


def saved_sets(catalog: CatalogFile) -> list[SavedSet]:
    """Return all saved sets, by name."""
    rows = catalog.typed((INTEGER, TEXT, TEXT), "SELECT id, name, record FROM saved ORDER BY name")
    return [_read(catalog, *row) for row in rows]


def saved_set(catalog: CatalogFile, set_id: int) -> SavedSet | None:
    """Return the saved set with that id; None if there is none."""
    sql = "SELECT id, name, record FROM saved WHERE id = ?"
    for row in catalog.typed((INTEGER, TEXT, TEXT), sql, set_id):
        return _read(catalog, *row)
    return None


def put_saved(catalog: CatalogFile, saved: SavedSet) -> int:
    """Save a new set, or replace the one with its id, and return the id.

    Raises:
        QueryError: another one has its name, or there are too many.
    """
    others = [each for each in saved_sets(catalog) if each.set_id != saved.set_id]
    if any(each.name == saved.name for each in others):
        raise QueryError(f"something is already saved as {saved.name!r}: choose another name")
    if len(others) >= MOST_SETS:
        raise QueryError(f"{MOST_SETS:,} searches and albums are saved: remove some first")
    record = json.dumps({"search": saved.search, "photos": list(saved.photos)})
    set_id = saved.set_id or _next_id(catalog)
    catalog.put("saved", [(set_id, saved.name, record)], instead="OR REPLACE")
    return set_id


def delete_saved(catalog: CatalogFile, set_id: int) -> bool:
    """Delete a set; return whether there was one."""
    return catalog.execute("DELETE FROM saved WHERE id = ?", set_id) > 0


def _next_id(catalog: CatalogFile) -> int:
    highest = next(catalog.rows("SELECT coalesce(max(id), 0) FROM saved"))[0]
    return int(highest) + 1


def read_saved(set_id: int, name: str, record: str) -> SavedSet:
    """Return the saved set of a row.

    Raises:
        ValueError: the row is not one that `put_saved` writes.
    """
    try:
        held = json.loads(record)
        photos = tuple(int(image_id) for image_id in held["photos"])
        return SavedSet(set_id, name, str(held["search"]), photos)
    except (ValueError, KeyError, TypeError, RecursionError, QueryError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _read(catalog: CatalogFile, set_id: int, name: str, record: str) -> SavedSet:
    try:
        return read_saved(set_id, name, record)
    except ValueError as error:
        raise catalog.damaged(f"what was saved as {name[:40]!r} cannot be read") from error
