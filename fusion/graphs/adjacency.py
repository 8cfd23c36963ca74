"""Adjacency of the graphs over a photo's regions and a caption's words.

Edges depend only on the content of the nodes (cosine similarity), so a graph can be built for any
photo or query, even one without captions.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["cosine_neighbours", "drop_nodes", "shuffled_edges"]


def cosine_neighbours(nodes: Tensor, mask: Tensor, neighbours: int) -> Tensor:
    """Join every node to the `neighbours` nodes nearest to it by cosine, as a dense adjacency.

    Args:
        nodes: (B, N, D) float32.
        mask: (B, N) bool, true where there is a node.
        neighbours: edges per node, at least 1; fewer where a graph has fewer nodes.

    Returns:
        (B, N, N) float32 in 0..1: `[b, i, j]` is the cosine where j is one of i's neighbours (made
        symmetric: an edge counts if either end chose it), 0 elsewhere and on the diagonal.

    >>> nodes = torch.tensor([[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]])
    >>> cosine_neighbours(nodes, torch.ones(1, 3, dtype=torch.bool), 1)[0].round(decimals=2)
    tensor([[0.0000, 0.8000, 0.0000],
            [0.8000, 0.0000, 0.6000],
            [0.0000, 0.6000, 0.0000]])
    """
    unit = functional.normalize(nodes.detach(), dim=-1)
    pairs = mask.unsqueeze(1) & mask.unsqueeze(2)
    pairs = pairs & ~torch.eye(nodes.shape[1], dtype=torch.bool, device=nodes.device)
    cosine = (unit @ unit.transpose(1, 2)).masked_fill(~pairs, -torch.inf)
    k = min(neighbours, nodes.shape[1])
    nearest = cosine.topk(k, dim=-1).indices
    chosen = torch.zeros_like(pairs).scatter_(
        -1, nearest, torch.ones_like(nearest, dtype=torch.bool)
    )
    chosen = (chosen | chosen.transpose(1, 2)) & pairs
    return cosine.masked_fill(~chosen, 0.0).clamp_min(0.0)


def drop_nodes(mask: Tensor, share: float) -> Tensor:
    """Mask out a random `share` of nodes, never a whole graph: (B, N) bool -> (B, N) bool."""
    kept = mask & (torch.rand(mask.shape, device=mask.device) >= share)
    return torch.where(kept.any(1, keepdim=True), kept, mask)


def shuffled_edges(adjacency: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
    """Move every edge to a random pair of nodes in its graph, as a control for claims about graphs.

    Args:
        adjacency: (B, N, N) float32, symmetric.
        mask: (B, N) bool.
        generator: the source of the permutation.

    Returns:
        (B, N, N) float32: the adjacency of the same graph with its real nodes permuted, so the
        degrees and weights stay the same and only the pairs that are joined change.
    """
    order = torch.rand(mask.shape, generator=generator).masked_fill(~mask, 2.0).argsort(dim=1)
    real_first = torch.where(mask, 0, 1).argsort(dim=1, stable=True)
    permutation = torch.empty_like(order).scatter_(1, real_first, order)
    rows = permutation.unsqueeze(2).expand_as(adjacency)
    moved = adjacency.gather(1, rows)
    return moved.gather(2, permutation.unsqueeze(1).expand_as(adjacency))
