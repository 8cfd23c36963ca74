"""Pooling of the nodes of one photo or one caption into one vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["LearnedPooling", "masked_max", "masked_mean"]


def masked_mean(nodes: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over real nodes: (B, N, D), (B, N) bool -> (B, D); 0 for an empty graph.

    >>> masked_mean(torch.tensor([[[2.0], [4.0], [9.0]]]), torch.tensor([[True, True, False]]))
    tensor([[3.]])
    """
    weights = mask.to(nodes.dtype).unsqueeze(-1)
    return (nodes * weights).sum(1) / weights.sum(1).clamp_min(1.0)


def masked_max(nodes: Tensor, mask: Tensor) -> Tensor:
    """Return the maximum over real nodes: (B, N, D), (B, N) bool -> (B, D); 0 for an empty graph.

    >>> masked_max(torch.tensor([[[2.0], [4.0], [9.0]]]), torch.tensor([[True, True, False]]))
    tensor([[4.]])
    """
    highest = nodes.masked_fill(~mask.unsqueeze(-1), -torch.inf).amax(1)
    return highest.masked_fill(~mask.any(1, keepdim=True), 0.0)


class LearnedPooling(nn.Module):
    """Attention, mean and maximum, mixed with learned weights.

    Ours, after the finding of VSE-infinity (Chen et al., CVPR 2021) that pooling should be learnt.

    Shapes: (B, N, D) float32, (B, N) bool -> (B, D). Node order and padding do not matter.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1)
        self.mix = nn.Parameter(torch.tensor([1.0, 1.0, 0.0]))

    def forward(self, nodes: Tensor, mask: Tensor) -> Tensor:
        """Pool B graphs; each needs at least one real node."""
        logits = self.attention(nodes).squeeze(-1).masked_fill(~mask, -torch.inf)
        attended = (logits.softmax(1).unsqueeze(-1) * nodes).sum(1)
        mean, highest = masked_mean(nodes, mask), masked_max(nodes, mask)
        mix: Tensor = self.mix[0] * mean + self.mix[1] * attended + self.mix[2] * highest
        return mix
