"""NumPy and torch compute the same from a network's banks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fusion.export.photo_module import caption_rows as torch_caption_rows
from fusion.export.write_model import tables_of
from fusion.graphs.cross_graph_hubs import CrossHub
from fusion.graphs.memory_graph import unpack_rows
from fusion.graphs.word_detector import STEPS
from fusion.graphs.word_graph import HIGHEST, LEAST_PRIOR, LOWEST, SAMPLE
from fusion.retriever import Retriever
from fusion.runtime.prepare.banks import (
    Words,
    caption_rows,
    detected_table,
    recall_queries,
    unit_rows,
    word_prior,
    worded_table,
    words_said,
)
from fusion.runtime.prepare.weights import folded
from tests.integration.made_retriever import made_retriever


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return made_retriever(tmp_path_factory.mktemp("bert"))


def test_rows_of_unit_length_are_the_same_to_the_last_bit() -> None:
    packed = torch.randint(-127, 128, (500, 512), dtype=torch.int8)
    packed[3] = 0
    assert np.array_equal(unit_rows(packed.numpy()), unpack_rows(packed).numpy())


def test_a_folded_batch_norm_is_the_same_to_the_last_bit() -> None:
    torch.manual_seed(5)
    convolution, norm = nn.Conv2d(12, 20, 3, bias=False).eval(), nn.BatchNorm2d(20, 1e-3).eval()
    for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        assert tensor is not None
        tensor.data.copy_(torch.rand(20) * 3 + 0.01)
    fused = fuse_conv_bn_eval(convolution, norm)
    parts = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    arrays = [tensor.detach().numpy() for tensor in parts if tensor is not None]
    weight, offset = folded(convolution.weight.detach().numpy(), *arrays, 1e-3)
    assert np.array_equal(weight, fused.weight.detach().numpy())
    assert fused.bias is not None
    assert np.array_equal(offset, fused.bias.detach().numpy())


def test_words_and_tables(retriever: Retriever) -> None:
    network = retriever.network
    held = network.words
    graph = Words(held.ends.numpy(), held.words.numpy(), held.shares.numpy(), len(held.column))
    said, prior = words_said(graph), word_prior(graph, LEAST_PRIOR)
    shares, expected = held.dense()
    assert np.array_equal(said, (shares * 255).round().numpy().T)
    assert np.allclose(prior, expected.numpy(), rtol=1e-6)
    tables = tables_of(network)
    told = {
        "sample": SAMPLE, "neighbours": held.neighbours, "temperature": held.temperature,
        "smoothing": held.smoothing, "lowest": LOWEST, "highest": HIGHEST,
    }  # fmt: skip
    bank = network.text_hub.bank.numpy()
    assert np.allclose(worded_table(bank, said, prior, told), tables["worded"], atol=1e-5)
    detected = detected_table(network.detector.sample.numpy(), STEPS)
    assert np.array_equal(detected, tables["detected"])
    hub = network.text_hub
    queries = recall_queries(network.photo_hub.bank.numpy(), bank, hub.nearest, hub.weight)
    assert np.allclose(queries, retriever.recall_queries(), atol=1e-6)


def test_rows_of_captions() -> None:
    ends = np.array([3, 4, 9], np.int32)
    rows, mask = caption_rows(ends, 9)
    made = CrossHub(3, 9, 4)
    made.ends.copy_(torch.from_numpy(ends))
    torch_rows, torch_mask = torch_caption_rows(made)
    assert np.array_equal(rows, torch_rows.numpy())
    assert np.array_equal(mask, torch_mask.numpy())
