"""Edges of graphs, by hand."""

from __future__ import annotations

import torch

from fusion.graphs.adjacency import cosine_neighbours, shuffled_edges


def test_padding_is_never_a_neighbour() -> None:
    nodes = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]])
    mask = torch.tensor([[True, True, False]])
    adjacency = cosine_neighbours(nodes, mask, 2)
    assert adjacency[0, :, 2].tolist() == [0.0, 0.0, 0.0]
    assert adjacency[0, 2].tolist() == [0.0, 0.0, 0.0]


def test_opposite_nodes_are_no_edge() -> None:
    nodes = torch.tensor([[[1.0, 0.0], [-1.0, 0.0]]])
    assert cosine_neighbours(nodes, torch.ones(1, 2, dtype=torch.bool), 1).abs().sum() == 0


def test_a_single_node_has_no_edges() -> None:
    assert cosine_neighbours(torch.ones(1, 1, 4), torch.ones(1, 1, dtype=torch.bool), 3).sum() == 0


def test_shuffling_keeps_the_weights_and_moves_them() -> None:
    generator = torch.Generator().manual_seed(0)
    nodes = torch.randn(3, 8, 5, generator=generator)
    mask = torch.ones(3, 8, dtype=torch.bool)
    mask[1, 5:] = False
    adjacency = cosine_neighbours(nodes, mask, 2)
    moved = shuffled_edges(adjacency, mask, generator)
    assert not torch.equal(adjacency, moved)
    for graph in range(3):
        assert torch.allclose(
            adjacency[graph].flatten().sort().values, moved[graph].flatten().sort().values
        )
    assert moved[1, 5:].sum() == 0
    assert moved[1, :, 5:].sum() == 0
    assert torch.equal(moved, moved.transpose(1, 2))
