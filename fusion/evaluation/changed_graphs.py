"""Graphs whose edges lead elsewhere, or that have none: what variants of a network are made of."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion.graphs.adjacency import cosine_neighbours, shuffled_edges
from fusion.graphs.cross_graph import CrossGraph
from fusion.graphs.layers import NodeGraph
from fusion.graphs.word_graph import WordGraph

__all__ = ["EdgelessCross", "ShuffledCross", "ShuffledGraph", "ShuffledWords"]


class ShuffledGraph(NodeGraph):
    """A graph inside one modality whose edges join other nodes of the same photo or text."""

    generator: torch.Generator

    def forward(self, nodes: Tensor, mask: Tensor, adjacency: Tensor | None = None) -> Tensor:
        """Pass messages along shuffled edges."""
        if adjacency is None:
            adjacency = cosine_neighbours(nodes, mask, self.neighbours)
        return super().forward(nodes, mask, shuffled_edges(adjacency, mask, self.generator))


class EdgelessCross(CrossGraph):
    """The cross-modal graph in which a word sees all regions alike and no other word."""

    def attention(self, cosine: Tensor) -> Tensor:
        """One weight for all regions: (H, G, R, X) -> (H, G, R, X)."""
        return torch.full_like(cosine, 1 / cosine.shape[2])

    def nearest(self, cosine: Tensor) -> Tensor:
        """No region is singled out: the mean similarity, (H, G, R, X) -> (H, G, X)."""
        return cosine.mean(2).float()

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Read relation vectors out with no edges between words."""
        none = words.new_zeros(*word_mask.shape, word_mask.shape[1])
        return super().read_out(words, word_mask, relations, none)


class ShuffledCross(CrossGraph):
    """The cross-modal graph in which a word's edges lead to other regions of the photo."""

    generator: torch.Generator

    def attention(self, cosine: Tensor) -> Tensor:
        """The weights of a photo's regions change places: (H, G, R, X) -> (H, G, R, X)."""
        return self.moved(super().attention(cosine))

    def nearest(self, cosine: Tensor) -> Tensor:
        """Similarity with the region that took the nearest one's place: -> (H, G, X)."""
        chosen = self.moved(torch.zeros_like(cosine).scatter_(2, cosine.argmax(2, True), 1.0))
        return (cosine * chosen).sum(2).float()

    def moved(self, edges: Tensor) -> Tensor:
        """Permute the regions of each photo: (H, G, R, X) -> (H, G, R, X)."""
        order = torch.rand(edges.shape[1:3], generator=self.generator).argsort(1)
        return edges.gather(2, order.unsqueeze(-1).expand_as(edges))

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Read relation vectors out along shuffled edges between words."""
        if edges is None:
            edges = cosine_neighbours(words, word_mask, self.config.neighbours)
        moved = shuffled_edges(edges, word_mask, self.generator)
        return super().read_out(words, word_mask, relations, moved)


class ShuffledWords(WordGraph):
    """The word graph in which each training photo leads to the words of another one."""

    order: Tensor

    def edges(self, vectors: Tensor, bank: Tensor) -> tuple[Tensor, Tensor]:
        """Edges from photos (B, D) to the bank's (N, D), led to other photos: -> (B, E) twice."""
        neighbours, weights = super().edges(vectors, bank)
        return self.order.argsort()[neighbours], weights
