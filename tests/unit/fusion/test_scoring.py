"""An evaluation scores photos by the rounded values that an index stores, not by finer ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from fusion.data.features import PairData, photo_input
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.gallery import embed_photos
from fusion.network.network import Network, NetworkConfig
from fusion.runtime.packing import Layout, unpack_edges, unpack_nodes
from tests.unit.fusion.made_data import IMAGE_DIM, TEXT_DIM, made_data

WORDS, BANK = ("dog", "red", "runs"), 60


@pytest.fixture
def network() -> Network:
    """Return a network with random weights, a bank of training photos and one of captions."""
    torch.manual_seed(0)
    sizes = {"image_dim": IMAGE_DIM, "pooled_dim": 2 * IMAGE_DIM, "text_dim": TEXT_DIM}
    made = Network(
        NetworkConfig(
            **sizes,
            components=IMAGE_DIM,
            memory_size=BANK,
            captions_bank=3,
            captions_bank_nodes=9,
            vocabulary=WORDS,
            word_edges=BANK,
            model=ModelConfig(**sizes, width=8, hidden=8),
            reranker=RerankerConfig(**sizes, width=16, node_width=16, heads=2),
        ),
        None,
        None,
    ).eval()
    made.reader.whitening.region_map.copy_(torch.eye(IMAGE_DIM))
    made.text_hub.fill(normalize(torch.randn(BANK, 8), dim=1))
    made.photo_hub.fill(normalize(torch.randn(3, 8), dim=1))
    made.cross_hub.fill(normalize(torch.randn(3, 3, 16), dim=2), torch.ones(3, 3).bool())
    made.words.fill([WORDS[row % 3] for row in range(BANK)], list(range(BANK)))
    return made


@pytest.fixture
def data() -> PairData:
    return made_data(20)


@torch.inference_mode()
def test_what_is_kept_is_what_is_read(network: Network, data: PairData) -> None:
    photos = embed_photos(network, data.photos, block=7)
    packed = network.pack(network.photos(photo_input(data.photos, torch.arange(20))))
    assert network.layout == Layout(16, 50, bank=BANK)
    nodes = torch.from_numpy(unpack_nodes(packed, network.layout))
    assert torch.allclose(nodes, photos.nodes, atol=1e-6)
    hub = network.cross_hub(photos.vectors, nodes, network.photo_hub.bank, network.cross)
    assert hub.abs().min() > 0
    assert torch.allclose(hub, photos.cross_hub, atol=1e-5)
    edges = (torch.from_numpy(each) for each in unpack_edges(packed, network.layout))
    assert torch.allclose(network.words.along(*edges), photos.odds, atol=1e-5)


@torch.inference_mode()
def test_rounded_edges_hardly_move_the_odds_of_words(network: Network, data: PairData) -> None:
    photos = embed_photos(network, data.photos)
    exact = network.words(photos.vectors, network.text_hub.bank)
    moved = (photos.odds - exact).abs().max()
    # Half a step of 1/20 for each edge, and as much for their common divisor.
    assert 0 < moved <= 0.0501


def test_without_words_there_are_no_edges(data: PairData) -> None:
    torch.manual_seed(0)
    sizes = {"image_dim": IMAGE_DIM, "pooled_dim": 2 * IMAGE_DIM, "text_dim": TEXT_DIM}
    bare = Network(
        NetworkConfig(
            **sizes,
            components=IMAGE_DIM,
            memory_size=BANK,
            model=ModelConfig(**sizes, width=8, hidden=8),
            reranker=RerankerConfig(**sizes, width=16, node_width=15, heads=1),
        ),
        None,
        None,
    ).eval()
    with torch.inference_mode():
        packed = bare.pack(bare.photos(photo_input(data.photos, torch.arange(3))))
    assert bare.layout.edges == 0
    assert packed.shape == (3, 5 * 2)  # the whole photo and four regions
    np.testing.assert_allclose(np.linalg.norm(unpack_nodes(packed, bare.layout), axis=2), 1, 1e-5)
    assert embed_photos(bare, data.photos).odds.shape == (20, 0)
