"""The initializers of a model's graphs, computed from tensors of a checkpoint or of an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.prepare.banks import Words, caption_rows, unit_rows, word_prior, words_said
from fusion.runtime.prepare.checkpoint_file import CheckpointFile

__all__ = ["Weights", "folded"]

Tensor = NDArray[Any]


@dataclass(frozen=True)
class Weights:
    """The sources of initializers.

    Attributes:
        checkpoint: the model's checkpoint.
        text: tensors of the text encoder's file.
        image: tensors of the image encoder's file.
        constants: the constants of a `Template`.
    """

    checkpoint: CheckpointFile
    text: Mapping[str, Tensor]
    image: Mapping[str, Tensor]
    constants: Mapping[str, Any]

    def initializer(self, kind: str, *source: Any) -> Tensor:  # noqa: ANN401
        """Return an initializer from its kind and source, as a `Template` lists them.

        Raises:
            CheckpointError, WeightsMismatch: a tensor is missing.
        """
        if kind == "checkpoint":
            return self.checkpoint.tensor(*source)
        if kind == "text":
            return _of(self.text, *source)
        if kind in ("folded_weight", "folded_bias"):
            convolution, norm, epsilon = source
            weight = _of(self.image, convolution)
            parts = [_of(self.image, f"{norm}.{part}") for part in NORM]
            gain, offset, mean, variance = parts
            both = folded(weight, gain, offset, mean, variance, epsilon)
            return both[kind == "folded_bias"]
        if kind == "unit_columns":
            return np.ascontiguousarray(unit_rows(self.checkpoint.tensor(*source)).T)
        tensor: Tensor = getattr(self, kind)
        return tensor

    @cached_property
    def words(self) -> Words:
        """The word graph."""
        ends, words, shares = (
            self.checkpoint.tensor(f"words.{part}") for part in ("ends", "words", "shares")
        )
        return Words(ends, words, shares, len(self.checkpoint.config["network"]["vocabulary"]))

    @cached_property
    def said(self) -> NDArray[np.uint8]:
        """The result of `words_said`: (V, N)."""
        return words_said(self.words)

    @cached_property
    def prior(self) -> NDArray[np.float32]:
        """The result of `word_prior`: (V,)."""
        return word_prior(self.words, self.constants["least_prior"])

    @property
    def region_maps(self) -> NDArray[np.float32]:
        """The cross-modal graph's projection of regions, head by head: (heads, Dn, d) float32."""
        heads = self.checkpoint.config["network"]["reranker"]["heads"]
        rows = self.checkpoint.tensor("cross.region_keys.weight")
        maps = rows.reshape(heads, -1, rows.shape[1]).transpose(0, 2, 1)
        return np.ascontiguousarray(maps)

    @property
    def caption_rows(self) -> NDArray[np.int64]:
        """Node rows of the captions for the cross-modal graph's hub correction: (M, T)."""
        return self._captions[0]

    @property
    def caption_mask(self) -> NDArray[np.bool_]:
        """The mask of `caption_rows`: (M, T)."""
        return self._captions[1]

    @cached_property
    def _captions(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        ends, nodes = (self.checkpoint.tensor(f"cross_hub.{part}") for part in ("ends", "nodes"))
        return caption_rows(ends, len(nodes))


NORM = ("weight", "bias", "running_mean", "running_var")


def folded(
    weight: Tensor, gain: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, epsilon: float
) -> tuple[Tensor, Tensor]:
    """Fold a batch norm into the convolution before it, which has no bias of its own.

    The operations are in the order of torch's `fuse_conv_bn_weights`, so the numbers are
    bit-identical: weight (O, I, H, W) and the norm's (O,) each, float32 -> weight and bias (O,).
    """
    scale = np.float32(1) / np.sqrt(variance + np.float32(epsilon))
    fused = weight * (gain * scale).reshape(-1, *[1] * (weight.ndim - 1))
    return fused, (np.float32(0) - mean) * scale * gain + offset


def _of(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    tensor = tensors.get(name)
    if tensor is None:
        raise WeightsMismatch(f"the encoders' weights lack {name}: reinstall their packages")
    return tensor
