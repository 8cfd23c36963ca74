"""The contrastive loss by hand."""

from __future__ import annotations

import math

import pytest
import torch

from fusion.training.losses import contrastive_loss


def test_siblings_are_neither_right_nor_wrong() -> None:
    similarity = torch.tensor([[1.0, 9.0, 0.0], [9.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    loss = contrastive_loss(similarity, torch.tensor([4, 4, 5]))
    # Rows 0 and 1 see 1 against 0; row 2 sees 1 against 0 twice. Columns alike.
    one, two = math.log(1 + math.exp(-1)), math.log(1 + 2 * math.exp(-1))
    assert loss.item() == pytest.approx((one + one + two) / 3, abs=1e-6)


def test_gradients_stay_finite_under_the_mask() -> None:
    similarity = torch.randn(4, 4, requires_grad=True)
    contrastive_loss(similarity, torch.tensor([1, 1, 1, 2])).backward()  # type: ignore[no-untyped-call]
    assert similarity.grad is not None
    assert torch.isfinite(similarity.grad).all()
