"""CLIP and SigLIP models from transformers: patch states, token states and pooled embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from fusion.encoders.encoder import RegionFeatures, WordFeatures
from fusion.encoders.encoder_errors import WeightsMismatch, one_line
from fusion.encoders.encoder_fingerprint import fingerprint_tensors
from fusion.encoders.images import images_to_tensor
from fusion.encoders.quiet_loading import quiet_transformers, require_all_tensors
from fusion.encoders.resolver import resolve
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.runtime.clip.clip_folder import find_clip

__all__ = ["ClipImages", "ClipTexts", "load_clip"]


def _tower(model: Any, *prefixes: str) -> dict[str, Tensor]:  # noqa: ANN401
    """Return one tower's tensors with its projection, on which the pooled embedding depends."""
    return {key: t for key, t in model.state_dict().items() if key.startswith(prefixes)}


class ClipImages:
    """The image tower: patches as regions."""

    architecture = "clip"

    def __init__(self, model: Any, processor: Any, device: str | torch.device) -> None:  # noqa: ANN401
        vision = model.config.vision_config
        self.model, self.device = model, device
        self.dim, self.size_px = int(vision.hidden_size), int(vision.image_size)
        side = self.size_px // int(vision.patch_size)
        self.grid = (side, side)
        self.mean = torch.tensor(processor.image_mean, device=device).view(3, 1, 1)
        self.deviation = torch.tensor(processor.image_std, device=device).view(3, 1, 1)
        self.fingerprint = fingerprint_tensors(_tower(model, "vision_model.", "visual_projection."))

    @torch.no_grad()
    def encode_images(self, images: Sequence[Image.Image]) -> RegionFeatures:
        """Encode B photos: patch states (B, rows * columns, dim), embeddings of unit length."""
        pixels = images_to_tensor(images, self.size_px).to(self.device)
        pixels = (pixels / 255 - self.mean) / self.deviation
        outputs = self.model.vision_model(pixel_values=pixels)
        cells = self.grid[0] * self.grid[1]
        # CLIP puts a class token before its patches; SigLIP has none.
        regions = outputs.last_hidden_state[:, -cells:]
        pooled = outputs.pooler_output
        if hasattr(self.model, "visual_projection"):
            pooled = self.model.visual_projection(pooled)
        mask = torch.ones(regions.shape[:2], dtype=torch.bool, device=regions.device)
        return RegionFeatures(regions, mask, functional.normalize(pooled, dim=-1))

    def encode_lower(self, images: Sequence[Image.Image]) -> Tensor:
        """Raise a ValueError: there are no blocks to tune."""
        raise ValueError(f"CLIP has no blocks to tune, asked for the maps of {len(images)} photos")

    def top_blocks(self) -> None:
        """Return None: a fusion model uses CLIP's patches as they are."""


class ClipTexts:
    """The text tower: tokens as words."""

    def __init__(self, model: Any, tokenizer: Any, device: str | torch.device) -> None:  # noqa: ANN401
        text = model.config.text_config
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self.dim, self.max_words = int(text.hidden_size), int(text.max_position_embeddings)
        # SigLIP was trained on texts padded to full length and pools from the last position.
        self.padding: bool | str = "max_length" if text.model_type.startswith("siglip") else True
        vocabulary = tokenizer.get_vocab()
        self.fingerprint = fingerprint_tensors(
            _tower(model, "text_model.", "text_projection."), vocabulary
        )

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str], max_words: int | None = None) -> WordFeatures:
        """Encode B texts, truncated to the limit.

        Raises:
            ValueError: there are no texts.
        """
        if not texts:
            raise ValueError("no texts to encode: expected at least one")
        limit = min(self.max_words, max_words or self.max_words)
        cut = self.tokenizer(
            list(texts), truncation=True, max_length=limit, return_attention_mask=True
        )
        full = self.max_words if self.padding == "max_length" else None
        batch = self.tokenizer.pad(
            cut, padding=self.padding, max_length=full, return_tensors="pt"
        ).to(self.device)
        mask = batch["attention_mask"].bool()
        attention = None if self.padding == "max_length" else batch["attention_mask"]
        outputs = self.model.text_model(input_ids=batch["input_ids"], attention_mask=attention)
        pooled = outputs.pooler_output
        if hasattr(self.model, "text_projection"):
            pooled = self.model.text_projection(pooled)
        longest = int(mask.sum(1).max())
        mask = mask[:, :longest]
        words: Tensor = outputs.last_hidden_state[:, :longest].masked_fill(~mask.unsqueeze(-1), 0.0)
        tokens = [
            self.tokenizer.convert_ids_to_tokens(row[real].tolist())
            for row, real in zip(batch["input_ids"][:, :longest], mask, strict=True)
        ]
        return WordFeatures(words, mask, functional.normalize(pooled, dim=-1), tokens)

    def top_layers(self) -> nn.ModuleList | None:
        """Return None: a fusion model uses CLIP's words as they are."""
        return None


def load_clip(
    name: str, weights: Path | None, device: str | torch.device
) -> tuple[ClipImages, ClipTexts]:
    """Load a CLIP or SigLIP model from a folder or from its hub, as `find_clip` resolves it.

    Raises:
        WeightsNotFound: it is in neither.
        WeightsMismatch: the folder does not hold such a model.
    """
    ensure_torchvision()
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    folder = find_clip(f"clip:{name}") if weights is None else resolve(name, weights, None, None)
    try:
        with quiet_transformers():
            model, report = AutoModel.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
            )
            processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model.vision_model, model.text_model  # noqa: B018 - any other model lacks them
        model.config.vision_config.image_size  # noqa: B018 - one of any proportions has none
        tokenizer.padding_side = "right"  # words come before padding
        require_all_tensors(report)
    except Exception as error:  # transformers raises whatever its parsers meet
        raise WeightsMismatch(
            f"{folder}: not a CLIP or SigLIP model ({one_line(error)})"
        ) from error
    model.eval().requires_grad_(False).to(device)
    return ClipImages(model, processor, device), ClipTexts(model, tokenizer, device)
