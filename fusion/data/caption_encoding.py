"""Captions encoded in batches of similar length, as arrays of words and a mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fusion.data.features import CaptionFeatures
from fusion.encoders import Encoders
from fusion.encoders.encoder import WordFeatures

__all__ = ["MAX_WORDS", "batches", "encode_captions", "encoded_texts", "fill_words"]

TEXT_BATCH = 64


MAX_WORDS = 32


def batches(count: int, size: int) -> Iterator[slice]:
    """Return slices of a given size that cover rows 0 to count - 1; the last may be shorter."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def encoded_texts(
    encoders: Encoders, texts: Sequence[str]
) -> Iterator[tuple[list[int], WordFeatures]]:
    """Encode texts in batches of similar length, to reduce padding; yields rows and features."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for part in batches(len(texts), TEXT_BATCH):
        rows = order[part]
        yield rows, clip_words(encoders.text.encode_texts([texts[row] for row in rows]))


def fill_words(
    arrays: Mapping[str, NDArray[np.float16]],
    mask: NDArray[np.bool_],
    rows: list[int],
    features: WordFeatures,
) -> None:
    """Write the words of the texts `rows` into the arrays, and their mask into `mask`."""
    length = features.mask.shape[1]
    arrays["words"][rows, :length] = features.features.cpu().numpy()
    if "lower" in arrays and features.lower is not None:
        arrays["lower"][rows, :length] = features.lower.cpu().numpy()
    mask[rows, :length] = features.mask.cpu().numpy()


def encode_captions(
    encoders: Encoders,
    texts: Sequence[str],
    caption_ids: NDArray[np.int64],
    photo_rows: NDArray[np.int64],
) -> CaptionFeatures:
    """Return features of texts that are in no captions file, in the form of `cache_features`.

    Args:
        encoders: the encoders.
        texts: M texts, at least one.
        caption_ids: (M,) int64, distinct ids.
        photo_rows: (M,) int64, the row of each text's photo.
    """
    shape = (len(texts), MAX_WORDS, encoders.text.dim)
    arrays = {"words": np.zeros(shape, np.float16)}
    if encoders.text.top_layers() is not None:
        arrays["lower"] = np.zeros(shape, np.float16)
    mask = np.zeros(shape[:2], bool)
    for rows, features in encoded_texts(encoders, texts):
        fill_words(arrays, mask, rows, features)
    return CaptionFeatures(
        caption_ids, photo_rows, list(texts), arrays["words"], mask, arrays.get("lower")
    )


def clip_words(features: WordFeatures) -> WordFeatures:
    """Keep the first `MAX_WORDS` words of each text."""
    lower = None if features.lower is None else features.lower[:, :MAX_WORDS]
    return replace(
        features,
        features=features.features[:, :MAX_WORDS],
        mask=features.mask[:, :MAX_WORDS],
        lower=lower,
    )
