"""Queries of one word with what is true of each photo: categories of COCO, or nouns of captions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.evaluation.searches.nouns import count_nouns, singular_forms, words_of

__all__ = ["FEWEST_TRUE", "LEFT_OUT", "MOST_WORDS", "Keyword", "from_captions", "from_instances"]

LEFT_OUT = -1
FEWEST_TRUE = 5
MOST_WORDS = 80
"""As many as COCO has categories."""

Labels = NDArray[np.int8]


@dataclass(frozen=True)
class Keyword:
    """A query and what is right.

    Attributes:
        word: the query, such as "dog" or "hot dog".
        labels: (G,) int8, for each photo 1 where it is true, 0 where it is false, and `LEFT_OUT`
            where nobody can tell; at least one photo is true.
    """

    word: str
    labels: Labels

    @property
    def true(self) -> int:
        """How many photos it is true of."""
        return int((self.labels == 1).sum())

    @property
    def false(self) -> int:
        """How many photos it is false of."""
        return int((self.labels == 0).sum())


def from_instances(
    paths: Sequence[str], images: Path, categories: Mapping[str, Sequence[str]]
) -> list[Keyword]:
    """Return every category that a photo has; a photo is true if one of it is annotated there.

    Args:
        paths: (G,) of the photos.
        images: the folder that names of files are below.
        categories: name of a file to the names of what is on it (`indexer.sources.CocoSource`);
            photos that it lacks are left out.

    Returns:
        The keywords, those of most photos first; none where no photo is named.
    """
    labels = [categories.get(_name(path, images)) for path in paths]
    names = {name for each in labels if each is not None for name in each}
    keywords = [
        Keyword(
            name, np.array([LEFT_OUT if each is None else name in each for each in labels], np.int8)
        )
        for name in names
    ]
    return _sorted(keywords)


def from_captions(texts: Sequence[str], photo_rows: NDArray[np.int64]) -> list[Keyword]:
    """Return the nouns that most photos are true of, by what captions say.

    A photo is true if two of its captions say the word, in the singular or the plural, or its only
    one does; false if none does; and left out otherwise.

    Args:
        texts: (M,) captions.
        photo_rows: (M,) int64, the photo of each; every photo has one.

    Returns:
        At most `MOST_WORDS` keywords that at least `FEWEST_TRUE` photos are true of, and one is
        false of, those of most photos first.
    """
    nouns = count_nouns(texts)
    forms = singular_forms({word for text in texts for word in words_of(text)})
    captions = np.bincount(photo_rows)
    counts: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(len(captions), np.int64))
    for text, row in zip(texts, photo_rows, strict=True):
        for noun in nouns & {forms[word] for word in words_of(text)}:
            counts[noun][row] += 1
    needed = np.minimum(captions, 2)
    keywords = [
        Keyword(noun, np.where(times >= needed, 1, np.where(times == 0, 0, LEFT_OUT)).astype("i1"))
        for noun, times in counts.items()
    ]
    usual = [each for each in keywords if each.true >= FEWEST_TRUE and each.false]
    return _sorted(usual)[:MOST_WORDS]


def _sorted(keywords: Sequence[Keyword]) -> list[Keyword]:
    return sorted(keywords, key=lambda each: (-each.true, each.word))


def _name(path: str, images: Path) -> str:
    """Return the name of a photo as annotations have it."""
    relative = Path(path)
    return (
        relative.relative_to(images) if relative.is_relative_to(images) else relative
    ).as_posix()
