"""Contrastive losses between photos and captions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["contrastive_loss", "multi_positive_loss"]


def contrastive_loss(similarity: Tensor, photo_ids: Tensor) -> Tensor:
    """Return symmetric InfoNCE (Oord et al., 2018) without false negatives from the same photo.

    Args:
        similarity: (B, B) float32 logits, a row per caption and a column per photo; pair b is at
            (b, b).
        photo_ids: (B,) int64: pairs with the same id are of one photo; the off-diagonal cells
            between them are masked, because they are no true negatives.

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


def multi_positive_loss(similarity: Tensor, positive: Tensor) -> Tensor:
    """Return symmetric InfoNCE in which a query may have several right answers.

    Each right answer is contrasted with the wrong ones only: this is SupCon's L_out (Khosla et al.,
    NeurIPS 2020) without the other right answers in the denominator. A query's loss is the mean
    over its right answers.

    Args:
        similarity: (Q, G) float32 logits.
        positive: (Q, G) bool, true for right answers; rows without any don't count, nor do such
            columns in the other direction.

    Returns:
        A scalar: the mean of both directions.

    >>> s = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> round(multi_positive_loss(s, torch.eye(2, dtype=torch.bool)).item(), 4)  # log(1 + e^-2)
    0.1269
    >>> multi_positive_loss(s, torch.ones(2, 2, dtype=torch.bool)).item()
    0.0
    """
    return (_one_direction(similarity, positive) + _one_direction(similarity.T, positive.T)) / 2


def _one_direction(similarity: Tensor, positive: Tensor) -> Tensor:
    wrong = similarity.masked_fill(positive, -1e9).logsumexp(1, keepdim=True)
    lost = functional.softplus(wrong - similarity).masked_fill(~positive, 0.0)
    counts = positive.sum(1)
    has_positive = counts > 0
    return (lost.sum(1)[has_positive] / counts[has_positive]).mean()
