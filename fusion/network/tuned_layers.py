"""The encoders' last layers, as part of what is trained.

The layers below stay frozen and their output is cached, which leaves fine-tuning affordable
without a GPU; the checkpoint holds the tuned layers only.
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
        """Run the layers; what stands at padding comes out as zero."""
        additive = torch.zeros(mask.shape, device=lower.device).masked_fill(~mask, -1e9)
        hidden = lower
        for layer in self.layers:
            outputs = layer(hidden, additive[:, None, None, :])
            hidden = outputs[0] if isinstance(outputs, tuple) else outputs
        return hidden.masked_fill(~mask.unsqueeze(-1), 0.0)


class TunedBlocks(nn.Module):
    """Convolutional blocks over cached lower maps: (B, rows, columns, C) -> (B, R, D) regions.

    Batch norms are folded already.
    """

    def __init__(self, blocks: nn.Sequential) -> None:
        super().__init__()
        self.blocks = blocks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, lower: Tensor) -> Tensor:
        """Run the blocks; regions come row by row from the top left corner."""
        maps: Tensor = self.blocks(lower.permute(0, 3, 1, 2))
        return maps.flatten(2).transpose(1, 2)


def freeze_depthwise(blocks: nn.Sequential) -> nn.Sequential:
    """Keep depthwise convolutions of stride 1 as they are, in place, for training on a CPU.

    They are three weights in a hundred, whose gradient would take more time there than that of all
    others together.
    """
    for module in list(blocks.modules()):
        for name, child in list(module.named_children()):
            if not isinstance(child, nn.Conv2d) or child.stride != (1, 1):
                continue
            if child.groups == child.in_channels > 1:
                setattr(module, name, FrozenDepthwise(child))
    return blocks


class FrozenDepthwise(nn.Module):
    """A depthwise convolution of stride 1 whose weights are not trained: (B, C, H, W) -> same."""

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
    """Passes a gradient to the maps alone, by the same fast kernel with the filter turned round."""

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
