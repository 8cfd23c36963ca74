"""The text encoder's last transformer layers, as part of what is trained.

The layers below stay frozen and their output is cached, which leaves fine-tuning a text encoder
affordable without a GPU; the checkpoint holds the tuned layers only.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["TunedLayers"]


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
            found = layer(hidden, additive[:, None, None, :])
            hidden = found[0] if isinstance(found, tuple) else found
        return hidden.masked_fill(~mask.unsqueeze(-1), 0.0)
