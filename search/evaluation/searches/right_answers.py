"""The ground truth of an evaluation's queries: words with their photos, and foreign captions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.evaluation.evaluation import EvaluationError
from search.evaluation.named_collections import Captioned
from search.evaluation.searches.keyword_labels import Keyword, from_captions, from_instances

if TYPE_CHECKING:
    from fusion.data.features import PairData

__all__ = ["CaptionTexts", "RightAnswers", "foreign_captions", "keywords_of", "read_categories"]

Rows = NDArray[np.int64]


class CaptionTexts(NamedTuple):
    """Captions used as queries."""

    texts: Sequence[str]
    photos: Rows
    """(M,) int64, the photo of each caption: its row if it is in the collection."""
    caption_ids: Rows
    """(M,) int64."""

    def drawn(self, most: int, seed: int) -> CaptionTexts:
        """Return at most `most` of them, drawn at random, in their order."""
        if len(self.texts) <= most:
            return self
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.texts))[:most])
        return CaptionTexts(
            [self.texts[row] for row in rows], self.photos[rows], self.caption_ids[rows]
        )


class RightAnswers(NamedTuple):
    """The ground truth for queries of a collection."""

    labels_from: str
    """Source of the labels of words, instances or captions."""
    keywords: list[Keyword]
    foreign: CaptionTexts
    """Captions of photos of other collections; none if there is no other one."""


def read_categories(collection: Captioned) -> Mapping[str, Sequence[str]] | None:
    """Return a file's name to its annotated categories; None if the collection has no instances.

    Raises:
        SourceError: the instances file is no COCO file.
        EvaluationError: it has no categories, such as a captions file.
    """
    if collection.instances is None:
        return None
    from indexer.sources import CocoSource

    source = CocoSource(collection.instances)
    if not any(source.categories.values()):
        raise EvaluationError(
            f"{collection.instances} has no categories: --instances expects a COCO file with "
            "categories, or none for a collection that has no such file"
        )
    return source.categories


def keywords_of(
    data: PairData, images: Path, categories: Mapping[str, Sequence[str]] | None
) -> tuple[str, list[Keyword]]:
    """Return the source of the words, and the words with their labels for each photo.

    Words come from instances if there are any, else from captions.

    Raises:
        EvaluationError: the instances are of other photos.
    """
    if categories is None:
        return "captions", from_captions(data.captions.texts, data.captions.photo_rows)
    keywords = from_instances(data.photos.paths, images, categories)
    if not keywords:
        raise EvaluationError(
            f"the instances given for {images} name none of its {len(data.photos.paths)} photos: "
            "the n-th --instances belong to the n-th --images"
        )
    return "instances", keywords


def foreign_captions(data: PairData, collections: Sequence[PairData]) -> CaptionTexts:
    """Return the captions of all photos that are not among those of a collection."""
    here = {os.path.abspath(path) for path in data.photos.paths}
    texts: list[str] = []
    photos: list[int] = []
    caption_ids: list[int] = []
    numbers: dict[str, int] = {}
    for other in collections:
        paths = [os.path.abspath(path) for path in other.photos.paths]
        for row, text, caption_id in zip(
            other.captions.photo_rows, other.captions.texts, other.captions.caption_ids, strict=True
        ):
            if paths[row] not in here:
                texts.append(text)
                photos.append(numbers.setdefault(paths[row], len(numbers)))
                caption_ids.append(int(caption_id))
    return CaptionTexts(texts, np.array(photos, np.int64), np.array(caption_ids, np.int64))
