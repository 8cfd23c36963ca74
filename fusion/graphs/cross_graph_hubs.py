"""How well a photo suits just any text in the eyes of the cross-modal graph.

The graph's logits have hubs as cosines have: a photo of many clear things agrees with every text
that is near to it. What `HubCorrection` is to the first stage, this is to the graph: the mean logit
of the photo's nearest training captions, to be subtracted from its logits. It depends on the photo
alone, so it is worked out once, when a photo is indexed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.graphs.cross_graph import CrossGraph
from fusion.graphs.memory_graph import pack_rows, unit_rows

__all__ = ["CrossHub"]

BLOCK = 25
"""Photos whose pairs are scored at once."""


class CrossHub(nn.Module):
    """A bank of training captions as the cross-modal graph reads them.

    Args:
        captions: M, how many the bank holds.
        nodes: how many nodes they have together.
        width: of a node.
        nearest: captions that a photo is held against.
        weight: of their mean logit. Found on development data, where everything from 1 to 2 helped.
    """

    ends: Tensor
    nodes: Tensor

    def __init__(
        self, captions: int, nodes: int, width: int, *, nearest: int = 8, weight: float = 1.5
    ) -> None:
        super().__init__()
        self.nearest, self.weight = nearest, weight
        self.register_buffer("ends", torch.zeros(captions, dtype=torch.int32))
        self.register_buffer("nodes", torch.zeros(nodes, width, dtype=torch.int8))

    def fill(self, nodes: Tensor, mask: Tensor) -> None:
        """Set the bank.

        Args:
            nodes: (M, T, Dn) float32 of unit length, the whole text before its words.
            mask: (M, T) bool, true where there is a node.
        """
        self.ends.copy_(mask.sum(1).cumsum(0))
        self.nodes.copy_(pack_rows(nodes[mask]))

    def forward(self, vectors: Tensor, regions: Tensor, bank: Tensor, graph: CrossGraph) -> Tensor:
        """Correct B photos.

        Args:
            vectors: (B, D) float32 of unit length, by which the nearest captions are found.
            regions: (B, R + 1, Dn) float32, the photos' nodes.
            bank: (M, D) int8, the packed vectors of the same captions.
            graph: what gives the logits.

        Returns:
            (B,) float32, to subtract from a photo's logits; zero from an empty bank.
        """
        if not self.filled or not self.weight:
            return vectors.new_zeros(len(vectors))
        similarity = vectors @ unit_rows(bank).T
        nearest = similarity.topk(min(self.nearest, similarity.shape[1]), dim=1).indices
        means = []
        for shown, chosen in zip(regions.split(BLOCK), nearest.split(BLOCK), strict=True):
            words, mask = self.texts(chosen.flatten())
            pairs = shown.repeat_interleave(chosen.shape[1], dim=0)
            means.append(graph.pairs(words, mask, pairs).view(chosen.shape).mean(1))
        return self.weight * torch.cat(means)

    @property
    def filled(self) -> bool:
        """Whether `fill` was called; an empty bank has nothing to fill it with."""
        return bool(len(self.ends)) and int(self.ends[-1]) > 0

    def texts(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Nodes of captions of the bank: (K,) -> (K, T, Dn) float32 and (K, T) bool."""
        starts = self.ends - self.ends.diff(prepend=self.ends.new_zeros(1))
        length = (self.ends - starts)[chosen]
        place = torch.arange(int(length.max()))
        mask = place < length.unsqueeze(1)
        rows = (starts[chosen].unsqueeze(1) + place).clamp_max(len(self.nodes) - 1)
        nodes = unit_rows(self.nodes)[rows.long()]
        return nodes.masked_fill(~mask.unsqueeze(-1), 0.0), mask
