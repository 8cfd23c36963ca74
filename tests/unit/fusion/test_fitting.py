"""The fits after training: gates from choices, false pairs, banks over all views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from fusion.baselines.pair_run import false_photos
from fusion.data import cca
from fusion.data.features import photo_input
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.gallery import embed_texts
from fusion.network.network import Network, NetworkConfig
from fusion.training.fitting import bank_vectors, caption_vectors, labelled_pairs
from fusion.training.gates import fit_choice
from tests.unit.fusion.made_data import IMAGE_DIM, TEXT_DIM, made_data


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    config = NetworkConfig(
        IMAGE_DIM, 2 * IMAGE_DIM, TEXT_DIM, components=8, vocabulary=("caption",),
        model=ModelConfig(8, TEXT_DIM, 2 * IMAGE_DIM, width=16, hidden=16),
        reranker=RerankerConfig(8, 2 * IMAGE_DIM, TEXT_DIM, width=16, node_width=16),
    )  # fmt: skip
    made = Network(config, None, None).eval()
    made.reader.whitening.fit(made_data())
    return made


def test_what_tells_the_right_one_gets_the_weight() -> None:
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(200, 6, 2, generator=generator)
    right = torch.zeros(200, 6, dtype=torch.bool)
    right[torch.arange(200), (scores[..., 0] + 0.3 * torch.randn(200, 6)).argmax(1)] = True
    weights = fit_choice(scores, right)
    assert weights[0] > 1.0
    assert abs(weights[1]) < 0.3 * weights[0]


def test_right_ones_are_no_alternatives_to_each_other() -> None:
    # The first two are both right and differ in the second score, but they don't compete.
    scores = torch.tensor([[[1.0, 5.0], [1.0, -5.0], [0.0, 0.0]]])
    weights = fit_choice(scores, torch.tensor([[True, True, False]]))
    assert weights[0] > 0
    assert weights[1].item() == pytest.approx(0.0, abs=1e-3)


def test_false_photos_are_never_the_captions_own() -> None:
    data = made_data(40)
    own = torch.from_numpy(data.captions.photo_rows)
    for false in false_photos(data, cca.fit(made_data(40, seed=2))):
        assert false.shape == own.shape
        assert (false != own).all()


def test_pairs_are_each_captions_own_and_then_its_false_ones() -> None:
    captions, photos, matches = labelled_pairs(np.array([4, 7]), np.array([[1, 2], [3, 5]]))
    assert captions.tolist() == [0, 1, 0, 0, 1, 1]
    assert photos.tolist() == [4, 7, 1, 2, 3, 5]
    assert matches.tolist() == [True, True, False, False, False, False]


def test_banked_captions_are_embedded_as_queries_are(network: Network) -> None:
    captions = made_data(20).captions
    found = caption_vectors(network, captions)
    assert torch.allclose(found, embed_texts(network, captions).vectors, atol=1e-5)


def test_a_banked_photo_is_the_mean_of_its_views(network: Network) -> None:
    photos = made_data(10).photos
    rows = torch.tensor([7, 2])
    one = bank_vectors(network, photos, rows)
    plain = network.photos(photo_input(photos, rows), torch.arange(2)).vectors
    assert torch.allclose(one, plain, atol=1e-6)
    # Two views that are the same to a frozen reader change nothing.
    shown = np.zeros((10, 1, 1, 1), np.float16)
    two = bank_vectors(network, replace(photos, maps=(shown, shown)), rows)
    assert torch.allclose(two, plain, atol=1e-6)
    assert torch.allclose(functional.normalize(two, dim=1), two, atol=1e-6)
