"""The classes that an image encoder was trained on, as a linear map of its features."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = ["Classifier"]


class Classifier(NamedTuple):
    """A linear map from a region's features to the logits of K classes."""

    weight: Tensor
    """(K, D) float32."""
    bias: Tensor
    """(K,) float32."""
