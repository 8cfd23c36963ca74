"""An OpenCLIP model (for example MobileCLIP), loaded by that library from a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn

from fusion.encoders.quiet_loading import quiet_transformers
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.export.clip_source import Inputs, sigmoid_of
from fusion.export.clip_steps import PUNCTUATION, plain_tokenizer
from fusion.runtime.clip.clip_folder import OPEN_CLIP
from fusion.runtime.clip.pixel_steps import PIXELS, PixelSteps
from fusion.runtime.clip.text_steps import IDS, TextSteps
from fusion.runtime.model_errors import WeightsMismatch, one_line

__all__ = ["OpenClip", "load_open_clip"]

FILTERS = {"nearest": 0, "bilinear": 2, "bicubic": 3}
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""Pattern of a word in OpenAI's tokenizer."""


@dataclass(frozen=True)
class OpenClip:
    """An OpenCLIP model as a `fusion.export.clip_source.ClipSource`."""

    model: Any
    preprocess: Any
    own_tokenizer: Any
    pixels: PixelSteps
    texts: TextSteps
    tokenizer: Tokenizer
    sigmoid: tuple[float, float | None]

    def image_module(self) -> nn.Module:
        """Return `encode_image` as a module."""
        return _Encoded(self.model, "encode_image")

    def text_module(self) -> nn.Module:
        """Return `encode_text` as a module."""
        return _Encoded(self.model, "encode_text")

    def image_inputs(self, image: Image.Image) -> Inputs:
        """Return the output of the model's own transform for one photo."""
        return {PIXELS: self.preprocess(image)[None]}

    def text_inputs(self, text: str) -> Inputs:
        """Return the tokenizer's output for one text."""
        return {IDS: self.own_tokenizer([text])}


class _Encoded(nn.Module):
    def __init__(self, model: Any, method: str) -> None:  # noqa: ANN401
        super().__init__()
        self.model, self.method = model, method

    def forward(self, first: Tensor) -> Tensor:
        features: Tensor = getattr(self.model, self.method)(first)
        return features


def load_open_clip(folder: Path) -> OpenClip:
    """Load a model from a folder with `open_clip_config.json`.

    Raises:
        ImportError: OpenCLIP is not installed.
        WeightsMismatch: the folder holds no such model, or its preprocessing is not supported.
    """
    ensure_torchvision()
    import open_clip

    try:
        with quiet_transformers():
            place = f"local-dir:{folder}"
            model, preprocess = open_clip.create_model_from_pretrained(place)
            own = open_clip.get_tokenizer(place)
        config = json.loads((folder / OPEN_CLIP).read_text(encoding="utf-8"))
        pixels = _pixel_steps(open_clip.get_model_preprocess_cfg(model))
        length = int(config["model_cfg"]["text_cfg"].get("context_length", 77))
        tokenizer, pad = _tokenizer(own)
    except Exception as error:  # the library raises whatever its parsers meet
        raise WeightsMismatch(
            f"{folder}: not a model of OpenCLIP that can be read ({one_line(error)})"
        ) from error
    tokenizer.enable_truncation(length)
    tokenizer.no_padding()
    texts = TextSteps(length, pads=True, pad_id=pad, pads_left=False, is_masked=False)
    model.eval().requires_grad_(False)
    return OpenClip(model, preprocess, own, pixels, texts, tokenizer, sigmoid_of(model))


def _pixel_steps(settings: dict[str, Any]) -> PixelSteps:
    size = settings["size"]
    rows, columns = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    mode = settings.get("resize_mode", "shortest")
    if (mode != "squash" and rows != columns) or settings.get("fill_color"):
        raise ValueError("its photos are not cropped to a square, or are padded with a colour")
    return PixelSteps(
        {"squash": "exact", "shortest": "shortest", "longest": "longest"}[mode],
        (rows, columns),
        FILTERS[settings.get("interpolation", "bicubic")],
        None if mode == "squash" else (rows, columns),
        1 / 255,
        tuple(settings["mean"]),
        tuple(settings["std"]),
        rounds_offsets=True,
    )


def _tokenizer(own: Any) -> tuple[Tokenizer, int]:  # noqa: ANN401
    """Return a tokenizer that does not need the library, and the id of its padding token."""
    cleaned = _cleaning(getattr(own, "clean_fn", None))
    if hasattr(own, "bpe_ranks"):
        tokenizer, pad = _byte_pairs(own), 0
    else:
        tokenizer, pad = plain_tokenizer(own.tokenizer), int(own.tokenizer.pad_token_id or 0)
    known = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
    tokenizer.normalizer = normalizers.Sequence([*cleaned, *known])
    return tokenizer, pad


def _cleaning(function: Any) -> list[Any]:  # noqa: ANN401
    """Return the steps of OpenCLIP's `clean_fn`, except the repair of wrongly decoded text."""
    name = getattr(function, "__name__", "_clean_whitespace")
    steps: list[Any] = []
    if name == "_clean_canonicalize":
        steps += [normalizers.Replace("_", " "), normalizers.Replace(Regex(PUNCTUATION), "")]
    steps += [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    return steps if name == "_clean_whitespace" else [*steps, normalizers.Lowercase()]


def _byte_pairs(own: Any) -> Tokenizer:  # noqa: ANN401
    """Return OpenAI's byte-pair tokenizer."""
    start, end = own.decoder[own.sot_token_id], own.decoder[own.eot_token_id]
    merges = sorted(own.bpe_ranks, key=own.bpe_ranks.get)
    tokenizer = Tokenizer(
        models.BPE(own.encoder, [pair for pair in merges if len(pair) == 2], unk_token=end,
                   continuing_subword_prefix="", end_of_word_suffix="</w>")
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, own.sot_token_id), (end, own.eot_token_id)],
    )
    return tokenizer
