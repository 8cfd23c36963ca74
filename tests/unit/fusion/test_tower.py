"""Tuned encoder layers: the encoder's own numbers, and the gradients of plain layers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from fusion.network.tuned_layers import FrozenDepthwise, TunedBlocks, freeze_depthwise


def blocks() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 6, 1), nn.ReLU6(), nn.Conv2d(6, 6, 5, padding=2, groups=6), nn.Conv2d(6, 4, 1)
    )


def test_regions_are_the_cells_row_by_row() -> None:
    plain, lower = blocks(), torch.randn(2, 5, 5, 3)
    found = TunedBlocks(copy.deepcopy(plain))(lower)
    assert found.shape == (2, 25, 4)
    maps = plain(lower.permute(0, 3, 1, 2))
    torch.testing.assert_close(found[:, 7], maps[:, :, 1, 2])


def test_gradients_pass_a_frozen_depthwise_convolution_as_they_pass_a_plain_one() -> None:
    plain = blocks()
    tuned = TunedBlocks(freeze_depthwise(copy.deepcopy(plain)))
    lower = torch.randn(2, 5, 5, 3)
    weights = torch.randn(2, 25, 4)
    (tuned(lower) * weights).sum().backward()
    maps = plain(lower.permute(0, 3, 1, 2)).flatten(2).transpose(1, 2)
    (maps * weights).sum().backward()
    assert isinstance(tuned.blocks[2], FrozenDepthwise)
    assert [name for name, _ in tuned.named_parameters()] == [
        "blocks.0.weight", "blocks.0.bias", "blocks.3.weight", "blocks.3.bias",
    ]  # fmt: skip
    torch.testing.assert_close(tuned.blocks[0].weight.grad, plain[0].weight.grad)


def test_freezing_changes_no_number_and_no_name() -> None:
    plain, lower = blocks(), torch.randn(2, 5, 5, 3)
    frozen = freeze_depthwise(copy.deepcopy(plain))
    assert frozen.state_dict().keys() == plain.state_dict().keys()
    torch.testing.assert_close(TunedBlocks(frozen)(lower), TunedBlocks(plain)(lower))


def test_a_depthwise_convolution_with_a_stride_stays_trainable() -> None:
    frozen = freeze_depthwise(nn.Sequential(nn.Conv2d(4, 4, 3, stride=2, groups=4)))
    assert isinstance(frozen[0], nn.Conv2d)


def test_a_depthwise_convolution_with_a_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="stride 1"):
        FrozenDepthwise(nn.Conv2d(4, 4, 3, stride=2, groups=4))
