"""From a text to what a CLIP-like model takes: tokens, cut off and padded as it was trained."""

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
"""Names of a graph's inputs; the second of a model that is told which tokens are padding."""


@dataclass(frozen=True)
class TextSteps:
    """How tokens become a graph's inputs; the tokenizer's own file has what comes before.

    Attributes:
        length: tokens to which texts are padded; the tokenizer cuts off what is beyond.
        pads: whether they are padded at all.
        pad_id: of the token that stands for nothing.
        pads_left: whether padding comes before the text.
        is_masked: whether the graph is told what is padding.
        prompt: what a text is put into, `{}` standing for it.
    """

    length: int
    pads: bool
    pad_id: int
    pads_left: bool
    is_masked: bool
    prompt: str = "{}"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Take what was written down of them."""
        return cls(**values)

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` takes, of JSON's types."""
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
