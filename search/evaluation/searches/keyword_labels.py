"""One-word queries with labels for each photo: categories of COCO, or nouns of captions."""

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
    """A query and its right answers.

    Attributes:
        word: the query, such as "dog" or "hot dog".
        labels: (G,) int8, 1 for a photo where it is true, 0 where it is false, and `LEFT_OUT` where
            that is unknown; at least one is true.
    """

    word: str
    labels: Labels

    @property
    def true(self) -> int:
        """The number of photos it is true of."""
        return int((self.labels == 1).sum())

    @property
    def false(self) -> int:
        """The number of photos it is false of."""
        return int((self.labels == 0).sum())


def from_instances(
    paths: Sequence[str], images: Path, categories: Mapping[str, Sequence[str]]
) -> list[Keyword]:
    """Return every category that a photo has; it is true of photos where one is annotated.

    Args:
        paths: (G,) paths of the photos.
        images: the folder that file names are relative to.
        categories: a file's name to the names of what it shows (`indexer.sources.CocoSource`);
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
    """Return the nouns that are true of the most photos, judged by captions.

    A word is true of a photo if two of its captions have it, in the singular or the plural, or its
    only caption does; false if none has it; otherwise the photo is left out.

    Args:
        texts: (M,) captions.
        photo_rows: (M,) int64, the photo of each; every photo has one.

    Returns:
        At most `MOST_WORDS` keywords that are true of at least `FEWEST_TRUE` photos and false of
        one, those of most photos first.
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
    """Return a photo's name as in annotations."""
    relative = Path(path)
    return (
        relative.relative_to(images) if relative.is_relative_to(images) else relative
    ).as_posix()
