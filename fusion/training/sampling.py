"""Training data in memory and the batches drawn from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.data.features import CaptionFeatures, PairData, PhotoInput, photo_input, text_input
from fusion.data.short_queries import ShortQueries
from fusion.graphs.adjacency import drop_nodes
from fusion.network.node_reader import NodeReader, TextNodes

__all__ = [
    "TrainingSet",
    "held_out",
    "held_out_of",
    "plain_batches",
    "random_photos",
    "read_by_length",
    "shown_twice",
    "similar_groups",
    "split_collections",
    "split_photos",
    "vary_maps",
]

SMALL = 2
"""A collection with fewer photos than the largest one has, divided by this, is shown twice per
epoch."""
DRAW_SEED = 29
"""Constant, unlike a run's own seed, so that all draws come from one order of the photos."""
PLAIN_VIEW = 0.3
"""Probability of showing a photo as it is instead of drawing one of all its views."""
LENGTHS = 4
"""Number of parts, by length, in which a batch of captions is encoded."""
SMALLEST_WINDOW = 0.8
"""Smallest share of a map's side that is cut out for a batch."""


@dataclass(frozen=True)
class TrainingSet:
    """A collection as the training loops read it: N photos, M captions.

    Attributes:
        data: the features.
        captions_of: (N, S) int64: rows of each photo's captions, repeated where it has fewer.
        shorts: the short queries of the captions; None to train on captions alone.
        classes: (N, K) float16, how likely each photo shows each class, by the image encoder's own
            classifier; None if the encoder has no classifier or is not tuned.
    """

    data: PairData
    captions_of: Tensor
    shorts: ShortQueries | None = None
    classes: Tensor | None = None

    @classmethod
    def of(
        cls, data: PairData, shorts: ShortQueries | None = None, classes: Tensor | None = None
    ) -> TrainingSet:
        """Return the training set of a collection, in which every photo must have a caption."""
        table = captions_table(data.captions.photo_rows, len(data.photos.regions))
        return cls(data, table, shorts, classes)

    def photos(self, rows: Tensor) -> PhotoInput:
        """Return the photos `rows` (B,), each in a random view where there are several.

        Maps for tuned blocks are augmented further, by `vary_maps`.
        """
        views = max(len(self.data.photos.maps), len(self.data.photos.views) + 1)
        shown = torch.zeros_like(rows)
        if views > 1:
            others = torch.randint(0, views, rows.shape)
            shown = torch.where(torch.rand(rows.shape) < PLAIN_VIEW, 0, others)
        photos = photo_input(self.data.photos, rows, shown)
        if photos.lower is not None:
            photos = photos._replace(lower=vary_maps(photos.lower))
        return photos

    def texts(self, reader: NodeReader, rows: Tensor, hidden: float = 0.0) -> TextNodes:
        """Read the captions `rows` (B,), padded to the longest; hide a random share of words."""
        return read_by_length(reader, self.data.captions, rows, hidden)

    def draw_shorts(self, captions: Tensor) -> Tensor:
        """Return rows of the short queries of captions (B,): (Q,), leaving out captions without."""
        if self.shorts is None:
            return captions[:0]
        drawn = self.shorts.of_caption[captions]
        return drawn[drawn >= 0]

    def draw_captions(self, photos: Tensor, count: int) -> Tensor:
        """Draw `count` captions of each photo: (B,) -> (count, B).

        They are sure to differ only where the photo has S captions, since others are repeated.
        """
        slots = torch.rand(len(photos), self.captions_of.shape[1]).argsort(1)[:, :count]
        return self.captions_of[photos.unsqueeze(1), slots].T


def read_by_length(
    reader: NodeReader, captions: CaptionFeatures, rows: Tensor, hidden: float
) -> TextNodes:
    """Read captions in parts of similar lengths, so that tuned layers process little padding."""
    lengths = torch.from_numpy(captions.mask[rows.numpy()].sum(1))
    parts = lengths.argsort(stable=True).chunk(LENGTHS)
    read = []
    for part in parts:
        inputs = text_input(captions, rows[part])
        read.append(reader.texts(inputs._replace(mask=drop_nodes(inputs.mask, hidden))))
    longest = max(each.words.shape[1] for each in read)
    back = torch.cat(parts).argsort()

    def together(field: int) -> Tensor:
        padded = [functional.pad(each[field], _beside(each[field], longest)) for each in read]
        return torch.cat(padded)[back.to(padded[0].device)]

    summary = torch.cat([each.summary for each in read])
    return TextNodes(together(0), together(1), summary[back.to(summary.device)])


