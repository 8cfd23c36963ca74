"""The encoders' last layers as a trained part of the network.

The layers below stay frozen and their output is cached, which keeps fine-tuning affordable without
a GPU; the checkpoint holds only the tuned layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["TunedBlocks", "TunedLayers", "freeze_depthwise"]


class TunedLayers(nn.Module):
    """Transformer layers over cached lower states: (B, T, D), (B, T) bool -> (B, T, D)."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, lower: Tensor, mask: Tensor) -> Tensor:
        """Run the layers; the output is zero at padding."""
        additive = torch.zeros(mask.shape, device=lower.device).masked_fill(~mask, -1e9)
        hidden = lower
        for layer in self.layers:
            outputs = layer(hidden, additive[:, None, None, :])
            hidden = outputs[0] if isinstance(outputs, tuple) else outputs
        return hidden.masked_fill(~mask.unsqueeze(-1), 0.0)


class TunedBlocks(nn.Module):
    """Convolutional blocks over cached lower maps: (B, rows, columns, C) -> (B, R, D) regions.

    Batch norms have already been folded.
    """

    def __init__(self, blocks: nn.Sequential) -> None:
        super().__init__()
        self.blocks = blocks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, lower: Tensor) -> Tensor:
        """Run the blocks; regions are in row order from the top left corner."""
        maps: Tensor = self.blocks(lower.permute(0, 3, 1, 2))
        return maps.flatten(2).transpose(1, 2)


def freeze_depthwise(blocks: nn.Sequential) -> nn.Sequential:
    """Freeze depthwise convolutions of stride 1, in place, for training on a CPU.

    They hold 3% of the weights, but on a CPU their gradient would take longer than the gradients of
    all other weights together.
    """
    for module in list(blocks.modules()):
        for name, child in list(module.named_children()):
            if not isinstance(child, nn.Conv2d) or child.stride != (1, 1):
                continue
            if child.groups == child.in_channels > 1:
                setattr(module, name, FrozenDepthwise(child))
    return blocks


class FrozenDepthwise(nn.Module):
    """A frozen depthwise convolution of stride 1: (B, C, H, W) -> (B, C, H, W)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        if convolution.stride != (1, 1) or convolution.bias is None:
            raise ValueError(f"expected a folded convolution of stride 1, found {convolution}")
        self.register_buffer("weight", convolution.weight.detach().clone())
        self.register_buffer("bias", convolution.bias.detach().clone())

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve; the output is as large as the input."""
        convolved: Tensor = _Depthwise.apply(maps, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return convolved


class _Depthwise(torch.autograd.Function):
    """Passes gradients to the maps only, with the same fast kernel and the filter flipped."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weight)
        return _depthwise(maps, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (weight,) = ctx.saved_tensors
        return _depthwise(gradient, weight.flip(2, 3), None), None, None


def _depthwise(maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    weight = weight.to(maps.dtype)
    bias = bias.to(maps.dtype) if bias is not None else None
    return functional.conv2d(maps, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
