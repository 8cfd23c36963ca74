"""Everything that is learnt, in one module: what a checkpoint holds and a retriever runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fusion.calibration import Calibration
from fusion.memory import HubCorrection, MemoryGraph
from fusion.model import DualGraph, ModelConfig
from fusion.reranker import CrossGraph, RerankerConfig
from fusion.tower import TunedLayers
from fusion.whitening import Whitening

__all__ = ["Network", "NetworkConfig", "PhotoVectors", "TextVectors"]


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network; saved with every checkpoint, enough to build it again."""

    image_dim: int
    pooled_dim: int
    text_dim: int
    components: int = 320
    tuned_layers: bool = True
    memory_size: int = 0
    captions_bank: int = 0
    photos_bank: int = 0
    model: ModelConfig = field(default_factory=lambda: ModelConfig(0, 0, 0))
    reranker: RerankerConfig = field(default_factory=lambda: RerankerConfig(0, 0))


class PhotoVectors(NamedTuple):
    """B photos, as they are indexed."""

    vectors: Tensor
    """(B, D) float32, unit length."""
    hub: Tensor
    """(B,) float32, to subtract from a photo's scores."""
    nodes: Tensor
    """(B, R, Dn) float32, unit length: region nodes for the re-ranker."""


class TextVectors(NamedTuple):
    """B texts, as they are asked for."""

    vectors: Tensor
    hub: Tensor
    nodes: Tensor
    mask: Tensor
    """(B, T) bool, true where `nodes` holds a word."""


class Network(nn.Module):
    """Whitening, tuned text layers, dual graph, banks, cross-modal graph and calibration.

    Args:
        config: the shape.
        layers: the text encoder's last layers to tune; None where `config.tuned_layers` is false.
    """

    def __init__(self, config: NetworkConfig, layers: nn.ModuleList | None) -> None:
        super().__init__()
        self.config = config
        self.whitening = Whitening(
            config.image_dim, config.pooled_dim, config.text_dim, config.components
        )
        self.tower = TunedLayers(layers) if layers is not None else None
        self.dual = DualGraph(config.model)
        self.cross = CrossGraph(config.reranker)
        width = config.model.width
        self.memory = MemoryGraph(config.memory_size, config.components, width)
        self.photo_hub = HubCorrection(config.captions_bank, width, nearest=64, weight=0.75)
        self.text_hub = HubCorrection(config.photos_bank, width, nearest=16, weight=0.5)
        self.gate = nn.Parameter(torch.zeros(()))
        self.calibration = Calibration()

    def read_texts(self, words: Tensor | None, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encoder words (the lower states where layers are tuned) -> words and their summary."""
        if words is None:
            raise ValueError("the tuned layers read lower states, which these features lack")
        if self.tower is not None:
            words = self.tower(words, mask)
        scaled, summary = self.whitening.texts(words, mask)
        return scaled, summary

    def photos(self, regions: Tensor, pooled: Tensor, own: Tensor | None = None) -> PhotoVectors:
        """Embed photos: (B, R, D), (B, P) float32 encoder features -> `PhotoVectors`.

        `own` (B,) names the memory's rows that are these very photos, for training photos only.
        """
        cells, summary = self.whitening.photos(regions, pooled)
        real = torch.ones(cells.shape[:2], dtype=torch.bool, device=cells.device)
        nodes = self.dual.image.nodes(cells, real)
        vectors = self.dual.image.pool(nodes, real, summary)
        vectors = self.memory(vectors, cells.mean(1), own)
        return PhotoVectors(vectors, self.photo_hub(vectors), self.cross.image(cells, real))

    def texts(self, words: Tensor, lower: Tensor | None, mask: Tensor) -> TextVectors:
        """Embed texts.

        Args:
            words: (B, T, Dt) float32, the encoder's words, which the re-ranker reads.
            lower: (B, T, Dt) float32, its lower states, which the tuned layers read; None where
                the network tunes none, and the first stage reads the words too.
            mask: (B, T) bool.

        Raises:
            ValueError: the network has tuned layers, and `lower` is None.
        """
        scaled, summary = self.read_texts(words if self.tower is None else lower, mask)
        nodes = self.dual.text.nodes(scaled, mask)
        vectors = self.dual.text.pool(nodes, mask, summary)
        return TextVectors(
            vectors,
            self.text_hub(vectors),
            self.cross.text(words * self.whitening.word_scale, mask),
            mask,
        )
