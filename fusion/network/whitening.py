"""Whitens encoder features before any learnt layer, with statistics of training data."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fusion.data.features import PairData, word_summary

__all__ = ["Whitening"]

FITTED_ROWS = 6000
"""Photos and captions that the statistics are computed from; more make no visible difference."""


class Whitening(nn.Module):
    """Principal components of regions, and standardised summaries.

    Args:
        image_dim: D, width of a region.
        pooled_dim: P, width of a photo's summary.
        text_dim: Dt, width of a word.
        components: C, the number of directions kept of a region.
    """

    region_mean: Tensor
    region_map: Tensor
    pooled_mean: Tensor
    pooled_scale: Tensor
    words_mean: Tensor
    words_scale: Tensor
    word_scale: Tensor

    def __init__(self, image_dim: int, pooled_dim: int, text_dim: int, components: int) -> None:
        super().__init__()
        self.register_buffer("region_mean", torch.zeros(image_dim))
        self.register_buffer("region_map", torch.zeros(image_dim, components))
        self.register_buffer("pooled_mean", torch.zeros(pooled_dim))
        self.register_buffer("pooled_scale", torch.ones(pooled_dim))
        self.register_buffer("words_mean", torch.zeros(2 * text_dim))
        self.register_buffer("words_scale", torch.ones(2 * text_dim))
        self.register_buffer("word_scale", torch.ones(()))

    @torch.no_grad()
    def fit(self, data: PairData) -> None:
        """Compute the statistics of training data, without evaluated photos and captions."""
        rows = np.linspace(0, len(data.photos.regions) - 1, FITTED_ROWS).astype(int)
        regions = torch.from_numpy(data.photos.regions[np.unique(rows)]).float().flatten(0, 1)
        self.region_mean.copy_(regions.mean(0))
        centred = regions - self.region_mean
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        kept = self.region_map.shape[1]
        # One scale for all directions: full whitening would amplify noise in the last ones.
        scale = values[-kept:].mean().clamp_min(1e-12).rsqrt()
        self.region_map.copy_(vectors[:, -kept:].flip(1) * scale)
        pooled = torch.from_numpy(np.array(data.photos.pooled, np.float32))
        self.pooled_mean.copy_(pooled.mean(0))
        self.pooled_scale.copy_(1 / (pooled.std(0) + 1e-3))
        rows = np.unique(np.linspace(0, len(data.captions.texts) - 1, FITTED_ROWS).astype(int))
        words = torch.from_numpy(data.captions.words[rows]).float()
        mask = torch.from_numpy(data.captions.mask[rows])
        self.word_scale.copy_(1 / words[mask].std().clamp_min(1e-6))
        summary = word_summary(words * self.word_scale, mask)
        self.words_mean.copy_(summary.mean(0))
        self.words_scale.copy_(1 / (summary.std(0) + 0.02))

    def photos(self, regions: Tensor, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, R, D), (B, P) to cells (B, R, C) and summary (B, P), both near unit variance."""
        cells = (regions - self.region_mean) @ self.region_map
        return cells, (pooled - self.pooled_mean) * self.pooled_scale

    def texts(self, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, T, Dt), (B, T) to words (B, T, Dt) and summary (B, 2 Dt)."""
        scaled = words * self.word_scale
        return scaled, (word_summary(scaled, mask) - self.words_mean) * self.words_scale
