"""The dual graph's branches: unit length, padding, order, and gates that start at zero."""

from __future__ import annotations

import torch

from fusion.graphs.adjacency import drop_nodes
from fusion.graphs.dual_graph import Branch, ModelConfig
from fusion.graphs.layers import NodeGraph
from fusion.graphs.pooling import LearnedPooling


def branch() -> Branch:
    torch.manual_seed(0)
    made = Branch(6, 4, ModelConfig(6, 5, 4, width=8, hidden=8, layers=2)).eval()
    made.graph.gates.data.fill_(0.5)
    return made


def test_vectors_have_unit_length_whatever_the_order_of_nodes() -> None:
    net = branch()
    nodes, mask, summary = (
        torch.randn(2, 5, 6),
        torch.ones(2, 5, dtype=torch.bool),
        torch.randn(2, 4),
    )
    found = net(nodes, mask, summary)
    assert torch.allclose(found.norm(dim=1), torch.ones(2))
    assert torch.allclose(net(nodes.flip(1), mask, summary), found, atol=1e-5)


def test_padding_changes_no_vector() -> None:
    net = branch()
    nodes, summary = torch.randn(1, 5, 6), torch.randn(1, 4)
    mask = torch.tensor([[True, True, True, False, False]])
    short = net(nodes[:, :3], mask[:, :3], summary)
    assert torch.allclose(net(nodes, mask, summary), short, atol=1e-5)


def test_an_untrained_graph_changes_no_node() -> None:
    graph = NodeGraph(8, layers=2, neighbours=2, dropout=0.5).eval()
    nodes = torch.randn(2, 4, 8)
    assert torch.equal(graph(nodes, torch.ones(2, 4, dtype=torch.bool)), nodes)


def test_some_node_always_stays() -> None:
    torch.manual_seed(0)
    mask = torch.tensor([[True, False, False]]).repeat(200, 1)
    assert torch.equal(drop_nodes(mask, 0.9), mask)
    many = drop_nodes(torch.ones(200, 50, dtype=torch.bool), 0.2)
    assert 0.75 < many.float().mean() < 0.85


def test_pooling_by_hand() -> None:
    pooling = LearnedPooling(1)
    pooling.attention.weight.data.zero_()
    pooling.mix.data.copy_(torch.tensor([1.0, 1.0, 1.0]))
    nodes = torch.tensor([[[1.0], [3.0], [100.0]]])
    mask = torch.tensor([[True, True, False]])
    assert pooling(nodes, mask).item() == 2.0 + 2.0 + 3.0  # mean, even attention, maximum
