"""What an image encoder was trained to tell apart, as a linear map of its features."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = ["Classifier"]


class Classifier(NamedTuple):
    """Logits of K classes of a region."""

    weight: Tensor
    """(K, D) float32."""
    bias: Tensor
    """(K,) float32."""
