"""The network whose vectors are indexed: separate branches for photos and texts.

The photo branch never sees a query, so its output can be indexed. Each branch adds two views of
its nodes: a summary (an MLP of their mean and maximum), which alone is the pooled-MLP baseline, and
a graph (projection, message passing, learned pooling), which has to improve on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.graphs.adjacency import drop_nodes
from fusion.graphs.layers import NodeGraph, Projection, ResidualProjection
from fusion.graphs.pooling import LearnedPooling

__all__ = ["Branch", "DualGraph", "ModelConfig"]


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and rates of the first stage; saved with every checkpoint."""

    image_dim: int
    text_dim: int
    pooled_dim: int
    """Width of a photo's summary; a text's summary is twice `text_dim` wide."""
    width: int = 512
    hidden: int = 1024
    layers: int = 0
    """Layers of the graph inside a modality. With two, the learnt gates stayed near zero and recall
    was no better, so the default is none: the graphs that reach beyond a single photo pay off."""
    graph: bool = True
    """Whether a branch reads its nodes as well as their summary. Distilled heads do not, because it
    gained them nothing."""
    neighbours: int = 4
    dropout: float = 0.5
    drop_nodes: float = 0.2
    temperature: float = 0.05


class Branch(nn.Module):
    """Embeds one modality: (B, N, D_in), mask (B, N) bool, summary (B, S) -> unit rows (B, D)."""

    def __init__(self, in_dim: int, summary_dim: int, config: ModelConfig) -> None:
        super().__init__()
        self.drop_nodes = config.drop_nodes
        self.summary = ResidualProjection(summary_dim, config.width, config.hidden, config.dropout)
        self.reads_nodes = config.graph
        if self.reads_nodes:
            width = config.width
            self.projection = Projection(in_dim, width, width, config.dropout)
            self.graph = NodeGraph(width, config.layers, config.neighbours, config.dropout)
            self.pooling = LearnedPooling(width)
            self.gate = nn.Parameter(torch.tensor(0.5))

    def nodes(self, features: Tensor, mask: Tensor) -> Tensor:
        """Project and pass messages: (B, N, D_in), (B, N) -> (B, N, D)."""
        projected: Tensor = self.graph(self.projection(features), mask)
        return projected

    def forward(self, features: Tensor, mask: Tensor, summary: Tensor) -> Tensor:
        """Embed B photos or texts."""
        embedded = self.summary(summary)
        if self.reads_nodes:
            if self.training and self.drop_nodes:
                mask = drop_nodes(mask, self.drop_nodes)
            embedded = embedded + self.gate * self.pooling(self.nodes(features, mask), mask)
        return functional.normalize(embedded, dim=-1)


class DualGraph(nn.Module):
    """The first stage: a photo and a text branch that embed into one space of `config.width`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.image = Branch(config.image_dim, config.pooled_dim, config)
        self.text = Branch(config.text_dim, 2 * config.text_dim, config)
        self.log_scale = nn.Parameter(torch.tensor(1.0 / config.temperature).log())
