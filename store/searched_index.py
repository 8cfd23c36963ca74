"""What searches and servers need from an index, wherever it is.

`IndexReader` is one on this machine's disk. Anything else with these methods (a database that
several servers share, several indexes as one) is searched, re-ranked, explained and served alike.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from store.catalog.models import Model
from store.catalog.photo_order import OrderedPhotos, PhotoOrder
from store.catalog.selection import Expression
from store.columns.codec import StoredArray
from store.types import (
    Counts,
    Ids,
    Missing,
    Photo,
    PhotoFile,
    PhotoRecord,
    QuarantinedFile,
    TextLine,
    TopK,
)
from store.vectors.background import Background
from store.vectors.choose import Measured

__all__ = ["Allowed", "SearchedIndex", "ServedIndex"]

T = TypeVar("T")

Allowed: TypeAlias = Any
"""The only photos that may answer, as returned by `matching` of the same index, in its own form: an
array of ids, or a condition for a database. `len` of it is their number."""


class SearchedIndex(Protocol):
    """What a search needs. Each method reads one snapshot, and so does everything in `snapshot`."""

    @property
    def model(self) -> Model:
        """The model whose embeddings are searched."""

    @property
    def folder(self) -> Path | None:
        """Its folder, if it has one that can be written to; otherwise None."""

    @property
    def place(self) -> str:
        """Its place, for messages, without a password."""

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Which of several indexes cannot be read; empty for a single one."""

    def __len__(self) -> int:
        """Return the number of photos."""

    def close(self) -> None:
        """Close what is open; closing twice is harmless."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything in a block from one snapshot, even if another process writes meanwhile.

        Raises:
            ModelMismatch: another model has become the active one.
        """

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return the result of work that reads everything from one snapshot.

        The work is repeated if one of several indexes is lost in the middle of it.

        Raises:
            ModelMismatch: another model has become the active one.
        """

    def matching(self, expression: Expression) -> Allowed:
        """Return the photos that pass a filter; raises QueryError if it is too large."""

    def search(self, vector: NDArray[np.float32], k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest to a vector (D,).

        The highest score comes first, equal ones in the order of the ids.

        Raises:
            ValueError: the vector has another width.
        """

    def search_texts(self, words: str, k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and scores (K,) of the k photos whose words fit best, best first."""

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; raises KeyError for an unknown one."""

    def nodes(self, image_ids: Ids) -> StoredArray:
        """Return nodes, (K, ...), in the order of the ids; raises KeyError for an unknown one."""

    def background(self) -> Background:
        """Return a sample of the vectors and how many there are; cheap enough for each search."""

    def perceptual_hashes(self, image_ids: Ids) -> list[int | None]:
        """Return perceptual hashes in the order of the ids, None if there is none."""

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Return photos in the order of the ids; unknown ones are left out."""

    def photo_records(self, image_ids: Ids) -> list[PhotoRecord]:
        """Return everything known about photos except vectors, in the order of the ids."""

    def find_content(self, sha256: str) -> int | None:
        """Return the lowest id of a photo whose file has that hex digest; None if none has."""

    def state(self) -> object:
        """Return a value that changes with every write, for comparison only."""

    def in_order(
        self, order: PhotoOrder, most: int, within: Allowed | None = None
    ) -> OrderedPhotos:
        """Return at most `most` first photos of an order, and how many there are in all."""

    def field_values(self, field: str, most: int = 1000) -> list[tuple[str, int]]:
        """Return the values of a filter field, and how many photos have each.

        The most frequent come first, equal ones by value; raises ValueError for an unknown field.
        """

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, for those ids that have any."""


class ServedIndex(SearchedIndex, Protocol):
    """What servers and reports on the state of an index need in addition."""

    def ids_after(self, image_id: int, most: int) -> list[int]:
        """Return at most `most` ids above one, ascending."""

    def counts(self) -> Counts:
        """Return the numbers of photos, captions and so on."""

    def sources(self) -> dict[str, int]:
        """Return the folders photos were found through, sorted, with their numbers of photos."""

    def passed_over(self) -> dict[str, int]:
        """Return kinds of files in its sources that are not read, such as `.cr3`, and how many."""

    def quarantined(self) -> list[QuarantinedFile]:
        """Return the files in quarantine, by path."""

    def damaged(self) -> list[PhotoFile]:
        """Return the photos whose files are only partly readable, by path."""

    def category_counts(self, most: int) -> list[tuple[str, int]]:
        """Return categories and how many photos have each: the most first, equal ones by name."""

    def coming_models(self) -> list[Model]:
        """Return the models that photos are being embedded with, besides the active one."""

    def measured(self) -> Measured | None:
        """Return how its vectors are searched, with recall and time; None if not known yet."""

    def size_bytes(self) -> int:
        """Return its size in bytes."""
