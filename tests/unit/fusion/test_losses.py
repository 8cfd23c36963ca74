"""The contrastive loss by hand."""

from __future__ import annotations

import math

import pytest
import torch

from fusion.training.losses import contrastive_loss, multi_positive_loss


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


def cross_entropy(logits: list[float], right: int) -> float:
    return math.log(sum(math.exp(each) for each in logits)) - logits[right]


def test_both_directions_count_half_each() -> None:
    similarity = [[2.0, 1.0, -1.0], [0.5, 0.0, 3.0], [-2.0, 1.5, 0.25]]
    columns = [list(column) for column in zip(*similarity, strict=True)]
    rows = sum(cross_entropy(row, number) for number, row in enumerate(similarity)) / 3
    others = sum(cross_entropy(column, number) for number, column in enumerate(columns)) / 3
    assert rows != pytest.approx(others, abs=0.05)
    loss = contrastive_loss(torch.tensor(similarity), torch.tensor([1, 2, 3]))
    assert loss.item() == pytest.approx((rows + others) / 2, abs=1e-6)


def test_several_right_answers_are_told_from_the_wrong_ones_alone() -> None:
    # The right answers are 0 and 1 for query 0, and 2 for query 1; 3 is right for neither.
    similarity = torch.tensor([[1.0, 3.0, 0.0, -1.0], [0.5, -0.5, 2.0, 1.0]])
    positive = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 0]], dtype=torch.bool)

    def lost(right: float, *wrong: float) -> float:
        return cross_entropy([right, *wrong], 0)

    queries = [
        (lost(1.0, 0.0, -1.0) + lost(3.0, 0.0, -1.0)) / 2,
        lost(2.0, 0.5, -0.5, 1.0),
    ]
    answers = [lost(1.0, 0.5), lost(3.0, -0.5), lost(2.0, 0.0)]
    wanted = (sum(queries) / 2 + sum(answers) / 3) / 2
    assert multi_positive_loss(similarity, positive).item() == pytest.approx(wanted, abs=1e-6)
