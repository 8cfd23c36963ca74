"""Scores depend neither on which caption belongs to which photo, nor on the other pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fusion.data.features import PairData
from fusion.evaluation.graph_matcher import GraphMatcher
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.gallery import nearest_pairs, place
from fusion.network.network import Network, NetworkConfig
from tests.unit.fusion.made_data import IMAGE_DIM, TEXT_DIM, made_data


@pytest.fixture
def matcher() -> GraphMatcher:
    torch.manual_seed(0)
    dims = (IMAGE_DIM, 2 * IMAGE_DIM, TEXT_DIM)
    config = NetworkConfig(
        *dims,
        components=8,
        vocabulary=("dog", "red"),
        model=ModelConfig(8, TEXT_DIM, 2 * IMAGE_DIM, width=16, hidden=16),
        reranker=RerankerConfig(8, 2 * IMAGE_DIM, TEXT_DIM, width=16, node_width=16),
    )
    network = Network(config, None, None)
    network.reader.whitening.fit(made_data())
    network.gate.fill_(0.5)
    return GraphMatcher(network, "made", "f00d")


def paired_anew(data: PairData) -> PairData:
    """Assign every caption to another photo."""
    turned = (data.captions.photo_rows + 1) % len(data.photos.image_ids)
    return replace(data, captions=replace(data.captions, photo_rows=turned))


def test_which_caption_belongs_to_which_photo_changes_no_score(matcher: GraphMatcher) -> None:
    data = made_data(60)
    true, false = matcher.score_all(data), matcher.score_all(paired_anew(data))
    for name in ("first_stage_text_to_image", "reranked_text_to_image", "reranked_image_to_text"):
        assert np.array_equal(getattr(true, name), getattr(false, name)), name


def test_a_caption_scores_with_its_photo_as_it_does_among_all(matcher: GraphMatcher) -> None:
    data = made_data(20)
    rows = data.captions.photo_rows
    scores, own = matcher.score_all(data), matcher.score_own(data)
    pairs = np.arange(len(rows)), rows
    assert np.allclose(own.first_stage, scores.first_stage_text_to_image[pairs], atol=1e-5)
    assert np.allclose(own.reranked, scores.match(*pairs), atol=1e-5)


def test_probabilities_follow_the_calibration(matcher: GraphMatcher) -> None:
    matcher.network.calibration.full.copy_(torch.tensor([2.0, -1.0]))
    scores = np.array([0.5, 1.0], np.float32)
    expected = 1 / (1 + np.exp(-np.array([0.0, 1.0])))
    assert matcher.score_all(made_data(5)).probability(scores) == pytest.approx(expected)


def test_photos_are_embedded_once_and_others_anew(matcher: GraphMatcher) -> None:
    data, other = made_data(20), made_data(20, seed=1)
    first = matcher.gallery(data.photos)
    assert matcher.gallery(data.photos) is first
    assert not torch.equal(matcher.gallery(other.photos).vectors, first.vectors)


def test_only_the_nearest_are_listed_and_all_others_stay_below() -> None:
    first = torch.arange(120.0).view(2, 60)
    q, g = nearest_pairs(first, dim=1)
    assert q.tolist() == [0] * 50 + [1] * 50
    assert set(g[:50].tolist()) == set(range(10, 60))
    scored = torch.zeros(100)
    placed = place(first, q, g, scored, dim=1)
    assert (placed[:, 10:] == 0).all()
    assert (placed[:, :10] <= -1).all()
    # those that were not listed keep their order
    assert torch.equal(placed[0, :10].argsort(), torch.arange(10))
    assert [len(rows) for rows in nearest_pairs(first, dim=0)] == [120, 120]
