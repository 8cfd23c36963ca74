"""Turns encoder features into the nodes that both graphs read: tuned layers, then whitening."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fusion.data.features import PhotoInput, TextInput, photo_features
from fusion.graphs.concept_graph import ConceptGraph
from fusion.network.tuned_layers import TunedBlocks, TunedLayers
from fusion.network.whitening import Whitening

__all__ = ["ImageNodes", "NodeReader", "TextNodes"]


class ImageNodes(NamedTuple):
    """B photos as a graph reads them."""

    cells: Tensor
    """(B, R, C) float32; with a concept graph, its messages to the cells come last."""
    mask: Tensor
    """(B, R) bool, all true."""
    summary: Tensor
    """(B, P) float32; with a concept graph, its message to the photo comes last."""


class TextNodes(NamedTuple):
    """B texts as a graph reads them."""

    words: Tensor
    """(B, T, Dt) float32."""
    mask: Tensor
    """(B, T) bool."""
    summary: Tensor
    """(B, 2 Dt) float32."""


class NodeReader(nn.Module):
    """Tuned encoder layers (if any), whitening, and the concept graph.

    Args:
        whitening: fitted on the frozen encoders' features.
        blocks: the image encoder's last blocks, to be tuned; None if it stays frozen.
        layers: the text encoder's last layers, to be tuned; None if it stays frozen.
        concepts: joins photos to classes; None if the image encoder has no classifier.
    """

    def __init__(
        self,
        whitening: Whitening,
        blocks: nn.Sequential | None,
        layers: nn.ModuleList | None,
        concepts: ConceptGraph | None = None,
    ) -> None:
        super().__init__()
        self.whitening, self.concepts = whitening, concepts
        self.blocks = TunedBlocks(blocks) if blocks is not None else None
        self.layers = TunedLayers(layers) if layers is not None else None

    def photos(self, features: PhotoInput) -> ImageNodes:
        """Read B photos; errors as in `regions`."""
        return self.nodes(*self.regions(features))

    def regions(self, features: PhotoInput) -> tuple[Tensor, Tensor]:
        """Run the tuned blocks on B photos; return regions (B, R, D) and their summary (B, P).

        Raises:
            ValueError: the form of features that this reader needs is None.
        """
        regions, pooled, lower = features
        if self.blocks is not None:
            if lower is None:
                raise ValueError("the tuned blocks read lower maps, which these features lack")
            regions, pooled = photo_features(self.blocks(self.here(lower)).float())
        if regions is None or pooled is None:
            raise ValueError("expected regions and their summary, found None")
        return self.here(regions), self.here(pooled)

    def nodes(self, regions: Tensor, pooled: Tensor) -> ImageNodes:
        """Whiten regions (B, R, D) and summaries (B, P) of B photos, and append class messages."""
        cells, summary = self.whitening.photos(regions, pooled)
        if self.concepts is not None:
            to_cells, to_photo = self.concepts(regions)
            cells = torch.cat([cells, to_cells], dim=2)
            summary = torch.cat([summary, to_photo], dim=1)
        real = torch.ones(cells.shape[:2], dtype=torch.bool, device=cells.device)
        return ImageNodes(cells, real, summary)

    def texts(self, features: TextInput) -> TextNodes:
        """Read B texts.

        Raises:
            ValueError: the reader has tuned layers and the lower states are None.
        """
        mask, words, lower = self.here(features.mask), self.here(features.words), features.lower
        if self.layers is not None:
            if lower is None:
                raise ValueError("the tuned layers read lower states, which these features lack")
            words = self.layers(self.here(lower), mask)
        scaled, summary = self.whitening.texts(words.float(), mask)
        return TextNodes(scaled, mask, summary)

    def here(self, part: Tensor) -> Tensor:
        """Move features to the reader's device."""
        return part.to(self.whitening.pooled_scale.device)
