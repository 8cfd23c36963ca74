"""Several indexes as one, for searching and serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from store.catalog.field_values import checked_field
from store.catalog.models import Model
from store.catalog.selection import Expression
from store.columns.codec import StoredArray
from store.federation.ids import STRIDE, divided, moved
from store.federation.lost_members import BegunAnew
from store.federation.members import Members, Place
from store.federation.merged_order import OrderedMembers
from store.searched_index import Allowed, ServedIndex
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
from store.vectors.background import Background, together
from store.vectors.choose import Measured

__all__ = ["SeveralIndexes"]

ALL = 2**31 - 1

T = TypeVar("T")
P = TypeVar("P", Photo, PhotoRecord)


@dataclass(frozen=True, eq=False)
class _Allowed:
    """The photos that pass a filter, by the position of each index."""

    of: dict[int, Allowed]

    def __len__(self) -> int:
        return sum(len(each) for each in self.of.values())


class SeveralIndexes(OrderedMembers, BegunAnew):
    """A `ServedIndex` of several indexes; not thread-safe; made by `open`.

    Ids are those of `store.federation.ids`, and equal scores are in their order. Scores of words
    (BM25) come from each index alone, which weighs a word by its rarity there, as Elasticsearch
    does across shards; everything else is as from one index of all photos.

    Args:
        members: the indexes.
    """

    folder = None

    def __init__(self, members: Members) -> None:
        self._members = members

    @classmethod
    def open(cls, places: Sequence[Place], *, seconds: float, strict: bool = False) -> Self:
        """Open the indexes that can be opened.

        Args:
            places: for each index its place, as shown to people, and a function that opens it.
            seconds: time limit for each to open, and then for one request.
            strict: refuse indexes of different models; otherwise an index of another model than
                most counts as missing while that is so.

        Raises:
            IndexUnavailable: none can be read.
            ModelMismatch: they are of different models.
        """
        return cls(Members.open(places, seconds, strict=strict))

    @property
    def model(self) -> Model:
        """The model whose embeddings are searched."""
        return self._members.model

    @property
    def place(self) -> str:
        """The places of the indexes."""
        return ", ".join(self._members.places)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The indexes that cannot be read."""
        return self._members.missing

    def close(self) -> None:
        """Close all open indexes; closing twice is harmless."""
        self._members.close()

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything in a block from one snapshot of each index.

        Raises:
            IndexUnavailable: none can be read.
            ModelMismatch: all that can be read have changed to another model.
            MemberLost: raised by calls in the block, which has to be repeated.
        """
        return self._members.snapshot()

    def __len__(self) -> int:
        return sum(self._all(len))

    def matching(self, expression: Expression) -> Allowed:
        """Return the photos that pass a filter."""
        return _Allowed(self._members.ask(lambda n, one: one.matching(moved(expression, n))))

    def search(self, vector: NDArray[np.float32], k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest, equal ones by id."""
        return self._best(k, lambda one, part: one.search(vector, k, part), within)

    def search_texts(self, words: str, k: int, within: Allowed | None = None) -> TopK:
        """Return ids (K,) and scores (K,) of the k photos whose words fit best in their index."""
        return self._best(k, lambda one, part: one.search_texts(words, k, part), within)

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; raises KeyError for an unknown one."""
        rows: list[Any] = self._of(image_ids, lambda one, ids: list(one.vectors(ids)))
        return np.array(rows, np.float32).reshape(len(rows), self.model.dim)

    def nodes(self, image_ids: Ids) -> StoredArray:
        """Return nodes, (K, ...), in the order of the ids; raises KeyError for an unknown one."""
        rows: list[Any] = self._of(image_ids, lambda one, ids: list(one.nodes(ids)))
        return np.stack(rows) if rows else np.zeros((0, 0, 0), np.float16)

    def background(self) -> Background:
        """Return a sample of all vectors, from each index by its share of the photos."""
        backgrounds = self._members.ask(lambda _, one: one.background())
        return together(list(backgrounds.values()), self.model.dim)

    def perceptual_hashes(self, image_ids: Ids) -> list[int | None]:
        """Return perceptual hashes in the order of the ids, None if there is none."""
        return self._of(image_ids, lambda one, ids: one.perceptual_hashes(ids))

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Return photos in the order of the ids; unknown ones are left out."""
        return self._known(image_ids, lambda one, ids: one.photos(ids))

    def photo_records(self, image_ids: Ids) -> list[PhotoRecord]:
        """Return everything known about photos except vectors, in the order of the ids."""
        return self._known(image_ids, lambda one, ids: one.photo_records(ids))

    def find_content(self, sha256: str) -> int | None:
        """Return the lowest id of a photo whose file has that hex digest; None if none has."""
        ids_by_member = self._members.ask(lambda _, one: one.find_content(sha256))
        ids = [
            n * STRIDE + image_id for n, image_id in ids_by_member.items() if image_id is not None
        ]
        return min(ids, default=None)

    # What servers also need

    def ids_after(self, image_id: int, most: int) -> list[int]:
        """Return at most `most` ids above one, ascending."""

        def after(number: int, one: ServedIndex) -> list[int]:
            first = image_id - number * STRIDE
            ids = one.ids_after(max(0, first), most) if first < STRIDE else []
            return [number * STRIDE + each for each in ids]

        pages = self._members.ask(after).values()
        return sorted(each for ids in pages for each in ids)[:most]

    def counts(self) -> Counts:
        """Return the counts of all together."""
        counts = self._all(lambda one: one.counts())
        return Counts(
            sum(each.images for each in counts),
            sum(each.captions for each in counts),
            len(self.category_counts(ALL)),
            sum(each.quarantined for each in counts),
        )

    def sources(self) -> dict[str, int]:
        """Return the folders photos were found through, sorted, with their numbers of photos."""
        return dict(sorted(self._sums(lambda one: one.sources()).items()))

    def passed_over(self) -> dict[str, int]:
        """Return kinds of files in the sources that are not read, such as `.cr3`, and how many."""
        return dict(sorted(self._sums(lambda one: one.passed_over()).items()))

    def quarantined(self) -> list[QuarantinedFile]:
        """Return the files in quarantine, by path."""
        lists = self._all(lambda one: one.quarantined())
        return sorted((each for files in lists for each in files), key=lambda file: file.path)

    def damaged(self) -> list[PhotoFile]:
        """Return the photos whose files are only partly readable, by path."""
        lists = self._all(lambda one: one.damaged())
        return sorted((each for files in lists for each in files), key=lambda file: file.path)

    def category_counts(self, most: int) -> list[tuple[str, int]]:
        """Return categories and how many photos have each: the most first, equal ones by name."""
        totals = self._sums(lambda one: dict(one.category_counts(ALL)))
        return sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:most]

    def field_values(self, field: str, most: int = 1000) -> list[tuple[str, int]]:
        """Return values and how many photos have each, as `ServedIndex.field_values`."""
        checked_field(field)
        totals = self._sums(lambda one: dict(one.field_values(field, ALL)))
        return sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:most]

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, for those ids that have any."""

        def read(one: ServedIndex, ids: list[int]) -> list[tuple[TextLine, ...]]:
            lines = one.lines(ids)
            return [lines.get(image_id, ()) for image_id in ids]

        there = [int(i) for i in image_ids if 0 <= int(i) < len(self._members.places) * STRIDE]
        return {i: lines for i, lines in zip(there, self._of(there, read), strict=True) if lines}

    def coming_models(self) -> list[Model]:
        """Return the models that photos are being embedded with, besides the active one."""
        models = [each for models in self._all(lambda one: one.coming_models()) for each in models]
        return list({each.fingerprint: each for each in models}.values())

    def measured(self) -> Measured | None:
        """Return how vectors are searched: kinds, lowest recall, longest search, total build."""
        measurements = [each for each in self._all(lambda one: one.measured()) if each is not None]
        if not measurements:
            return None
        recalls = [each.recall_at_100 for each in measurements if each.recall_at_100 is not None]
        return Measured(
            " and ".join(sorted({each.kind for each in measurements})),
            min(recalls, default=None) if len(recalls) == len(measurements) else None,
            max(each.query_ms for each in measurements),
            sum(each.build_seconds for each in measurements),
        )

    def size_bytes(self) -> int:
        """Return the size of all together."""
        return sum(self._all(lambda one: one.size_bytes()))

    # How they are queried

    def _all(self, work: Callable[[ServedIndex], T]) -> list[T]:
        return list(self._members.ask(lambda _, one: work(one)).values())

    def _sums(self, work: Callable[[ServedIndex], dict[str, int]]) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for each in self._all(work):
            totals.update(each)
        return dict(totals)

    def _best(
        self, k: int, work: Callable[[ServedIndex, Allowed | None], TopK], within: Allowed | None
    ) -> TopK:
        """Return the k best of all results; equal ones in the order of the ids."""
        nothing = np.zeros(0, np.int64)

        def found(number: int, one: ServedIndex) -> TopK:
            return work(one, None if within is None else within.of.get(number, nothing))

        parts = self._members.ask(found)
        ids = np.concatenate([number * STRIDE + ids for number, (ids, _) in parts.items()])
        scores = np.concatenate([scores for _, scores in parts.values()])
        first = np.lexsort((ids, -scores))[: max(0, k)]
        return ids[first], scores[first]

    def _of(self, image_ids: Ids, work: Callable[[ServedIndex, list[int]], Sequence[T]]) -> list[T]:
        """Query each index about its own photos, and return the results in the order of the ids."""
        ids = [int(image_id) for image_id in image_ids]
        parts = divided(ids)
        by_member = self._members.ask(lambda number, one: work(one, parts[number]), parts)
        turns = {number: iter(each) for number, each in by_member.items()}
        return [next(turns[image_id // STRIDE]) for image_id in ids]

    def _known(
        self, image_ids: Ids, work: Callable[[ServedIndex, list[int]], Sequence[P]]
    ) -> list[P]:
        """Return the same as `_of`, without unknown photos, each with its id among all."""

        def there(one: ServedIndex, ids: list[int]) -> list[P | None]:
            known = {photo.image_id: photo for photo in work(one, ids)}
            return [known.get(image_id) for image_id in ids]

        most = len(self._members.places) * STRIDE
        asked = [int(image_id) for image_id in image_ids if 0 <= int(image_id) < most]
        return [
            replace(photo, image_id=image_id)
            for image_id, photo in zip(asked, self._of(asked, there), strict=True)
            if photo is not None
        ]
