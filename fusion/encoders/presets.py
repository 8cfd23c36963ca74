"""Encoders by name."""

from __future__ import annotations

from pathlib import Path

import torch

from fusion.encoders.bert import bert_base, minilm
from fusion.encoders.clip import load_clip
from fusion.encoders.convolutional import efficientnet_lite2, resnet50
from fusion.encoders.encoder import Encoders
from fusion.encoders.encoder_errors import UnknownPreset

__all__ = ["load_encoders"]


def load_encoders(
    preset: str,
    *,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    device: str | torch.device = "cpu",
) -> Encoders:
    """Load the encoders of a preset.

    Args:
        preset: `packaged`, `resnet50-bert`, or `clip:` and a hub's id or a local folder.
        image_weights: a file with the image encoder's weights, instead of the default sources.
        text_weights: a folder with the text encoder, or its weights file inside such a folder.
        device: the device they run on.

    Raises:
        UnknownPreset: there is no such preset.
        WeightsNotFound: no source has the weights; the message says how to get them.
        WeightsMismatch: the weights are damaged or belong to another model.
    """
    if preset == "packaged":
        image, text = efficientnet_lite2(image_weights, device), minilm(text_weights, device)
        return Encoders(preset, image, text)
    if preset == "resnet50-bert":
        return Encoders(preset, resnet50(image_weights, device), bert_base(text_weights, device))
    kind, colon, name = preset.partition(":")
    if kind == "clip" and colon and name:
        images, texts = load_clip(name, image_weights or text_weights, device)
        return Encoders(preset, images, texts, joint=True)
    raise UnknownPreset(
        f"encoders {preset!r}: expected packaged, resnet50-bert or clip:ID-OR-FOLDER"
    )
