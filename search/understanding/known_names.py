"""The names that a collection knows, looked up by their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from search.understanding.chips import ChipKind
from search.understanding.name_words import name_key

__all__ = ["FIELDS_OF_KINDS", "KnownName", "NameBook", "quoted"]

FIELDS_OF_KINDS = {
    ChipKind.person: "person",
    ChipKind.place: "place",
    ChipKind.album: "album",
    ChipKind.camera: "camera",
    ChipKind.tag: "tag",
}
"""The filter field that holds the names of a kind."""

LONGEST_NAME = 8
"""Limit on the words of a name that are compared; longer names are not found."""

BY_PARTS = (ChipKind.person, ChipKind.camera)
"""Kinds whose names may be abbreviated: "Anna" for Anna Smith, "iPhone 13" for Apple iPhone 13."""


@dataclass(frozen=True)
class KnownName:
    """A name of the collection.

    Attributes:
        kind: what it names.
        name: the name as in the index.
        photos: number of photos that have it.
    """

    kind: ChipKind
    name: str
    photos: int

    @property
    def where(self) -> str:
        """Return the filter that its photos pass.

        >>> KnownName(ChipKind.person, "Pat O'Brien", 3).where
        "person = 'Pat O''Brien'"
        """
        return f"{FIELDS_OF_KINDS[self.kind]} = {quoted(self.name)}"


@dataclass(frozen=True)
class NameBook:
    """Names by their words, and the years of the photos.

    Attributes:
        names: the names by their words, or some of them, joined by blanks.
        years: the first and the last year of the photos; None if no photo has a date.
    """

    names: Mapping[str, tuple[KnownName, ...]] = field(default_factory=dict)
    years: tuple[int, int] | None = None

    @classmethod
    def of(
        cls,
        values: Mapping[ChipKind, Iterable[tuple[str, int]]],
        photos: int,
        years: tuple[int, int] | None = None,
    ) -> NameBook:
        """Return the book of the names that an index knows.

        A folder that contains all photos says nothing, and is left out.

        Args:
            values: for each kind, names and how many photos have each.
            photos: number of photos in the index.
            years: as in the class.

        >>> book = NameBook.of({ChipKind.camera: [("Apple iPhone 13", 2)]}, 9)
        >>> [len(book.starting(words.split())) for words in ("iphone 13 dog", "apple", "dog")]
        [2, 1, 0]
        """
        found: dict[str, dict[KnownName, None]] = {}
        for kind, named in values.items():
            for name, count in named:
                known = KnownName(kind, name, count)
                if kind is not ChipKind.album or count < photos:
                    for key in _keys(known):
                        found.setdefault(key, {})[known] = None
        return cls({key: tuple(names) for key, names in found.items()}, years)

    def starting(self, words: Sequence[str]) -> list[tuple[int, tuple[KnownName, ...]]]:
        """Return the names that words begin with, and their numbers of words; longest first."""
        found = []
        for length in range(min(LONGEST_NAME, len(words)), 0, -1):
            names = self.names.get(" ".join(words[:length]))
            if names:
                found.append((length, names))
        return found


def quoted(value: str) -> str:
    """Return a filter's value in quotes."""
    return "'" + value.replace("'", "''") + "'"


def _keys(known: KnownName) -> Iterator[str]:
    words = name_key(known.name)
    if not words or len(words) > LONGEST_NAME:
        return
    if known.kind not in BY_PARTS:
        yield " ".join(words)
        return
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            yield " ".join(words[start:end])
