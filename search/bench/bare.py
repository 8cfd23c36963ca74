"""The encoders alone, without anything that crossgraph adds: the baseline for its own work.

Inputs are ready: texts are token ids, photos are tensors of the encoder's size. Each encoder runs
as in crossgraph: batch norms folded, the same batch size; `bare_session.py` runs the files written
here without torch.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from fusion.encoders.convolutional import GridEncoder
from fusion.encoders.images import images_to_tensor
from fusion.export.write_model import Exported, write_graph
from fusion.network.tuned_layers import TunedLayers

if TYPE_CHECKING:
    from PIL.Image import Image

    from fusion.encoders.bert import BertEncoder

__all__ = [
    "READY",
    "TorchImages",
    "ready_pixels",
    "token_ids",
    "write_image_encoder",
    "write_text_encoder",
]

LEAST_TOKENS = 3  # the two markers and a word
EXPORTED_TOKENS = 12
FILE = "encoder.onnx"

READY = 32
"""Photos that are encoded in one batch."""


class BareTexts(nn.Module):
    """A BERT encoder: ids (1, T) int64 and mask (1, T) bool -> last hidden states (1, T, D)."""

    def __init__(self, encoder: BertEncoder) -> None:
        super().__init__()
        self.embeddings = encoder.model.embeddings
        self.layers = TunedLayers(nn.ModuleList(encoder.model.encoder.layer))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode one text."""
        states: Tensor = self.layers(self.embeddings(ids), mask)
        return states


class BareImages(nn.Module):
    """A convolutional encoder: pixels (B, 3, S, S), normalised -> maps (B, D, rows, columns)."""

    def __init__(self, encoder: GridEncoder) -> None:
        super().__init__()
        self.lower, self.top = encoder.lower, encoder.top

    def forward(self, pixels: Tensor) -> Tensor:
        """Encode B photos."""
        maps: Tensor = self.top(self.lower(pixels))
        return maps


class TorchImages:
    """A convolutional encoder in torch, as `GridEncoder` runs it.

    Args:
        encoder: the encoder.
        pixels: (READY, 3, S, S), as `ready_pixels` returns them.
    """

    def __init__(self, encoder: GridEncoder, pixels: Tensor) -> None:
        self._network = BareImages(encoder)
        self._pieces = [
            piece.contiguous(memory_format=torch.channels_last)
            for piece in pixels.split(encoder.batch)
        ]

    @torch.inference_mode()
    def encode(self) -> None:
        """Encode all."""
        for piece in self._pieces:
            self._network(piece)


def ready_pixels(encoder: GridEncoder, images: Sequence[Image]) -> Tensor:
    """Return photos as (READY, 3, S, S), normalised; some are repeated if there are too few."""
    some = [images[number % len(images)] for number in range(READY)]
    pixels: Tensor = encoder.normalise(images_to_tensor(some, encoder.size_px))
    return pixels


def token_ids(encoder: BertEncoder, texts: Sequence[str]) -> list[list[int]]:
    """Return the tokens of each text as the encoder reads them."""
    read = encoder.tokenizer(list(texts), truncation=True, max_length=encoder.max_words)
    return [list(ids) for ids in read["input_ids"]]


def write_text_encoder(encoder: BertEncoder, folder: Path) -> Path:
    """Write a BERT encoder alone as ONNX, the way a model's query side is written.

    Returns:
        The file, in the folder.
    """
    tokens = torch.export.Dim("tokens", min=LEAST_TOKENS, max=encoder.max_words)
    inputs = {
        "ids": torch.ones(1, EXPORTED_TOKENS, dtype=torch.long),
        "mask": torch.ones(1, EXPORTED_TOKENS, dtype=torch.bool),
    }
    return _written(
        BareTexts(encoder), inputs, {"ids": {1: tokens}, "mask": {1: tokens}}, "states", folder
    )


def write_image_encoder(encoder: GridEncoder, folder: Path) -> Path:
    """Write a convolutional encoder alone as ONNX, the way the indexing side is written.

    Returns:
        The file, in the folder.
    """
    inputs = {"pixels": torch.zeros(2, 3, encoder.size_px, encoder.size_px)}
    photos = {"pixels": {0: torch.export.Dim("photos")}}
    return _written(BareImages(encoder), inputs, photos, "maps", folder)


def _written(
    module: nn.Module,
    inputs: dict[str, Tensor],
    sizes: dict[str, Any],
    output: str,
    folder: Path,
) -> Path:
    if not folder.exists():
        partial = folder.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        with torch.inference_mode():
            write_graph(Exported(FILE, module, inputs, sizes, (output,)), partial / FILE)
        partial.rename(folder)
    return folder / FILE
