"""Which words would be said of a photo, read off its regions.

After Fang et al. (CVPR 2015): a linear detector of each word, learnt from captions alone; which
region shows the thing is left open, so the detector looks at all of them and takes what stands out.
The word graph asks what was said of photos that look alike; this asks what the regions show.
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
"""A log odd of 1 is so many steps of the int8 that the sample is kept in."""
NEAREST = 4


class WordDetector(nn.Module):
    """Log odds of V words from the nodes that the cross-modal graph reads of a photo.

    Args:
        words: V.
        width: of a node.
        sample: training photos whose log odds are kept, to correct texts for being true of many.
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
        """Set the share of training captions that say each word, (V,): an untrained detector's."""
        self.prior.copy_(prior.clamp(LEAST_PRIOR, 1 - LEAST_PRIOR))
        self.bias.copy_(self.prior.logit())

    def forward(self, nodes: Tensor, columns: Tensor | None = None) -> Tensor:
        """Logits of words.

        Args:
            nodes: (B, R + 1, Dn) float32 of unit length, the whole photo before its regions.
            columns: (W,) int64, the words that are asked for; None for all.

        Returns:
            (B, W) float32.
        """
        parts: list[Tensor] = [self.regions, self.whole, self.bias]
        if columns is not None:
            parts = [part[columns] for part in parts]
        regions, whole, bias = parts
        shown = nodes * self.log_scale.exp()
        cosines = functional.linear(shown[:, 1:], regions).float()
        # Counted by a tensor, so that an export of it is not bound to one number of regions.
        count = cosines.new_ones(cosines.shape[1]).sum()
        strongest: Tensor = cosines.logsumexp(1) - count.log()
        return strongest + functional.linear(shown[:, 0], whole).float() + bias

    def odds(self, nodes: Tensor, columns: Tensor | None = None) -> Tensor:
        """How much likelier each word is than of photos at large: -> (B, W), from -3 to 6."""
        prior = self.prior if columns is None else self.prior[columns]
        likelihood: Tensor = functional.logsigmoid(self(nodes, columns))
        return (likelihood - prior.log()).clamp(LOWEST, HIGHEST)

    def keep_sample(self, odds: Tensor) -> None:
        """Keep the log odds (S, V) of a sample of training photos."""
        self.sample.copy_((odds * STEPS).round().clamp(-127, 127))

    def hub(self, bags: Tensor) -> Tensor:
        """How well each text's words fit just any photo: (B, V) bags -> (B,), to subtract."""
        if not len(self.sample):
            return bags.new_zeros(len(bags))
        columns = bags.any(0).nonzero().squeeze(1)
        fits = bags[:, columns] @ (self.sample[:, columns].float().T / STEPS)
        return fits.topk(min(NEAREST, fits.shape[1]), dim=1).values.mean(1)
