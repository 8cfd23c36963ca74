"""Message passing inside one modality, and the MLP that comes before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn.dense import DenseGCNConv

from fusion.graphs.adjacency import cosine_neighbours

__all__ = ["NodeGraph", "Projection", "ResidualProjection"]


class Projection(nn.Module):
    """An MLP into the common width: dropout, linear, GELU, dropout, linear.

    Shapes: (..., D_in) float32 -> (..., D) float32.
    """

    def __init__(self, in_dim: int, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(in_dim, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, width),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map features to the common width."""
        projected: Tensor = self.layers(features)
        return projected


class ResidualProjection(Projection):
    """The sum of a linear map and a `Projection` of the same input, which corrects it."""

    def __init__(self, in_dim: int, width: int, hidden: int, dropout: float) -> None:
        super().__init__(in_dim, width, hidden, dropout)
        self.linear = nn.Linear(in_dim, width)

    def forward(self, features: Tensor) -> Tensor:
        """Map features to the common width."""
        projected: Tensor = self.linear(features) + self.layers(features)
        return projected


class NodeGraph(nn.Module):
    """Graph convolutions over cosine-nearest neighbours, each with a gate that starts at zero.

    `x <- x + gate * dropout(gelu(GCN(norm(x))))`: an untrained graph changes nothing, so it has an
    effect only if training opens the gate. The convolution is GCN (Kipf and Welling, 2017) in
    PyTorch Geometric's dense form, because a photo has some 25 nodes, and at that size a matrix
    product is faster than a scatter.

    Shapes: nodes (B, N, D), mask (B, N) bool -> (B, N, D); padded nodes stay unchanged.
    """

    def __init__(self, width: int, layers: int, neighbours: int, dropout: float) -> None:
        super().__init__()
        self.neighbours = neighbours
        self.convolutions = nn.ModuleList(DenseGCNConv(width, width) for _ in range(layers))
        self.gates = nn.Parameter(torch.zeros(layers))
        self.drop = nn.Dropout(dropout)

    def forward(self, nodes: Tensor, mask: Tensor, adjacency: Tensor | None = None) -> Tensor:
        """Pass messages; a given `adjacency` (B, N, N) replaces the cosine one."""
        if not len(self.convolutions):
            return nodes
        if adjacency is None:
            adjacency = cosine_neighbours(nodes, mask, self.neighbours)
        for gate, convolution in zip(self.gates, self.convolutions, strict=True):
            normed = functional.layer_norm(nodes, nodes.shape[-1:])
            message = self.drop(functional.gelu(convolution(normed, adjacency)))
            nodes = nodes + gate * message.masked_fill(~mask.unsqueeze(-1), 0.0)
        return nodes
