"""Training data in memory, whitened, and the batches drawn from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.features import PairData
from fusion.network import Network

__all__ = ["TrainingSet", "hard_batches", "split_photos"]


@dataclass(frozen=True)
class TrainingSet:
    """What the loops read of a collection: N photos, M captions, whitened once.

    Attributes:
        cells: (N, R, C) float16.
        summary: (N, P) float16.
        words: (M, T, Dt) float16, as the frozen encoder gives them.
        lower: (M, T, Dt) float16, what the tuned layers read; the words where none are tuned.
        mask: (M, T) bool.
        captions_of: (N, S) int64: rows of each photo's captions, repeated where it has fewer.
    """

    cells: Tensor
    summary: Tensor
    words: Tensor
    lower: Tensor
    mask: Tensor
    captions_of: Tensor

    @classmethod
    def of(cls, network: Network, data: PairData) -> TrainingSet:
        """Whiten and load a collection; every photo of it must have a caption."""
        cells, summary = [], []
        for start in range(0, len(data.photos.regions), 500):
            rows = slice(start, start + 500)
            found = network.whitening.photos(
                torch.from_numpy(np.asarray(data.photos.regions[rows], np.float32)),
                torch.from_numpy(np.asarray(data.photos.pooled[rows], np.float32)),
            )
            cells.append(found[0].half())
            summary.append(found[1].half())
        words = torch.from_numpy(np.array(data.captions.words))
        lower = words
        if network.tower is not None:
            if data.captions.lower is None:
                raise ValueError("the text encoder gives no lower states to tune layers on")
            lower = torch.from_numpy(np.array(data.captions.lower))
        return cls(
            torch.cat(cells),
            torch.cat(summary),
            words,
            lower,
            torch.from_numpy(np.array(data.captions.mask)),
            captions_table(data.captions.photo_rows, len(data.photos.regions)),
        )

    def images(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Cells (B, R, C), their mask (B, R) and the summary (B, P) of photos."""
        cells = self.cells[rows].float()
        return cells, torch.ones(cells.shape[:2], dtype=torch.bool), self.summary[rows].float()

    def texts(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the first stage reads: (B, T, Dt) and mask (B, T), cut to the longest caption."""
        return self.cut(self.lower, rows)

    def frozen_texts(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the re-ranker reads: (B, T, Dt) and mask (B, T), cut to the longest caption."""
        return self.cut(self.words, rows)

    def cut(self, words: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Take captions `rows` of (M, T, Dt), without columns that are padding only."""
        mask = self.mask[rows]
        longest = int(mask.sum(1).max())
        return words[rows, :longest].float(), mask[:, :longest]

    def draw_captions(self, photos: Tensor, count: int) -> Tensor:
        """`count` different captions of each photo where it has as many: (B,) -> (count, B)."""
        slots = torch.rand(len(photos), self.captions_of.shape[1]).argsort(1)[:, :count]
        return self.captions_of[photos.unsqueeze(1), slots].T


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


def split_photos(photos: int, held_out: int, seed: int) -> tuple[Tensor, Tensor]:
    """Rows to train on and rows held out to calibrate on, both sorted: -> (N - H,), (H,)."""
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(seed))
    return order[held_out:].sort().values, order[:held_out].sort().values


def plain_batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Shuffled batches of `size`; the last, smaller one is left out unless it is the only one."""
    order = rows[torch.randperm(len(rows))]
    whole = max(len(rows) - size + 1, 1)
    return (order[start : start + size] for start in range(0, whole, size))


def hard_batches(rows: Tensor, rivals: Tensor, size: int) -> Iterator[Tensor]:
    """Batches in which photos meet their mined rivals.

    Args:
        rows: (N,) photos to draw from.
        rivals: (N, K) for each of them the photos that the first stage confuses with it.
        size: photos in a batch, a quarter of them seeds and the rest drawn from the seeds' rivals.
    """
    order = torch.randperm(len(rows))
    seeds = max(size // 4, 1)
    for start in range(0, max(len(rows) - size + 1, 1), size):
        chosen = order[start : start + size][:seeds]
        slots = torch.rand(len(chosen), rivals.shape[1]).argsort(1)[:, :4]
        batch = torch.cat([rows[chosen], rivals[chosen.unsqueeze(1), slots].flatten()]).unique()
        yield batch[torch.randperm(len(batch))][:size]
