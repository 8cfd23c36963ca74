"""The measure of explanations: by hand, and for graphs that explain well or at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from fusion.graphs.cross_graph import RerankerConfig, WordReading
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import Network, NetworkConfig
from search.evaluation.faithfulness import drops, judge_explanations, summarise_drops
from tests.unit.fusion.made_data import IMAGE_DIM, TEXT_DIM, made_data

PHOTOS = 30


class SumGraph:
    """Its logit is the sum of all nodes; it names the largest region, or lies: the smallest."""

    def __init__(self, *, lies: bool = False) -> None:
        self.sign = -1.0 if lies else 1.0

    def pairs(self, words: Tensor, mask: Tensor, nodes: Tensor) -> Tensor:
        return nodes.sum((1, 2))

    def read(self, words: Tensor, mask: Tensor, nodes: Tensor) -> WordReading:
        looks = self.sign * nodes.sum(2).unsqueeze(1)
        return WordReading(torch.ones(len(nodes), 1), looks, looks)


def network() -> Network:
    torch.manual_seed(0)
    sizes = {"image_dim": IMAGE_DIM, "pooled_dim": 2 * IMAGE_DIM, "text_dim": TEXT_DIM}
    config = NetworkConfig(
        **sizes,
        components=IMAGE_DIM,
        vocabulary=("dog", "red"),
        model=ModelConfig(**sizes, width=8, hidden=8),
        reranker=RerankerConfig(**sizes, width=16, node_width=16, heads=2),
    )
    return Network(config, None, None).eval()


def test_falls_by_hand() -> None:
    # With the whole photo, which stays, and two regions, the other region is not a random choice.
    nodes = torch.tensor([[[9.0], [1.0], [3.0]], [[9.0], [2.0], [-1.0]]])
    rng = np.random.default_rng(0)
    top, other = drops(SumGraph(), nodes, torch.ones(2, 3), nodes, rng)  # type: ignore[arg-type]
    assert top.tolist() == [3.0, 2.0]
    assert other.tolist() == [1.0, -1.0]
    found = summarise_drops(top, other, rng)
    assert (found.pairs, found.top_drop, found.random_drop) == (2, 2.5, 0.0)
    assert (found.difference, found.top_above_random) == (2.5, 1.0)
    assert found.interval == (2.0, 3.0)


def test_a_liar_is_found_out() -> None:
    nodes = torch.rand(50, 10, 4, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(50, 1)
    true, lying = (
        summarise_drops(
            *drops(SumGraph(lies=lies), nodes, mask, nodes, np.random.default_rng(0)),  # type: ignore[arg-type]
            np.random.default_rng(0),
        )
        for lies in (False, True)
    )
    assert true.top_above_random == 1.0
    assert true.interval[0] > 0
    assert lying.top_above_random == 0.0
    assert lying.interval[1] < 0


def test_equal_falls_count_half() -> None:
    found = summarise_drops(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.random.default_rng(0))
    assert found.top_above_random == 0.25


def test_a_single_region_cannot_be_compared() -> None:
    nodes = torch.ones(1, 2, 4)
    with pytest.raises(ValueError, match="at least 2 regions"):
        drops(SumGraph(), nodes, torch.ones(1, 2), nodes, np.random.default_rng(0))  # type: ignore[arg-type]


def test_a_network_is_judged_on_one_caption_a_photo_and_a_seed_repeats_itself() -> None:
    net, data = network(), made_data(PHOTOS)
    net.reader.whitening.fit(data)
    seen: list[tuple[int, int, str]] = []
    found = judge_explanations(net, data, progress=lambda *now: seen.append(now))
    assert found.pairs == PHOTOS
    assert seen == [(PHOTOS, PHOTOS, "pairs explained")]
    assert found.interval[0] <= found.difference <= found.interval[1]
    assert judge_explanations(net, data) == found
    assert judge_explanations(net, data, seed=1) != found
    assert judge_explanations(net, data, most_pairs=7).pairs == 7


def test_without_captions_nothing_is_judged() -> None:
    data = made_data(PHOTOS)
    silent = replace(data.captions, photo_rows=data.captions.photo_rows[:0])
    with pytest.raises(ValueError, match="found none"):
        judge_explanations(network(), replace(data, captions=silent))
