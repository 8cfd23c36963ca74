"""What searches and servers ask of an index, wherever it lies.

`IndexReader` is one on this machine's disk. Whatever else answers these (a database that several
servers share, several indexes as one) is searched, re-ranked, explained and served alike.
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
"""Photos that alone may answer, as `matching` of the same index gave them, in its own form: an
array of ids, or a condition that a database looks at. `len` of it is how many they are."""


class SearchedIndex(Protocol):
    """What a search needs. What a method gives is of one state, as is all within `snapshot`."""

    @property
    def model(self) -> Model:
        """Whose embeddings answer."""

    @property
    def folder(self) -> Path | None:
        """Where it lies, if that is a folder that can be written to; None for all others."""

    @property
    def place(self) -> str:
        """Where it lies, for messages; never a password."""

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Which of several indexes that answer as one cannot be read; none of a single one."""

    def __len__(self) -> int:
        """Return the number of photos."""

    def close(self) -> None:
        """Let go of what it holds open; twice is harmless."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read all of a block from one state, whoever writes meanwhile.

        Raises:
            ModelMismatch: another model's embeddings answer by now.
        """

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return what a piece of work gives, all of whose reading is of one state.

        It is done anew where one of several indexes is lost in the middle of it.

        Raises:
            ModelMismatch: another model's embeddings answer by now.
        """

    def matching(self, expression: Expression) -> Allowed:
        """Return the photos that a filter is true of; QueryError for one that is too large."""

    def search(self, vector: NDArray[np.float32], k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest to a vector (D,).

        The highest score comes first, equal ones in the order of the ids.

        Raises:
            ValueError: the vector has another width.
        """

    def search_texts(self, words: str, k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and scores (K,) of the k photos whose words fit best, best first."""

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; KeyError for one that is not there."""

    def nodes(self, image_ids: Ids) -> StoredArray:
        """Return nodes, (K, ...), in the order of the ids; KeyError for one that is not there."""

    def background(self) -> Background:
        """Return a sample of the vectors and how many there are; costs a search next to nothing."""

    def perceptual_hashes(self, image_ids: Ids) -> list[int | None]:
        """Return perceptual hashes in the order of the ids, None where there is none."""

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Return photos in the order of the ids; those that are not there are left out."""

    def photo_records(self, image_ids: Ids) -> list[PhotoRecord]:
        """Return all that is known of photos but their vectors, in the order of the ids."""

    def find_content(self, sha256: str) -> int | None:
        """Return the lowest id of a photo whose file has that hex digest; None if none has."""

    def state(self) -> object:
        """Return what is another whenever anything was written to it; only to be compared."""

    def in_order(
        self, order: PhotoOrder, most: int, within: Allowed | None = None
    ) -> OrderedPhotos:
        """Return the first photos of an order, at most so many, and how many there are in all."""

    def field_values(self, field: str, most: int = 1000) -> list[tuple[str, int]]:
        """Return the values that photos have in a field of filters, and how many photos have each.

        The most first, equal ones by value; ValueError where there is no such field.
        """

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, of those ids that have any."""


class ServedIndex(SearchedIndex, Protocol):
    """What a server, and whoever asks for the state of an index, needs beside."""

    def ids_after(self, image_id: int, most: int) -> list[int]:
        """Return the ids above one, ascending, at most so many."""

    def counts(self) -> Counts:
        """Return how much it holds."""

    def sources(self) -> dict[str, int]:
        """Return the folders photos were found through, sorted, with their numbers of photos."""

    def passed_over(self) -> dict[str, int]:
        """Return kinds of files in its sources that are not read, such as `.cr3`, and how many."""

    def quarantined(self) -> list[QuarantinedFile]:
        """Return the files in quarantine, by path."""

    def damaged(self) -> list[PhotoFile]:
        """Return the photos whose files are shown as far as they go, by path."""

    def category_counts(self, most: int) -> list[tuple[str, int]]:
        """Return categories and how many photos have each: the most first, equal ones by name."""

    def coming_models(self) -> list[Model]:
        """Return the models the photos are being embedded with, beside the one that answers."""

    def measured(self) -> Measured | None:
        """Return how its vectors are searched, and what that is worth; None if not known yet."""

    def size_bytes(self) -> int:
        """Return how much room it takes."""
