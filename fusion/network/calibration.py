"""Calibration: from scores to match probabilities, and the threshold between match and no match."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Calibration", "best_threshold", "fit_logistic"]


class Calibration(nn.Module):
    """Platt scaling (Platt, 1999) of both stages' scores, and the matching threshold.

    Both separate true pairs from random ones; `fusion/network/look_alikes.py` handles hard pairs,
    whose photo resembles the text without being its own.

    Fitted on training photos that were held out of training, never on evaluated ones.
    """

    first: Tensor
    full: Tensor
    threshold: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("first", torch.tensor([1.0, 0.0]))
        self.register_buffer("full", torch.tensor([1.0, 0.0]))
        self.register_buffer("threshold", torch.zeros(()))

    def first_stage(self, scores: Tensor) -> Tensor:
        """Return probabilities from first-stage scores: (K,) -> (K,)."""
        return (self.first[0] * scores + self.first[1]).sigmoid()

    def reranked(self, scores: Tensor) -> Tensor:
        """Return probabilities from scores after re-ranking: (K,) -> (K,)."""
        return (self.full[0] * scores + self.full[1]).sigmoid()


def fit_logistic(scores: Tensor, labels: Tensor) -> Tensor:
    """Fit a logistic regression of (N,) labels 0 / 1 on (N,) scores; return (slope, offset), (2,).

    >>> a, b = fit_logistic(torch.tensor([-1.0, 1.0, -1.0, 1.0, 1.0, -1.0]),
    ...                     torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])).tolist()
    >>> round(a, 2), abs(round(b, 2))  # two in three are right on either side: log 2
    (0.69, 0.0)
    """
    spread = scores.std().clamp_min(1e-6).double()
    unit = scores.double() / spread
    weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        logits = weights[0] * unit + weights[1]
        loss = functional.binary_cross_entropy_with_logits(logits, labels.double())
        loss.backward()
        return loss

    solver.step(closure)
    slope, offset = weights.detach()
    return torch.stack([slope / spread, offset]).float()


def best_threshold(scores: Tensor, labels: Tensor) -> float:
    """Return the threshold of highest accuracy: (N,) scores, (N,) bool or 0 / 1; matches are above.

    It is the midpoint of two neighbouring scores; among equally good thresholds, the lowest.

    >>> best_threshold(torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 0, 1, 1]))
    0.5
    """
    order = scores.argsort()
    ordered, truth = scores[order].double(), labels[order].double()
    below_right = torch.cat([torch.zeros(1).double(), (1 - truth).cumsum(0)])
    above_right = truth.sum() - torch.cat([torch.zeros(1).double(), truth.cumsum(0)])
    cut = int((below_right + above_right).argmax())
    if cut == 0:
        return float(ordered[0] - 1e-6)
    if cut == len(ordered):
        return float(ordered[-1] + 1e-6)
    return round(float((ordered[cut - 1] + ordered[cut]) / 2), 7)
