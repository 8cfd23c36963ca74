"""Platt scaling and thresholds against an independent implementation."""

from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from fusion.network.calibration import best_threshold, fit_logistic


def test_logistic_fit_agrees_with_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(400, generator=generator) > 0.5).float()
    scores = labels * 0.1 + torch.randn(400, generator=generator) * 0.1
    other = LogisticRegression(C=1e8, tol=1e-8).fit(scores.unsqueeze(1).numpy(), labels.numpy())
    slope, offset = fit_logistic(scores, labels).tolist()
    assert slope == pytest.approx(other.coef_[0, 0], rel=1e-2)
    assert offset == pytest.approx(other.intercept_[0], abs=1e-2)


@pytest.mark.parametrize(
    ("scores", "labels", "expected_right"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0, 1, 0, 1], 3),
        ([0.1, 0.2], [1, 1], 2),
        ([0.1, 0.2], [0, 0], 2),
        ([0.4, 0.1, 0.3], [1, 0, 1], 3),
    ],
)
def test_no_threshold_is_more_accurate(
    scores: list[float], labels: list[int], expected_right: int
) -> None:
    cut = best_threshold(torch.tensor(scores), torch.tensor(labels))
    right = sum((score > cut) == bool(label) for score, label in zip(scores, labels, strict=True))
    assert right == expected_right
