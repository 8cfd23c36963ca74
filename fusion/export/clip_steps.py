"""Converts transformers' processors and tokenizers to forms that don't need transformers."""

from __future__ import annotations

import string
from importlib import import_module
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, processors

from fusion.runtime.clip.pixel_steps import PixelSteps
from fusion.runtime.clip.text_steps import TextSteps

__all__ = ["PUNCTUATION", "pixel_steps", "plain_tokenizer", "text_steps"]

PUNCTUATION = "[" + "".join(f"\\{each}" for each in string.punctuation) + "]"
"""Pattern of the characters that SigLIP removes from texts."""

LONGEST = 512
"""Maximum tokens per text; models may set a lower limit."""


def pixel_steps(processor: Any) -> PixelSteps:  # noqa: ANN401 - transformers' own
    """Return the steps of a transformers image processor.

    Raises:
        ValueError: it has a step that `PixelSteps` does not support; the message names it.
    """
    if _of(processor, "do_pad"):
        raise ValueError("its photos are padded, which is not supported")
    resize, size = _resizing(processor)
    crop = _of(processor, "crop_size") if _of(processor, "do_center_crop") else None
    mean = _of(processor, "image_mean") if _of(processor, "do_normalize") else (0.0, 0.0, 0.0)
    deviation = _of(processor, "image_std") if _of(processor, "do_normalize") else (1.0, 1.0, 1.0)
    return PixelSteps(
        resize,
        size,
        int(_of(processor, "resample") or 0),
        None if crop is None else (int(crop["height"]), int(crop["width"])),
        float(_of(processor, "rescale_factor")) if _of(processor, "do_rescale") else 1.0,
        (float(mean[0]), float(mean[1]), float(mean[2])),
        (float(deviation[0]), float(deviation[1]), float(deviation[2])),
    )


def _resizing(processor: Any) -> tuple[str, tuple[int, int]]:  # noqa: ANN401
    most = _of(processor, "max_num_patches")
    if most is not None:
        return "patches", (int(processor.patch_size), int(most))
    if not _of(processor, "do_resize"):
        return "none", (0, 0)
    size = {name: value for name, value in dict(processor.size).items() if value is not None}
    if size.keys() == {"height", "width"}:
        return "exact", (int(size["height"]), int(size["width"]))
    if size.keys() == {"shortest_edge"}:
        return "shortest", (int(size["shortest_edge"]),) * 2
    raise ValueError(f"its photos are resized to {size}, which is not supported")


def _of(processor: Any, name: str) -> Any:  # noqa: ANN401
    return getattr(processor, name, None)


def text_steps(config: Any, tokenizer: Any) -> TextSteps:  # noqa: ANN401
    """Return how a transformers model's tokens become its inputs.

    SigLIP models were trained on texts padded to their full length.
    """
    text = getattr(config, "text_config", config)
    positions = int(getattr(text, "max_position_embeddings", None) or LONGEST)
    if "roberta" in str(getattr(text, "model_type", "")).lower() or config.model_type == "altclip":
        positions -= 2  # the first ones are reserved for padding
    length = min(int(tokenizer.model_max_length), positions, LONGEST)
    pads = config.model_type.startswith("siglip")
    return TextSteps(
        length=length,
        pads=pads,
        pad_id=int(tokenizer.pad_token_id or 0),
        pads_left=tokenizer.padding_side == "left",
        is_masked="attention_mask" in tokenizer.model_input_names,
    )


def plain_tokenizer(tokenizer: Any) -> Tokenizer:  # noqa: ANN401
    """Return a transformers tokenizer in a form that needs only the package tokenizers.

    Raises:
        ValueError: this kind of tokenizer cannot be converted.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        return Tokenizer.from_str(backend.to_str())
    if type(tokenizer).__name__ == "SiglipTokenizer":
        return _sentence_pieces(tokenizer)
    raise ValueError(f"its tokenizer is a {type(tokenizer).__name__}, which is not supported")


def _sentence_pieces(tokenizer: Any) -> Tokenizer:  # noqa: ANN401
    """Convert SigLIP's: lower case, no punctuation, word pieces by a unigram model (as in T5)."""
    pieces = tokenizer.sp_model
    protocol = import_module("sentencepiece.sentencepiece_model_pb2")  # made by protobuf, untyped
    told = protocol.ModelProto.FromString(pieces.serialized_model_proto())
    characters = told.normalizer_spec.precompiled_charsmap
    vocabulary = [(pieces.id_to_piece(row), pieces.get_score(row)) for row in range(len(pieces))]
    plain = Tokenizer(models.Unigram(vocabulary, unk_id=pieces.unk_id(), byte_fallback=False))
    steps: list[object] = [normalizers.Lowercase()] if tokenizer.do_lower_case else []
    steps += [normalizers.Replace(Regex(PUNCTUATION), "")]
    steps += [normalizers.Precompiled(characters)] if characters else []
    steps += [
        normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip(),
        normalizers.Prepend("\u2581"),
        normalizers.Replace(" ", "\u2581"),
    ]
    plain.normalizer = normalizers.Sequence(steps)
    end = tokenizer.eos_token
    plain.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", special_tokens=[(end, tokenizer.eos_token_id)]
    )
    return plain
