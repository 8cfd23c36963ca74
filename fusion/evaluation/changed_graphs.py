"""Graphs with shuffled edges or none, from which the variants of a network are built."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion.graphs.adjacency import cosine_neighbours, shuffled_edges
from fusion.graphs.cross_graph import CrossGraph
from fusion.graphs.layers import NodeGraph
from fusion.graphs.word_graph import WordGraph

__all__ = ["EdgelessCross", "ShuffledCross", "ShuffledGraph", "ShuffledWords"]


class ShuffledGraph(NodeGraph):
    """A graph inside one modality, with edges shuffled among the nodes of each photo or text."""

    generator: torch.Generator

    def forward(self, nodes: Tensor, mask: Tensor, adjacency: Tensor | None = None) -> Tensor:
        """Pass messages along shuffled edges."""
        if adjacency is None:
            adjacency = cosine_neighbours(nodes, mask, self.neighbours)
        return super().forward(nodes, mask, shuffled_edges(adjacency, mask, self.generator))


class EdgelessCross(CrossGraph):
    """The cross-modal graph in which a word attends equally to all regions and to no other word."""

    def attention(self, cosine: Tensor) -> Tensor:
        """Return the same weight for all regions: (H, G, R, X) -> (H, G, R, X)."""
        return torch.full_like(cosine, 1 / cosine.shape[2])

    def nearest(self, cosine: Tensor) -> Tensor:
        """Return the mean similarity instead of the nearest region's: (H, G, R, X) -> (H, G, X)."""
        return cosine.mean(2).float()

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Read out relation vectors without edges between words."""
        none = words.new_zeros(*word_mask.shape, word_mask.shape[1])
        return super().read_out(words, word_mask, relations, none)


class ShuffledCross(CrossGraph):
    """The cross-modal graph with each word's edges shuffled among the photo's regions."""

    generator: torch.Generator

    def attention(self, cosine: Tensor) -> Tensor:
        """Return the weights permuted among a photo's regions: (H, G, R, X) -> (H, G, R, X)."""
        return self.moved(super().attention(cosine))

    def nearest(self, cosine: Tensor) -> Tensor:
        """Return the similarity with the region that replaces the nearest one: -> (H, G, X)."""
        chosen = self.moved(torch.zeros_like(cosine).scatter_(2, cosine.argmax(2, True), 1.0))
        return (cosine * chosen).sum(2).float()

    def moved(self, edges: Tensor) -> Tensor:
        """Permute the regions of each photo: (H, G, R, X) -> (H, G, R, X)."""
        order = torch.rand(edges.shape[1:3], generator=self.generator).argsort(1)
        return edges.gather(2, order.unsqueeze(-1).expand_as(edges))

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Read out relation vectors along shuffled edges between words."""
        if edges is None:
            edges = cosine_neighbours(words, word_mask, self.config.neighbours)
        moved = shuffled_edges(edges, word_mask, self.generator)
        return super().read_out(words, word_mask, relations, moved)


class ShuffledWords(WordGraph):
    """The word graph with each training photo's words replaced by those of another one."""

    order: Tensor

    def edges(self, vectors: Tensor, bank: Tensor) -> tuple[Tensor, Tensor]:
        """Return edges from photos (B, D) to permuted ones of the bank (N, D), and their weights.

        Both are (B, E).
        """
        neighbours, weights = super().edges(vectors, bank)
        return self.order.argsort()[neighbours], weights
