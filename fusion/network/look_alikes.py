"""Does a photo match a text, or is it merely alike?

A ranking score compares photos of one text, so what it takes off for hubs is set for ranking. To
call a single pair a match is another question: how much of a hub either side is says how far a high
score can be trusted. This is a logistic regression on the score, the hub corrections of both sides,
and their squares and products, which may pay where one correction leans on another.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Evidence", "LookAlikeTest"]

RIDGE = 3e-3


class Evidence(NamedTuple):
    """What is known of N pairs, (N,) float32 each."""

    score: Tensor
    """The final one."""
    text_hub: Tensor
    """These, and what they correct, as in `TextVectors` and `PhotoVectors`."""
    bag_hub: Tensor
    detected_hub: Tensor
    photo_hub: Tensor
    cross_hub: Tensor


FACTS = len(Evidence._fields)
TERMS = FACTS + FACTS * (FACTS + 1) // 2


class LookAlikeTest(nn.Module):
    """Log odds that a pair is a match and not a look-alike; fitted, never trained by gradients."""

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
        """(N,) log odds; at 0 both are as likely, where as many of either are asked about."""
        return self.terms(evidence) @ self.weights + self.offset

    def terms(self, evidence: Evidence) -> Tensor:
        """Standardised facts and their products: (N, TERMS)."""
        facts = (torch.stack(evidence, dim=1) - self.mean) / self.spread
        rows, columns = torch.triu_indices(FACTS, FACTS)
        return torch.cat([facts, facts[:, rows] * facts[:, columns]], dim=1)

    def fit(self, evidence: Evidence, matches: Tensor) -> None:
        """Fit to N pairs, of which `matches` (N,) bool are true; both kinds weigh the same."""
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
