"""Turns texts into a CLIP-like model's inputs: tokens, truncated and padded as in its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["IDS", "MASK", "TextSteps"]

IDS, MASK = "input_ids", "attention_mask"
"""Names of a graph's inputs; only models that mask padding have the second."""


@dataclass(frozen=True)
class TextSteps:
    """How tokens become a graph's inputs; earlier steps are in the tokenizer's own file.

    Attributes:
        length: the number of tokens that texts are padded to; the tokenizer truncates longer texts.
        pads: whether texts are padded at all.
        pad_id: the id of the padding token.
        pads_left: whether padding comes before the text.
        is_masked: whether the graph takes a mask of padding.
        prompt: a template for texts, in which `{}` stands for the text.
    """

    length: int
    pads: bool
    pad_id: int
    pads_left: bool
    is_masked: bool
    prompt: str = "{}"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the steps from the values of `to_json`."""
        return cls(**values)

    def to_json(self) -> dict[str, object]:
        """Return the values for `from_json`, as JSON types."""
        return asdict(self)

    def inputs_of(self, text: str, tokenizer: Tokenizer) -> dict[str, NDArray[np.int64]]:
        """Return a graph's inputs for one text, a batch of one."""
        ids = tokenizer.encode(self.prompt.replace("{}", text)).ids
        missing = max(0, self.length - len(ids)) if self.pads else 0
        padding, real = [self.pad_id] * missing, [1] * len(ids)
        mask = [0] * missing + real if self.pads_left else real + [0] * missing
        padded = padding + ids if self.pads_left else ids + padding
        inputs = {IDS: np.array([padded], np.int64)}
        return inputs | {MASK: np.array([mask], np.int64)} if self.is_masked else inputs
