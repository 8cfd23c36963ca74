"""From what the encoders give to the nodes that both graphs read: tuned layers, then one scale."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fusion.features import PhotoInput, TextInput, photo_features
from fusion.tower import TunedBlocks, TunedLayers
from fusion.whitening import Whitening

__all__ = ["ImageNodes", "Reader", "TextNodes"]


class ImageNodes(NamedTuple):
    """B photos as a graph reads them."""

    cells: Tensor
    """(B, R, C) float32."""
    mask: Tensor
    """(B, R) bool, all true."""
    summary: Tensor
    """(B, P) float32."""


class TextNodes(NamedTuple):
    """B texts as a graph reads them."""

    words: Tensor
    """(B, T, Dt) float32."""
    mask: Tensor
    """(B, T) bool."""
    summary: Tensor
    """(B, 2 Dt) float32."""


class Reader(nn.Module):
    """Tuned encoder layers, where there are any, and whitening.

    Args:
        whitening: fitted on the frozen encoders' features.
        blocks: the image encoder's last blocks to tune; None where it stays frozen.
        layers: the text encoder's last layers to tune; None where it stays frozen.
    """

    def __init__(
        self, whitening: Whitening, blocks: nn.Sequential | None, layers: nn.ModuleList | None
    ) -> None:
        super().__init__()
        self.whitening = whitening
        self.blocks = TunedBlocks(blocks) if blocks is not None else None
        self.layers = TunedLayers(layers) if layers is not None else None

    def photos(self, found: PhotoInput) -> ImageNodes:
        """Read B photos.

        Raises:
            ValueError: the form that this reader needs is None.
        """
        regions, pooled, lower = found
        if self.blocks is not None:
            if lower is None:
                raise ValueError("the tuned blocks read lower maps, which these features lack")
            regions, pooled = photo_features(self.blocks(self.here(lower)).float())
        if regions is None or pooled is None:
            raise ValueError("expected regions and their summary, found None")
        cells, summary = self.whitening.photos(self.here(regions), self.here(pooled))
        real = torch.ones(cells.shape[:2], dtype=torch.bool, device=cells.device)
        return ImageNodes(cells, real, summary)

    def texts(self, found: TextInput) -> TextNodes:
        """Read B texts.

        Raises:
            ValueError: the form that this reader needs is None.
        """
        mask, words, lower = self.here(found.mask), self.here(found.words), found.lower
        if self.layers is not None:
            if lower is None:
                raise ValueError("the tuned layers read lower states, which these features lack")
            words = self.layers(self.here(lower), mask)
        scaled, summary = self.whitening.texts(words.float(), mask)
        return TextNodes(scaled, mask, summary)

    def here(self, part: Tensor) -> Tensor:
        """Bring features to the device that the reader is on."""
        return part.to(self.whitening.pooled_scale.device)
