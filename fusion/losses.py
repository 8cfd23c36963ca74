"""Losses that teach which photo belongs to which caption."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["contrastive_loss"]


def contrastive_loss(similarity: Tensor, photo_ids: Tensor) -> Tensor:
    """Symmetric InfoNCE (Oord et al., 2018) in which siblings are neither right nor wrong.

    Args:
        similarity: (B, B) float32 logits, captions down and photos across; pair b is (b, b).
        photo_ids: (B,) int64: pairs with the same id are of one photo; the off-diagonal cells
            between them are masked, since calling them wrong would be false.

    Returns:
        A scalar: the mean of both directions' cross-entropies.

    >>> s = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> round(contrastive_loss(s, torch.tensor([1, 2])).item(), 4)  # log(1 + e^-2)
    0.1269
    >>> contrastive_loss(s, torch.tensor([7, 7])).item()
    0.0
    """
    siblings = photo_ids.unsqueeze(0) == photo_ids.unsqueeze(1)
    siblings = siblings & ~torch.eye(len(photo_ids), dtype=torch.bool, device=siblings.device)
    masked = similarity.masked_fill(siblings, -torch.inf)
    target = torch.arange(len(photo_ids), device=similarity.device)
    both = functional.cross_entropy(masked, target) + functional.cross_entropy(masked.T, target)
    return both / 2
