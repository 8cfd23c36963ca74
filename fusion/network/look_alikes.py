"""Decides whether a photo matches a text or merely resembles a match.

A ranking score compares photos for one text, so its hub corrections are fitted for ranking. Calling
a single pair a match is another question: how much of a hub either side is tells how far a high
score can be trusted. This is a logistic regression on the score, the hub corrections of both sides,
and their squares and products, which help where one correction depends on another.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Evidence", "LookAlikeTest"]

RIDGE = 3e-3


class Evidence(NamedTuple):
    """The score and the hub corrections of N pairs, (N,) float32 each."""

    score: Tensor
    """The final score."""
    text_hub: Tensor
    """This and the fields below are the corrections of `TextVectors` and `PhotoVectors`."""
    bag_hub: Tensor
    detected_hub: Tensor
    photo_hub: Tensor
    cross_hub: Tensor


FACTS = len(Evidence._fields)
TERMS = FACTS + FACTS * (FACTS + 1) // 2


class LookAlikeTest(nn.Module):
    """Computes log odds that a pair is a match, not a look-alike; fitted apart from training."""

    mean: Tensor
    spread: Tensor
    weights: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FACTS))
        self.register_buffer("spread", torch.ones(FACTS))
        self.register_buffer("weights", torch.zeros(TERMS))
        self.register_buffer("offset", torch.zeros(()))

    def forward(self, evidence: Evidence) -> Tensor:
        """Return log odds (N,), given as many matches as look-alikes; 0 means equally likely."""
        return self.terms(evidence) @ self.weights + self.offset

    def terms(self, evidence: Evidence) -> Tensor:
        """Return the standardised facts and their products: (N, TERMS)."""
        facts = (torch.stack(evidence, dim=1) - self.mean) / self.spread
        rows, columns = torch.triu_indices(FACTS, FACTS)
        return torch.cat([facts, facts[:, rows] * facts[:, columns]], dim=1)

    def fit(self, evidence: Evidence, matches: Tensor) -> None:
        """Fit to N pairs; `matches` (N,) bool says which are true. Both kinds weigh the same."""
        facts = torch.stack(evidence, dim=1)
        self.mean.copy_(facts.mean(0))
        self.spread.copy_(facts.std(0).clamp_min(1e-6))
        terms, labels = self.terms(evidence), matches.float()
        share = labels.mean()
        weight = torch.where(matches, 0.5 / share, 0.5 / (1 - share))
        solution = torch.zeros(TERMS + 1, requires_grad=True)
        solver = torch.optim.LBFGS([solution], max_iter=300, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            solver.zero_grad()
            logits = terms @ solution[:-1] + solution[-1]
            loss = functional.binary_cross_entropy_with_logits(logits, labels, weight)
            loss = loss + RIDGE * solution[:-1].square().sum()
            loss.backward()
            return loss

        solver.step(closure)
        self.weights.copy_(solution.detach()[:-1])
        self.offset.copy_(solution.detach()[-1])
