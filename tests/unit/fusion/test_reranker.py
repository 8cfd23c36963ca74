"""The cross-modal graph: shapes, order, padding, and that one by one equals all pairs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fusion.reranker import CrossGraph, RerankerConfig


@pytest.fixture(params=["attention", "cosine"])
def graph(request: pytest.FixtureRequest) -> CrossGraph:
    torch.manual_seed(3)
    config = RerankerConfig(6, 5, width=16, node_width=16, heads=8, adjacency=request.param)
    made = CrossGraph(config).eval()
    made.word_gate.data.fill_(0.7)
    made.image.graph.gates.data.fill_(0.5)
    made.text.graph.gates.data.fill_(0.5)
    return made


def nodes(graph: CrossGraph) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    words = graph.text(torch.randn(2, 4, 5, generator=generator), mask)
    real = torch.ones(3, 7, dtype=torch.bool)
    return words, mask, graph.image(torch.randn(3, 7, 6, generator=generator), real)


def test_pair_by_pair_equals_all_pairs(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    table = graph(words, mask, regions)
    assert table.shape == (2, 3)
    q, g = torch.tensor([0, 1, 1]), torch.tensor([2, 0, 1])
    assert torch.allclose(graph.pairs(words[q], mask[q], regions[g]), table[q, g], atol=1e-5)


def test_the_order_of_regions_and_words_changes_nothing(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    table = graph(words, mask, regions)
    assert torch.allclose(graph(words, mask, regions.flip(1)), table, atol=1e-5)
    assert torch.allclose(graph(words.flip(1), mask.flip(1), regions), table, atol=1e-5)


def test_padding_changes_nothing(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    short = graph(words[1:, :2], mask[1:, :2], regions)
    assert torch.allclose(short, graph(words, mask, regions)[1:], atol=1e-5)


def test_edges_between_words_matter_once_the_gate_is_open(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    none = torch.zeros(2, 4, 4)
    assert not torch.allclose(graph(words, mask, regions, none), graph(words, mask, regions))
    graph.word_gate.data.zero_()
    assert torch.allclose(graph(words, mask, regions, none), graph(words, mask, regions))