def _beside(nodes: Tensor, longest: int) -> tuple[int, ...]:
    """Return the argument of `pad` that brings (B, T, ...) to T = longest."""
    return (*(0, 0) * (nodes.ndim - 2), 0, longest - nodes.shape[1])


def vary_maps(maps: Tensor) -> Tensor:
    """Mirror about half of the square maps, and cut the same square window out of all of them.

    This costs next to nothing, whereas a view costs a run of the encoder. Shapes:
    (B, side, side, C) -> (B, window, window, C), the window being at least 0.8 of the side.
    """
    mirrored = torch.rand(len(maps), 1, 1, 1) < 0.5
    varied = torch.where(mirrored, maps.flip(2), maps)
    side = maps.shape[1]
    window = int(torch.randint(math.ceil(SMALLEST_WINDOW * side), side + 1, ()))
    for dim in (1, 2):
        varied = varied.narrow(dim, int(torch.randint(0, side - window + 1, ())), window)
    return varied


def captions_table(photo_rows: np.ndarray, photos: int) -> Tensor:
    """Return rows of each photo's captions: (M,) -> (N, S), cycled where there are fewer than S.

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
    """Return how many training photos are held out for calibration: a tenth, at most 400."""
    return held_out(len(train.photos.regions))


def held_out(photos: int) -> int:
    """Return how many of so many photos are held out: a tenth, at most 400."""
    return min(400, photos // 10)


def random_photos(photos: int, count: int) -> Tensor:
    """Return sorted rows of `count` random photos; a larger draw includes every smaller one.

    >>> random_photos(9, 3), random_photos(9, 5)
    (tensor([3, 4, 5]), tensor([1, 3, 4, 5, 6]))
    """
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(DRAW_SEED))
    return order[:count].sort().values


def split_photos(photos: int, held_out: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return rows to train on and rows held out for calibration, both sorted: (N - H,), (H,)."""
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(seed))
    return order[held_out:].sort().values, order[:held_out].sort().values


def split_collections(
    names: Sequence[str], sizes: Sequence[int], seed: int
) -> tuple[Tensor, list[Tensor]]:
    """Hold photos of each collection out of training, for the fits that follow it.

    A photo may be in several collections, at different sizes. If it is held out of one of them, it
    is not trained on in any; file names decide which photos are the same.

    Args:
        names: the photos' file names, one collection after the other.
        sizes: number of photos in each collection.
        seed: seeds the draw.

    Returns:
        Rows to train on, and for each collection the rows held out of it, all sorted.
    """
    starts = np.cumsum([0, *sizes])
    held = [
        split_photos(size, held_out(size), seed)[1] + start
        for size, start in zip(sizes, starts.tolist(), strict=False)
    ]
    known = {names[row] for rows in held for row in rows.tolist()}
    kept = [row for row, name in enumerate(names) if name not in known]
    return torch.tensor(kept, dtype=torch.long), held


def shown_twice(rows: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return rows to train on, with those of collections much smaller than the largest repeated.

    >>> shown_twice(torch.tensor([0, 1, 2, 3]), [3, 1]).tolist()
    [0, 1, 2, 3, 3]
    """
    ends = torch.tensor(sizes).cumsum(0)
    small = torch.tensor([size < max(sizes) / SMALL for size in sizes])
    place = torch.searchsorted(ends, rows, right=True)
    return torch.cat([rows, rows[small[place]]])


def plain_batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Return shuffled batches of `size`, without a last, smaller one unless it is the only one."""
    order = rows[torch.randperm(len(rows))]
    whole = max(len(rows) - size + 1, 1)
    return (order[start : start + size] for start in range(0, whole, size))


def similar_groups(vectors: Tensor, size: int) -> list[Tensor]:
    """Split a batch into groups of similar photos: a random one and those nearest to it.

    Args:
        vectors: (B, D) float32 of unit length.
        size: number of photos in a group; the last group may have fewer.

    Returns:
        Row numbers for each group; each of the B rows is in exactly one group.
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
