"""The encoders alone, without all that crossgraph adds: what its own work is measured against.

Inputs are ready: texts are numbers of tokens, photos are tensors of the encoder's size. Each runs
as crossgraph runs it: batch norms folded, as many photos together, sessions with the same options.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from fusion.encoders.images import images_to_tensor
from fusion.export import write_graph
from fusion.tower import TunedLayers

__all__ = ["BareImages", "BareTexts", "token_ids", "write_text_encoder"]

LEAST_TOKENS = 3  # the two markers and a word
EXPORTED_TOKENS = 12
IMAGES = 32
FILE = "encoder.onnx"
RESAMPLING = Image.Resampling.BICUBIC


class BareTexts(nn.Module):
    """A BERT encoder: ids (1, T) int64 and mask (1, T) bool -> last hidden states (1, T, D)."""

    def __init__(self, encoder: Any) -> None:  # noqa: ANN401 - fusion.encoders.bert.BertEncoder
        super().__init__()
        self.embeddings = encoder.model.embeddings
        self.layers = TunedLayers(nn.ModuleList(encoder.model.encoder.layer))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode one text."""
        states: Tensor = self.layers(self.embeddings(ids), mask)
        return states


class BareImages:
    """A convolutional encoder with photos that are tensors already.

    Args:
        encoder: a `fusion.encoders.convolutional.GridEncoder`.
        images: RGB photos of any size, resized here and not when it is timed.
    """

    def __init__(self, encoder: Any, images: Sequence[Any]) -> None:  # noqa: ANN401
        self._encoder = encoder
        self._batches = []
        chosen = list(images)[:IMAGES]
        for start in range(0, len(chosen), encoder.batch):
            pixels = images_to_tensor(
                chosen[start : start + encoder.batch], encoder.size_px, RESAMPLING
            )
            pixels = encoder.normalise(pixels)
            self._batches.append(pixels.contiguous(memory_format=torch.channels_last))

    @torch.inference_mode()
    def encode(self, count: int) -> int:
        """Encode about so many photos, in whole batches; give how many."""
        done = turn = 0
        while done < count:
            batch = self._batches[turn % len(self._batches)]
            self._encoder.top(self._encoder.lower(batch))
            done += len(batch)
            turn += 1
        return done


def token_ids(encoder: Any, texts: Sequence[str]) -> list[list[int]]:  # noqa: ANN401
    """Give the tokens of each text as the encoder reads them."""
    read = encoder.tokenizer(list(texts), truncation=True, max_length=encoder.max_words)
    return [list(ids) for ids in read["input_ids"]]


def write_text_encoder(encoder: Any, folder: Path) -> Path:  # noqa: ANN401
    """Write a BERT encoder alone as ONNX, as the query side of a model is written.

    Returns:
        The file, in the folder.
    """
    if not folder.exists():
        partial = folder.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        tokens = torch.export.Dim("tokens", min=LEAST_TOKENS, max=encoder.max_words)
        inputs = {
            "ids": torch.ones(1, EXPORTED_TOKENS, dtype=torch.long),
            "mask": torch.ones(1, EXPORTED_TOKENS, dtype=torch.bool),
        }
        sizes = {"ids": {1: tokens}, "mask": {1: tokens}}
        with torch.inference_mode():
            write_graph(BareTexts(encoder), inputs, sizes, ("states",), partial / FILE)
        partial.rename(folder)
    return folder / FILE
