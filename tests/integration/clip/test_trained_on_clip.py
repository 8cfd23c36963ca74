"""A network on CLIP's towers, of random weights, answers without torch as it does with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fusion.encoders import load_encoders
from fusion.export.write_model import export_model
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import GATES, Network, NetworkConfig
from fusion.retriever import Retriever
from fusion.runtime.onnx_indexing_model import OnnxIndexingModel, find_indexing_model
from fusion.runtime.onnx_search_model import OnnxSearchModel, find_search_model
from tests.integration.clip.made_clip import TEXTS, make_clip, photos

pytestmark = pytest.mark.slow

FINGERPRINT = "beef" * 16
WIDTH, KEPT = 32, 8


def made(folder: Path) -> Retriever:
    torch.manual_seed(3)
    model = ModelConfig(image_dim=KEPT, pooled_dim=2 * WIDTH, text_dim=WIDTH, width=8, hidden=8)
    reranker = RerankerConfig(KEPT, 2 * WIDTH, WIDTH, width=16, node_width=16, heads=2)
    config = NetworkConfig(
        WIDTH, 2 * WIDTH, WIDTH, components=KEPT, memory_size=0, model=model, reranker=reranker
    )
    network = Network(config, None, None).eval()
    network.reader.whitening.region_map.copy_(
        torch.randn(network.reader.whitening.region_map.shape)
    )
    for parameter in network.parameters():
        parameter.data.add_(torch.randn(parameter.shape) * 0.1)
    for gate in GATES:
        getattr(network, gate).fill_(0.5)
    return Retriever(network, load_encoders(f"clip:{folder}"), FINGERPRINT)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_what_is_exported_gives_the_same(kind: str, tmp_path: Path) -> None:
    retriever = made(make_clip(kind, tmp_path / "model"))
    export_model(retriever, tmp_path / "cache")
    indexing = find_indexing_model(tmp_path / "cache", FINGERPRINT)
    searching = find_search_model(tmp_path / "cache", FINGERPRINT)
    assert isinstance(indexing, OnnxIndexingModel)
    assert isinstance(searching, OnnxSearchModel)
    images = [image.convert("RGB") for image in photos()]
    wanted, found = retriever.embed_images(images), indexing.embed_images(images)
    np.testing.assert_allclose(found.vectors, wanted.vectors, atol=1e-4)
    for text in TEXTS:
        with_torch, without = retriever.embed_queries([text]), searching.embed_queries([text])
        np.testing.assert_allclose(without.vectors, with_torch.vectors, atol=1e-4)
        ranked = retriever.rerank(with_torch, wanted.vectors, wanted.packed)
        again = searching.rerank(without, wanted.vectors, wanted.packed)
        np.testing.assert_allclose(again.scores, ranked.scores, atol=1e-4)
        assert len(searching.explain(without, wanted.vectors, wanted.packed)) == len(images)
