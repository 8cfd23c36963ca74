"""Detects in a photo's regions which words a caption of it would use.

After Fang et al. (CVPR 2015): one linear detector per word, learnt from captions alone. Captions do
not say which region shows a thing, so a detector reads all regions, and the strongest ones decide.
The word graph uses what captions say of similar photos; this uses what the regions show.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["WordDetector"]

LOWEST, HIGHEST = -3.0, 6.0
LEAST_PRIOR = 1e-4
STEPS = 20
"""Steps per unit of log odds in the int8 that the sample is stored as."""
NEAREST = 4


class WordDetector(nn.Module):
    """Computes the log odds of V words from the photo nodes of the cross-modal graph.

    Args:
        words: V, the number of words.
        width: the width of a node.
        sample: the number of training photos whose log odds are kept, to correct texts that fit
            many photos.
    """

    prior: Tensor
    sample: Tensor

    def __init__(self, words: int, width: int, sample: int) -> None:
        super().__init__()
        self.regions = nn.Parameter(torch.randn(words, width) * 0.02)
        self.whole = nn.Parameter(torch.randn(words, width) * 0.02)
        self.bias = nn.Parameter(torch.zeros(words))
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.register_buffer("prior", torch.full((words,), 0.5))
        self.register_buffer("sample", torch.zeros(sample, words, dtype=torch.int8))

    @torch.no_grad()
    def start(self, prior: Tensor) -> None:
        """Set each word's share of training captions, (V,), as the untrained detector's output."""
        self.prior.copy_(prior.clamp(LEAST_PRIOR, 1 - LEAST_PRIOR))
        self.bias.copy_(self.prior.logit())

    def forward(self, nodes: Tensor, columns: Tensor | None = None) -> Tensor:
        """Return logits of words.

        Args:
            nodes: (B, R + 1, Dn) float32 of unit length, the whole photo before its regions.
            columns: (W,) int64, the columns of the words to compute; None for all.

        Returns:
            (B, W) float32.
        """
        parts: list[Tensor] = [self.regions, self.whole, self.bias]
        if columns is not None:
            parts = [part[columns] for part in parts]
        regions, whole, bias = parts
        shown = nodes * self.log_scale.exp()
        cosines = functional.linear(shown[:, 1:], regions).float()
        # Counted with a tensor, so that an exported graph works for any number of regions.
        count = cosines.new_ones(cosines.shape[1]).sum()
        strongest: Tensor = cosines.logsumexp(1) - count.log()
        return strongest + functional.linear(shown[:, 0], whole).float() + bias

    def odds(self, nodes: Tensor, columns: Tensor | None = None) -> Tensor:
        """Return words' log odds against the average training photo: (B, W), from -3 to 6."""
        prior = self.prior if columns is None else self.prior[columns]
        likelihood: Tensor = functional.logsigmoid(self(nodes, columns))
        return (likelihood - prior.log()).clamp(LOWEST, HIGHEST)

    def keep_sample(self, odds: Tensor) -> None:
        """Keep the log odds (S, V) of a sample of training photos."""
        self.sample.copy_((odds * STEPS).round().clamp(-127, 127))

    def hub(self, bags: Tensor) -> Tensor:
        """Return how well each text's words fit photos in general: (B, V) -> (B,), to subtract."""
        if not len(self.sample):
            return bags.new_zeros(len(bags))
        columns = bags.any(0).nonzero().squeeze(1)
        fits = bags[:, columns] @ (self.sample[:, columns].float().T / STEPS)
        return fits.topk(min(NEAREST, fits.shape[1]), dim=1).values.mean(1)
