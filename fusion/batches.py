"""Training data in memory and the batches drawn from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.features import PairData, photo_input, text_input
from fusion.graphs import drop_nodes
from fusion.reader import ImageNodes, Reader, TextNodes

__all__ = [
    "TrainingSet",
    "held_out_of",
    "plain_batches",
    "random_photos",
    "similar_groups",
    "split_photos",
    "vary_maps",
]

DRAW_SEED = 29
"""Constant, unlike a run's own seed, so that all draws come from one order of the photos."""
PLAIN_VIEW = 0.3
"""Share of photos that a batch shows as they are, where there are other views of them."""
SMALLEST_WINDOW = 0.8
"""The least part of a map's side that a batch is shown."""


@dataclass(frozen=True)
class TrainingSet:
    """What the loops read of a collection: N photos, M captions.

    Attributes:
        data: the features.
        captions_of: (N, S) int64: rows of each photo's captions, repeated where it has fewer.
    """

    data: PairData
    captions_of: Tensor

    @classmethod
    def of(cls, data: PairData) -> TrainingSet:
        """Take a collection; every photo of it must have a caption."""
        return cls(data, captions_table(data.captions.photo_rows, len(data.photos.regions)))

    def images(self, reader: Reader, rows: Tensor) -> ImageNodes:
        """Read the photos `rows` (B,), a random view of each where there are several.

        Maps for tuned blocks are varied once more, by `vary_maps`.
        """
        views = len(self.data.photos.maps)
        shown = torch.zeros_like(rows)
        if views > 1:
            others = torch.randint(0, views, rows.shape)
            shown = torch.where(torch.rand(rows.shape) < PLAIN_VIEW, 0, others)
        found = photo_input(self.data.photos, rows, shown)
        if found.lower is not None:
            found = found._replace(lower=vary_maps(found.lower))
        return reader.photos(found)

    def texts(self, reader: Reader, rows: Tensor, hidden: float = 0.0) -> TextNodes:
        """Read the captions `rows` (B,), cut to the longest, a random share of words `hidden`."""
        found = text_input(self.data.captions, rows)
        return reader.texts(found._replace(mask=drop_nodes(found.mask, hidden)))

    def draw_captions(self, photos: Tensor, count: int) -> Tensor:
        """`count` different captions of each photo where it has as many: (B,) -> (count, B)."""
        slots = torch.rand(len(photos), self.captions_of.shape[1]).argsort(1)[:, :count]
        return self.captions_of[photos.unsqueeze(1), slots].T


def vary_maps(maps: Tensor) -> Tensor:
    """Mirror about half of the square maps and cut one square window out of all of them.

    This costs nothing, where a view costs a run of the encoder. Shapes: (B, side, side, C) ->
    (B, window, window, C), the window being at least 0.8 of the side.
    """
    mirrored = torch.rand(len(maps), 1, 1, 1) < 0.5
    varied = torch.where(mirrored, maps.flip(2), maps)
    side = maps.shape[1]
    window = int(torch.randint(math.ceil(SMALLEST_WINDOW * side), side + 1, ()))
    for dim in (1, 2):
        varied = varied.narrow(dim, int(torch.randint(0, side - window + 1, ())), window)
    return varied


def captions_table(photo_rows: np.ndarray, photos: int) -> Tensor:
    """Rows of each photo's captions: (M,) -> (N, S), cycled where a photo has fewer than S.

    >>> captions_table(np.array([0, 1, 0]), 2)
    tensor([[0, 2],
            [1, 1]])
    """
    order = np.argsort(photo_rows, kind="stable")
    counts = np.bincount(photo_rows, minlength=photos)
    starts = np.cumsum(counts) - counts
    slots = np.arange(counts.max())[None, :] % np.maximum(counts, 1)[:, None]
    return torch.from_numpy(order[starts[:, None] + slots])


def held_out_of(train: PairData) -> int:
    """How many training photos are held out to calibrate on: 400, or a tenth of a small set."""
    return min(400, len(train.photos.regions) // 10)


def random_photos(photos: int, count: int) -> Tensor:
    """Rows of `count` photos drawn at random, sorted; a larger draw has all of a smaller one.

    >>> random_photos(9, 3), random_photos(9, 5)
    (tensor([3, 4, 5]), tensor([1, 3, 4, 5, 6]))
    """
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(DRAW_SEED))
    return order[:count].sort().values


def split_photos(photos: int, held_out: int, seed: int) -> tuple[Tensor, Tensor]:
    """Rows to train on and rows held out to calibrate on, both sorted: -> (N - H,), (H,)."""
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(seed))
    return order[held_out:].sort().values, order[:held_out].sort().values


def plain_batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Shuffled batches of `size`; the last, smaller one is left out unless it is the only one."""
    order = rows[torch.randperm(len(rows))]
    whole = max(len(rows) - size + 1, 1)
    return (order[start : start + size] for start in range(0, whole, size))


def similar_groups(vectors: Tensor, size: int) -> list[Tensor]:
    """Split a batch into groups of like photos, each a random seed and what is nearest to it.

    Args:
        vectors: (B, D) float32 of unit length.
        size: rows in a group; the last one may have fewer.

    Returns:
        Row numbers, each of the B in one group.
    """
    similarity = vectors @ vectors.T
    left = torch.ones(len(vectors), dtype=torch.bool, device=vectors.device)
    groups = []
    while left.any():
        free = left.nonzero().squeeze(1)
        seed = free[torch.randint(len(free), ())]
        nearest = similarity[seed].masked_fill(~left, -torch.inf)
        group = nearest.topk(min(size, len(free))).indices
        left[group] = False
        groups.append(group)
    return groups
