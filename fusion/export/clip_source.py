"""A CLIP-like model loaded by transformers, with its own processor and tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor, nn

from fusion.encoders.quiet_loading import quiet_transformers, require_all_tensors
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.export.clip_steps import pixel_steps, plain_tokenizer, text_steps
from fusion.runtime.clip.pixel_steps import PixelSteps
from fusion.runtime.clip.text_steps import TextSteps
from fusion.runtime.model_errors import WeightsMismatch, one_line

__all__ = ["ClipSource", "Inputs", "TransformersClip", "load_transformers_clip", "sigmoid_of"]

Inputs = dict[str, Tensor]


class ClipSource(Protocol):
    """A model that embeds photos and texts into one space, with its library's preprocessing."""

    @property
    def pixels(self) -> PixelSteps:
        """How photos become inputs."""

    @property
    def texts(self) -> TextSteps:
        """How tokens become inputs."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, with truncation at the limit and without padding."""

    @property
    def sigmoid(self) -> tuple[float, float | None]:
        """Scale and offset of the cosines; the offset is None for a model without one."""

    def image_module(self) -> nn.Module:
        """Return a module from `image_inputs` to features (1, D), not yet of unit length."""

    def text_module(self) -> nn.Module:
        """Return a module from `text_inputs` to features (1, D), not yet of unit length."""

    def image_inputs(self, image: Image.Image) -> Inputs:
        """Return the inputs for one photo, computed by the library itself."""

    def text_inputs(self, text: str) -> Inputs:
        """Return the inputs for one text, computed by the library itself."""


@dataclass(frozen=True)
class TransformersClip:
    """Any transformers model with image and text features."""

    model: Any
    processor: Any
    slow_tokenizer: Any
    pixels: PixelSteps
    texts: TextSteps
    tokenizer: Tokenizer
    sigmoid: tuple[float, float | None]

    def image_module(self) -> nn.Module:
        """Return `get_image_features` as a module."""
        return _Features(self.model, "get_image_features", list(self.image_inputs(_GREY)))

    def text_module(self) -> nn.Module:
        """Return `get_text_features` as a module."""
        return _Features(self.model, "get_text_features", list(self.text_inputs("a dog")))

    def image_inputs(self, image: Image.Image) -> Inputs:
        """Return the processor's output for one photo."""
        return dict(self.processor(images=[image], return_tensors="pt"))

    def text_inputs(self, text: str) -> Inputs:
        """Return the tokenizer's output for one text, padded as in the model's training."""
        padding = {"padding": "max_length"} if self.texts.pads else {}
        tokens = self.slow_tokenizer(
            [text], truncation=True, max_length=self.texts.length, return_tensors="pt", **padding
        )
        names = ("input_ids", "attention_mask")
        return {name: tokens[name] for name in names if name in tokens}


_GREY = Image.new("RGB", (64, 48), (120, 120, 120))


class _Features(nn.Module):
    """Wraps a model's method as a module; inputs are passed in the order of `names`."""

    def __init__(self, model: Any, method: str, names: Sequence[str]) -> None:  # noqa: ANN401
        super().__init__()
        self.model, self.method, self.names = model, method, names

    def forward(self, first: Tensor, second: Tensor | None = None,
                third: Tensor | None = None) -> Tensor:  # fmt: skip
        given = zip(self.names, (first, second, third), strict=False)
        output = getattr(self.model, self.method)(
            **{name: value for name, value in given if value is not None}
        )
        features: Tensor = output if isinstance(output, Tensor) else output.pooler_output
        return features


def load_transformers_clip(folder: Path) -> TransformersClip:
    """Load a model from its folder.

    Raises:
        WeightsMismatch: it holds no model with image and text features, or one whose preprocessing
            is not supported here.
    """
    ensure_torchvision()
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    try:
        with quiet_transformers():
            # The stubs don't know that with `output_loading_info` a pair is returned.
            load: Any = AutoModel.from_pretrained
            model, report = load(
                folder,
                local_files_only=True,
                dtype=torch.float32,
                attn_implementation="eager",
                output_loading_info=True,
            )
            processor = AutoImageProcessor.from_pretrained(
                folder, local_files_only=True, backend="pil"
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model.get_image_features, model.get_text_features  # noqa: B018 - any other model lacks them
        require_all_tensors(report)
        fast = plain_tokenizer(tokenizer)
        texts = text_steps(model.config, tokenizer)
        fast.enable_truncation(texts.length, direction=tokenizer.truncation_side)
        fast.no_padding()
        pixels = pixel_steps(processor)
    except Exception as error:  # transformers raises whatever its parsers meet
        raise WeightsMismatch(
            f"{folder}: not a CLIP-like model that can be read ({one_line(error)})"
        ) from error
    model.eval().requires_grad_(False)
    return TransformersClip(model, processor, tokenizer, pixels, texts, fast, sigmoid_of(model))


def sigmoid_of(model: Any) -> tuple[float, float | None]:  # noqa: ANN401 - of either library
    """Return the scale and the offset of a model's cosines; the offset is None if there is none."""
    scale = getattr(model, "logit_scale", None)
    offset = getattr(model, "logit_bias", None)
    scaled = 1.0 if scale is None else float(scale.exp())
    return scaled, None if offset is None else float(offset)
