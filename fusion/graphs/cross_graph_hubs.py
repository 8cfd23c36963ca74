"""Hub correction for the cross-modal graph: how well a photo matches texts in general.

The graph's logits have hubs, as cosines do: a photo that clearly shows many things matches every
text near it. This is to the graph what `HubCorrection` is to the first stage: the mean logit of the
photo's nearest training captions, which is subtracted from its logits. It depends on the photo
alone, so it is computed once, when a photo is indexed.
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
        captions: M, the number of captions in the bank.
        nodes: the number of nodes of all these captions together.
        width: the width of a node.
        nearest: the number of captions that a photo is compared with.
        weight: the weight of their mean logit. Chosen on development data, where every value from
            1 to 2 helped.
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
        """Return the hub corrections of B photos.

        Args:
            vectors: (B, D) float32 of unit length, used to find the nearest captions.
            regions: (B, R + 1, Dn) float32, the photos' nodes.
            bank: (M, D) int8, the packed vectors of the same captions.
            graph: computes the logits.

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
        """Whether the bank has been filled; a bank without captions never is."""
        return bool(len(self.ends)) and int(self.ends[-1]) > 0

    def texts(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the nodes of captions in the bank: (K,) -> (K, T, Dn) float32 and (K, T) bool."""
        starts = self.ends - self.ends.diff(prepend=self.ends.new_zeros(1))
        length = (self.ends - starts)[chosen]
        place = torch.arange(int(length.max()))
        mask = place < length.unsqueeze(1)
        rows = (starts[chosen].unsqueeze(1) + place).clamp_max(len(self.nodes) - 1)
        nodes = unit_rows(self.nodes)[rows.long()]
        return nodes.masked_fill(~mask.unsqueeze(-1), 0.0), mask
