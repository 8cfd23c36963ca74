"""A captioned collection as arrays: the features of photos and captions that models read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.graphs.pooling import masked_max, masked_mean

__all__ = [
    "CaptionFeatures",
    "PairData",
    "PhotoFeatures",
    "PhotoInput",
    "TextInput",
    "joined",
    "photo_features",
    "photo_input",
    "some_captions",
    "subset",
    "text_input",
    "word_summary",
]

REGION_SIDE = 5


@dataclass(frozen=True)
class PhotoFeatures:
    """Features of N photos."""

    image_ids: NDArray[np.int64]
    paths: list[str]
    regions: NDArray[np.float16]
    """(N, R, D): the encoder's grid, averaged to at most 5 x 5 cells."""
    pooled: NDArray[np.float16]
    """(N, 2 D): mean and maximum of the whole grid."""
    maps: tuple[NDArray[np.float16], ...] = ()
    """Each (N, rows, columns, C): the input of the image encoder's last blocks, first for the
    photos themselves and then for other views of them. Empty for an encoder without such blocks."""
    views: tuple[tuple[NDArray[np.float16], NDArray[np.float16]], ...] = ()
    """`regions` and `pooled` of other views of the photos, for training with a frozen image
    encoder."""


@dataclass(frozen=True)
class CaptionFeatures:
    """Features of M captions, and the row of each caption's photo."""

    caption_ids: NDArray[np.int64]
    photo_rows: NDArray[np.int64]
    texts: list[str]
    words: NDArray[np.float16]
    """(M, T, D), zero at padding."""
    mask: NDArray[np.bool_]
    """(M, T), true where there is a word."""
    lower: NDArray[np.float16] | None = None
    """(M, T, D): the input of the text encoder's tunable layers; None if it has none."""


@dataclass(frozen=True)
class PairData:
    """A captioned collection as features."""

    photos: PhotoFeatures
    captions: CaptionFeatures


class PhotoInput(NamedTuple):
    """The image encoder's output for B photos: `regions` and `pooled`, or `lower`."""

    regions: Tensor | None = None
    """(B, R, D) float32, the cells of its grid."""
    pooled: Tensor | None = None
    """(B, P) float32, their summary."""
    lower: Tensor | None = None
    """(B, rows, columns, C) float32, the input of the last blocks, for a reader that tunes them."""


class TextInput(NamedTuple):
    """The text encoder's output for B texts."""

    mask: Tensor
    """(B, T) bool, true where there is a word."""
    words: Tensor
    """(B, T, Dt) float32."""
    lower: Tensor | None = None
    """(B, T, Dt) float32, the input of the last layers, for a reader that tunes them."""


def subset(data: PairData, rows: Tensor, *, views: int = 1) -> PairData:
    """Return the photos `rows` (K,) of a collection, in their first `views`, and their captions.

    All of it is copied into memory: about 385 kB per photo with the packaged encoders, and 70 kB
    more for each further view, so the default is the photos themselves without other views.
    """
    chosen = rows.numpy()
    position = np.full(len(data.photos.regions), -1)
    position[chosen] = np.arange(len(chosen))
    kept = np.flatnonzero(position[data.captions.photo_rows] >= 0)
    photos = replace(
        data.photos,
        image_ids=data.photos.image_ids[chosen],
        paths=[data.photos.paths[row] for row in chosen],
        regions=data.photos.regions[chosen],
        pooled=data.photos.pooled[chosen],
        maps=tuple(maps[chosen] for maps in data.photos.maps[:views]),
        views=tuple(
            (regions[chosen], pooled[chosen])
            for regions, pooled in data.photos.views[: max(views - 1, 0)]
        ),
    )
    captions = some_captions(data.captions, kept)
    captions = replace(captions, photo_rows=position[captions.photo_rows])
    return PairData(photos, captions)


