"""CLIP-like models of random weights: whole architectures of few and narrow layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fusion.encoders.torchvision_ops import ensure_torchvision

__all__ = ["KINDS", "TEXTS", "make_clip", "photos", "reference"]

ensure_torchvision()

WORDS = ["a", "dog", "cat", "on", "red", "two", "people", "ride", "bikes", "along", "the", "river"]
TEXTS = ["a dog", "two people ride bikes along the river", "Red, red dog!"]
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
HEADS = SMALL | {"num_attention_heads": 4}
VISION = HEADS | {"image_size": 32, "patch_size": 16}
CLIP_MARKS = {
    "bos_token": "<|s|>",
    "eos_token": "<|e|>",
    "unk_token": "<|e|>",
    "pad_token": "<|e|>",
}
MARKS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def photos() -> list[Image.Image]:
    """Return photos of several proportions, smooth as photos are."""
    random = np.random.default_rng(3)
    sizes = [(90, 60), (40, 120), (64, 64), (200, 30)]
    coarse = [Image.fromarray(random.integers(0, 256, (7, 9, 3), np.uint8)) for _ in sizes]
    made = [
        one.resize(size, Image.Resampling.BICUBIC) for one, size in zip(coarse, sizes, strict=True)
    ]
    return [*made, made[0].convert("L")]


def _save_tokenizer(folder: Path, length: int, marks: dict[str, str]) -> int:
    """Save a tokenizer of whole words, with a marker before and after a text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = dict.fromkeys([*marks.values(), *WORDS])
    vocabulary = {name: row for row, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=marks["unk_token"]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    start, end = marks["bos_token"], marks["eos_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, vocabulary[start]), (end, vocabulary[end])],
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=length, **marks)
    fast.save_pretrained(folder)
    return len(vocabulary)


def _clip(folder: Path) -> Any:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    size = _save_tokenizer(folder, 20, CLIP_MARKS)
    # As of OpenAI's models, which find the end of a text by its being the highest token.
    text = HEADS | {"vocab_size": size, "bos_token_id": 0, "eos_token_id": 2}
    CLIPImageProcessor(
        size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    return CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=24))


def _metaclip(folder: Path) -> Any:
    from transformers import CLIPImageProcessor, MetaClip2Config, MetaClip2Model

    size = _save_tokenizer(folder, 20, MARKS)
    text = HEADS | {"vocab_size": size, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 3}
    CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    config = MetaClip2Config(text_config=text, vision_config=VISION, projection_dim=24)
    return MetaClip2Model(config)


def _siglip(folder: Path) -> Any:
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel

    size = _save_tokenizer(folder, 16, MARKS)
    SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return SiglipModel(SiglipConfig(text_config=_text(size), vision_config=VISION))


def _siglip2(folder: Path) -> Any:
    from transformers import Siglip2Config, Siglip2ImageProcessor, Siglip2Model

    size = _save_tokenizer(folder, 16, MARKS)
    Siglip2ImageProcessor(max_num_patches=24).save_pretrained(folder)
    vision = HEADS | {"num_patches": 16, "patch_size": 16}
    return Siglip2Model(Siglip2Config(text_config=_text(size), vision_config=vision))


def _text(size: int) -> dict[str, Any]:
    ends = {"pad_token_id": 3, "bos_token_id": 0, "eos_token_id": 1}
    room = {"vocab_size": size + 4, "max_position_embeddings": 16, "projection_size": 32}
    return HEADS | ends | room


def _chinese_clip(folder: Path) -> Any:
    from transformers import ChineseCLIPConfig, ChineseCLIPImageProcessor, ChineseCLIPModel

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    _save_bert_tokenizer(folder, special)
    ChineseCLIPImageProcessor(
        size={"height": 32, "width": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    text = HEADS | {"vocab_size": len(special) + len(WORDS), "max_position_embeddings": 24}
    config = ChineseCLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    return ChineseCLIPModel(config)


def _save_bert_tokenizer(folder: Path, special: list[str]) -> None:
    from transformers import BertTokenizerFast

    (folder / "vocab.txt").write_text("\n".join([*special, *WORDS]) + "\n")
    BertTokenizerFast.from_pretrained(folder, model_max_length=20).save_pretrained(folder)


def _altclip(folder: Path) -> Any:
    from transformers import AltCLIPConfig, AltCLIPModel, CLIPImageProcessor

    size = _save_tokenizer(folder, 20, MARKS)
    text = HEADS | {"vocab_size": size, "pad_token_id": 3, "bos_token_id": 0, "eos_token_id": 1}
    text |= {"project_dim": 32, "max_position_embeddings": 30}
    CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    config = AltCLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    return AltCLIPModel(config)


KINDS = {
    "clip": _clip,
    "siglip": _siglip,
    "siglip2": _siglip2,
    "metaclip": _metaclip,
    "chinese_clip": _chinese_clip,
    "altclip": _altclip,
}


def make_clip(kind: str, folder: Path) -> Path:
    """Write a model of a kind into a folder, with its processor and tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    model = KINDS[kind](folder)
    for parameter in model.parameters():  # so that photos and texts differ by more than rounding
        parameter.data.add_(torch.randn(parameter.shape) * 0.05)
    model.save_pretrained(folder)
    return folder


def reference(folder: Path, images: list[Image.Image], texts: list[str]) -> tuple[Any, Any]:
    """Return transformers' own features of photos and texts, of unit length."""
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder).eval()
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    padding = "max_length" if model.config.model_type.startswith("siglip") else False
    with torch.inference_mode():
        shown = [
            model.get_image_features(
                **processor(images=[image.convert("RGB")], return_tensors="pt")
            )
            for image in images
        ]
        said = []
        for text in texts:
            read = tokenizer(
                [text], padding=padding, truncation=True, max_length=16, return_tensors="pt"
            )
            known = {name: read[name] for name in ("input_ids", "attention_mask")}
            said.append(model.get_text_features(**known))
    return _unit(shown) if images else None, _unit(said)


def _unit(features: list[Any]) -> Any:
    rows = [getattr(each, "pooler_output", each).numpy() for each in features]
    found = np.concatenate(rows)
    return found / np.linalg.norm(found, axis=1, keepdims=True)
