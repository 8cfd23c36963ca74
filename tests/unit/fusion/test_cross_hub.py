"""The cross-modal graph's hub correction: the mean logit of a photo's nearest banked captions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fusion.graphs.cross_graph import CrossGraph, RerankerConfig
from fusion.graphs.cross_graph_hubs import CrossHub
from fusion.graphs.memory_graph import pack_rows

CAPTIONS, WORDS, WIDTH, PHOTOS, DIM = 6, 5, 8, 30, 4


def unit(*shape: int, seed: int) -> Tensor:
    return functional.normalize(
        torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1
    )


@pytest.fixture
def graph() -> CrossGraph:
    torch.manual_seed(0)
    return CrossGraph(RerankerConfig(3, 3, 3, width=8, node_width=WIDTH, heads=2)).eval()


@pytest.fixture
def mask() -> Tensor:
    return torch.arange(WORDS) < torch.tensor([5, 2, 3, 1, 4, 5]).unsqueeze(1)


def filled(mask: Tensor, **settings: float) -> CrossHub:
    hub = CrossHub(CAPTIONS, int(mask.sum()), WIDTH, nearest=2, weight=settings.get("weight", 1.5))
    hub.fill(unit(CAPTIONS, WORDS, WIDTH, seed=1), mask)
    return hub


@torch.no_grad()
def test_it_is_the_weighted_mean_of_the_nearest_captions_logits(
    graph: CrossGraph, mask: Tensor
) -> None:
    vectors, bank = unit(PHOTOS, DIM, seed=2), unit(CAPTIONS, DIM, seed=3)
    regions = unit(PHOTOS, 4, WIDTH, seed=4)
    found = filled(mask)(vectors, regions, pack_rows(bank), graph)
    logits = graph(unit(CAPTIONS, WORDS, WIDTH, seed=1), mask, regions).T
    nearest = (vectors @ bank.T).topk(2).indices
    wanted = 1.5 * logits.gather(1, nearest).mean(1)
    assert found.shape == (PHOTOS,)
    assert found.tolist() == pytest.approx(wanted.tolist(), abs=0.15)  # int8 nodes
    assert wanted.std() > 0.3


def test_texts_come_back_with_their_own_lengths(mask: Tensor) -> None:
    nodes, found = filled(mask).texts(torch.tensor([3, 0, 1]))
    assert found.sum(1).tolist() == [1, 5, 2]
    wanted = unit(CAPTIONS, WORDS, WIDTH, seed=1)[[3, 0, 1]] * mask[[3, 0, 1]].unsqueeze(-1)
    assert torch.allclose(nodes, wanted, atol=0.01)


@pytest.mark.parametrize("hub", [CrossHub(0, 0, WIDTH), CrossHub(CAPTIONS, 9, WIDTH)])
def test_an_empty_or_unfilled_bank_corrects_nothing(hub: CrossHub, graph: CrossGraph) -> None:
    found = hub(
        unit(3, DIM, seed=2),
        unit(3, 4, WIDTH, seed=4),
        torch.zeros(CAPTIONS, DIM, dtype=torch.int8),
        graph,
    )
    assert found.tolist() == [0.0, 0.0, 0.0]
