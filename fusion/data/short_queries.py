"""Queries as people type them, of one to three words, cut from training captions by rule.

A caption describes one photo, but a short query many. So the right answers to a short query are all
photos whose captions contain all of its words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.data.caption_encoding import encode_captions
from fusion.data.features import CaptionFeatures
from fusion.encoders import Encoders
from fusion.runtime.plurals import singular
from fusion.runtime.wording import canonical_query
from fusion.runtime.words import STOP_WORDS, words_in_order

__all__ = ["ShortQueries", "short_queries", "short_text"]

LONGEST = 3


def short_text(caption: str, row: int) -> str:
    """Cut one to three consecutive content words out of a caption, in their canonical form.

    Args:
        caption: the caption of a photo.
        row: the caption's row; it seeds the random cut, together with the caption.

    Returns:
        The query; empty if the caption has no content word.

    >>> short_text("It is a dog .", 0)
    'dog'
    """
    content = [word for word in words_in_order(caption) if word not in STOP_WORDS]
    if not content:
        return ""
    chance = random.Random(f"{caption} {row}")
    count = min(chance.randint(1, LONGEST), len(content))
    start = chance.randint(0, len(content) - count)
    return canonical_query(" ".join(content[start : start + count]))


def _said(text: str) -> set[str]:
    return {singular(word, "") for word in words_in_order(text)}


@dataclass(frozen=True)
class ShortQueries:
    """A short query for each of M captions, and the words in the captions of N photos.

    Attributes:
        features: features of the U distinct queries.
        of_caption: (M,) int64, the query that was cut from each caption; -1 for none.
        asked: (U, V) bool, the words of each query.
        said: (N, V) bool, the words that occur in any caption of each photo.
    """

    features: CaptionFeatures
    of_caption: Tensor
    asked: Tensor
    said: Tensor

    def positive(self, queries: Tensor, photos: Tensor) -> Tensor:
        """Return which of B photos each of Q queries is true of: (Q,), (B,) -> (Q, B) bool."""
        missing = self.asked[queries].float() @ (~self.said[photos]).float().T
        return missing == 0


def short_queries(encoders: Encoders, captions: CaptionFeatures, photos: int) -> ShortQueries:
    """Cut the short queries of a collection and encode them.

    Args:
        encoders: the encoders that the collection was encoded with.
        captions: M captions.
        photos: N, the number of photos.
    """
    cut = [short_text(text, row) for row, text in enumerate(captions.texts)]
    texts = sorted({text for text in cut if text})
    place = {text: row for row, text in enumerate(texts)}
    count = np.arange(len(texts))
    features = encode_captions(encoders, texts, count, np.zeros_like(count))
    words = sorted({word for text in texts for word in _said(text)})
    column = {word: number for number, word in enumerate(words)}
    query_table = _table(texts, range(len(texts)), column, len(texts))
    caption_table = _table(captions.texts, captions.photo_rows.tolist(), column, photos)
    of_caption = torch.tensor([place.get(text, -1) for text in cut])
    return ShortQueries(features, of_caption, query_table, caption_table)


def _table(texts: Sequence[str], rows: Sequence[int], column: dict[str, int], count: int) -> Tensor:
    table = torch.zeros(count, len(column), dtype=torch.bool)
    for row, text in zip(rows, texts, strict=True):
        table[row, [column[word] for word in _said(text) if word in column]] = True
    return table
