"""The cross-modal graph: shapes, order, padding, and pairs scored singly or all together."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fusion.graphs.cross_graph import CrossGraph, RerankerConfig, with_whole


@pytest.fixture(params=["attention", "cosine"])
def graph(request: pytest.FixtureRequest) -> CrossGraph:
    torch.manual_seed(3)
    config = RerankerConfig(6, 3, 5, width=16, node_width=16, heads=8, adjacency=request.param)
    made = CrossGraph(config).eval()
    made.word_gate.data.fill_(0.7)
    made.image.graph.gates.data.fill_(0.5)
    made.text.graph.gates.data.fill_(0.5)
    return made


def nodes(graph: CrossGraph) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    texts = torch.randn(2, 4, 5, generator=generator), mask, torch.randn(2, 10, generator=generator)
    real = torch.ones(3, 7, dtype=torch.bool)
    photos = torch.randn(3, 7, 6, generator=generator), real, torch.randn(3, 3, generator=generator)
    return graph.text(*texts), with_whole(mask), graph.image(*photos)


def test_pair_by_pair_equals_all_pairs(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    table = graph(words, mask, regions)
    assert table.shape == (2, 3)
    q, g = torch.tensor([0, 1, 1]), torch.tensor([2, 0, 1])
    assert torch.allclose(graph.pairs(words[q], mask[q], regions[g]), table[q, g], atol=1e-5)


def test_the_order_of_regions_and_words_changes_nothing(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    table = graph(words, mask, regions)
    assert torch.allclose(graph(words, mask, parts_turned(regions)), table, atol=1e-5)
    turned = graph(parts_turned(words), parts_turned(mask), regions)
    assert torch.allclose(turned, table, atol=1e-5)


def parts_turned(nodes: Tensor) -> Tensor:
    """Return nodes with the parts in reverse order; the node of the whole stays first."""
    return torch.cat([nodes[:, :1], nodes[:, 1:].flip(1)], dim=1)


def test_padding_changes_nothing(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    short = graph(words[1:, :3], mask[1:, :3], regions)
    assert torch.allclose(short, graph(words, mask, regions)[1:], atol=1e-5)


def test_edges_between_words_matter_once_the_gate_is_open(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    none = torch.zeros(2, 5, 5)
    assert not torch.allclose(graph(words, mask, regions, none), graph(words, mask, regions))
    graph.word_gate.data.zero_()
    assert torch.allclose(graph(words, mask, regions, none), graph(words, mask, regions))


def test_what_words_add_sums_to_the_logit(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    pairs = words, mask, regions[:2]
    reading = graph.read(*pairs)
    assert reading.shares.shape == (2, 5)
    assert torch.allclose(reading.shares.sum(1), graph.pairs(*pairs), atol=1e-5)
    assert torch.equal(reading.shares[1, 3:], torch.zeros(2))  # padding adds nothing


def test_a_word_reads_all_of_the_regions_once(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    reading = graph.read(words, mask, regions[:2])
    for looks in (reading.attention, reading.nearest):
        assert looks.shape == (2, 5, 8)
        assert looks.min() >= 0
    assert torch.allclose(reading.nearest.sum(2), torch.ones(2, 5))
    total = reading.attention.sum(2)
    if graph.config.adjacency == "attention":
        assert torch.allclose(total, torch.ones(2, 5))
    else:  # a head in which a word resembles no region has no edges
        eighths = total * graph.config.heads
        assert torch.allclose(eighths, eighths.round(), atol=1e-4)


def test_padding_changes_no_reading(graph: CrossGraph) -> None:
    words, mask, regions = nodes(graph)
    whole, short = (graph.read(words[1:, :n], mask[1:, :n], regions[:1]) for n in (5, 3))
    for long_one, short_one in zip(whole, short, strict=True):
        assert torch.allclose(long_one[:, :3], short_one, atol=1e-5)


def test_a_reading_by_hand() -> None:
    graph = CrossGraph(
        RerankerConfig(2, 2, 2, width=4, node_width=2, heads=1, adjacency="cosine")
    ).eval()
    word, regions = (
        torch.tensor([[[1.0, 0.0]]]),
        torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]]]),
    )
    reading = graph.read(word, torch.ones(1, 1, dtype=torch.bool), regions)
    # The cosines are 0, 1 and 0.6; attention is their share of the sum; the second is nearest.
    assert torch.allclose(reading.attention, torch.tensor([[[0.0, 0.625, 0.375]]]))
    assert torch.equal(reading.nearest, torch.tensor([[[0.0, 1.0, 0.0]]]))