def joined(parts: Sequence[PairData]) -> PairData:
    """Concatenate collections into one; with more than one, all are copied into memory.

    Ids stay those of the collections and may repeat; the captions' rows of photos are shifted.
    """
    if len(parts) == 1:
        return parts[0]
    photos, captions = [part.photos for part in parts], [part.captions for part in parts]
    starts = np.cumsum([0, *(len(each.regions) for each in photos[:-1])])
    longest = max(each.mask.shape[1] for each in captions)
    lower = [each.lower for each in captions]
    return PairData(
        PhotoFeatures(
            np.concatenate([each.image_ids for each in photos]),
            [path for each in photos for path in each.paths],
            np.concatenate([each.regions for each in photos]),
            np.concatenate([each.pooled for each in photos]),
            tuple(np.concatenate(maps) for maps in zip(*(e.maps for e in photos), strict=True)),
            tuple(
                (np.concatenate([r for r, _ in views]), np.concatenate([p for _, p in views]))
                for views in zip(*(each.views for each in photos), strict=True)
            ),
        ),
        CaptionFeatures(
            np.concatenate([each.caption_ids for each in captions]),
            np.concatenate([e.photo_rows + s for e, s in zip(captions, starts, strict=True)]),
            [text for each in captions for text in each.texts],
            np.concatenate([_padded(each.words, longest) for each in captions]),
            np.concatenate([_padded(each.mask, longest) for each in captions]),
            np.concatenate([_padded(each, longest) for each in lower if each is not None])
            if all(each is not None for each in lower)
            else None,
        ),
    )


def _padded(array: NDArray[np.generic], length: int) -> NDArray[np.generic]:
    """Return rows (M, T, ...), padded with zeros to T = `length`."""
    wanted = [(0, 0), (0, length - array.shape[1]), *((0, 0),) * (array.ndim - 2)]
    return np.pad(array, wanted)


def some_captions(captions: CaptionFeatures, rows: NDArray[np.integer]) -> CaptionFeatures:
    """Return the captions `rows` (K,), in which a row may occur more than once."""
    lower = captions.lower
    return replace(
        captions,
        caption_ids=captions.caption_ids[rows],
        photo_rows=captions.photo_rows[rows],
        texts=[captions.texts[row] for row in rows],
        words=captions.words[rows],
        mask=captions.mask[rows],
        lower=None if lower is None else lower[rows],
    )


def photo_features(regions: Tensor) -> tuple[Tensor, Tensor]:
    """Return cells and summary of B photos with a square grid: (B, R, D) -> (B, R', D), (B, 2 D).

    The grid is averaged to at most 5 x 5 cells; the summary is its mean and maximum.
    """
    side = round(regions.shape[1] ** 0.5)
    cells = regions
    if side > REGION_SIDE:
        maps = regions.transpose(1, 2).unflatten(2, (side, side))
        cells = functional.adaptive_avg_pool2d(maps, REGION_SIDE).flatten(2).transpose(1, 2)
    return cells, torch.cat([regions.mean(1), regions.amax(1)], dim=1)


def word_summary(words: Tensor, mask: Tensor) -> Tensor:
    """Return the mean and maximum over the words: (B, T, D), (B, T) -> (B, 2 D)."""
    return torch.cat([masked_mean(words, mask), masked_max(words, mask)], dim=-1)


def photo_input(photos: PhotoFeatures, rows: Tensor, views: Tensor | None = None) -> PhotoInput:
    """Return a reader's input for some photos.

    Args:
        photos: N photos.
        rows: (B,) int64, the rows of the photos to take.
        views: (B,) int64, the number of the view to take of each, from `photos.maps` or, for a
            frozen encoder, from `photos.views`; None or 0 for the photos themselves.
    """
    regions, pooled = floats(photos.regions, rows), floats(photos.pooled, rows)
    if not photos.maps:
        for view, (other_regions, other_pooled) in enumerate(photos.views, start=1):
            shown = torch.zeros(0, dtype=torch.bool) if views is None else views == view
            if shown.any():
                regions[shown] = floats(other_regions, rows[shown])
                pooled[shown] = floats(other_pooled, rows[shown])
        return PhotoInput(regions, pooled, None)
    if views is None:
        return PhotoInput(regions, pooled, floats(photos.maps[0], rows))
    lower = torch.empty(len(rows), *photos.maps[0].shape[1:])
    for view, maps in enumerate(photos.maps):
        shown = views == view
        lower[shown] = floats(maps, rows[shown])
    return PhotoInput(regions, pooled, lower)


def text_input(captions: CaptionFeatures, rows: Tensor) -> TextInput:
    """Return a reader's input for the captions `rows` (B,), cut to the longest of them."""
    mask = torch.from_numpy(captions.mask[rows.numpy()])
    longest = int(mask.sum(1).max())
    words = floats(captions.words[:, :longest], rows)
    lower = None if captions.lower is None else floats(captions.lower[:, :longest], rows)
    return TextInput(mask[:, :longest], words, lower)


def floats(array: NDArray[np.float16], rows: Tensor) -> Tensor:
    """Return rows (B,) of an array, which may be memory-mapped, as float32."""
    return torch.from_numpy(np.asarray(array[rows.numpy()], np.float32))
