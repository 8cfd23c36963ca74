"""Encodes photos with torch on a GPU, in half precision where that does no harm."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion.encoders.convolutional import GridEncoder
from fusion.export.photo_module import LowerLayers, PhotoGraph
from fusion.runtime.embeddings import ImageEmbeddings, QueryEmbeddings
from fusion.runtime.packing import pack_outputs
from fusion.runtime.squares import squares

if TYPE_CHECKING:
    from PIL.Image import Image

    from fusion.retriever import Retriever

__all__ = ["GpuPhotos"]

BATCH = 256
"""Photos per batch: fewer would leave a GPU idle."""


class GpuPhotos:
    """A retriever that encodes photos on another device; an `indexer.IndexingModel`.

    Convolutions run in float16. The layers after them, which search for the nearest of thousands of
    training photos and captions, stay in float32. The vectors then have a cosine of at least
    0.99998 with float32 vectors; in bfloat16, which is no faster, it was at least 0.997 (40
    photos).

    Args:
        retriever: a retriever on the CPU, where it stays and embeds queries.
        device: the device that photos are encoded on.

    Attributes:
        batch_size: how many photos to encode together.

    Raises:
        ValueError: the image encoder is not a `GridEncoder`, for example CLIP.
    """

    def __init__(self, retriever: Retriever, device: str) -> None:
        encoder = retriever.image_encoder
        if not isinstance(encoder, GridEncoder):
            raise ValueError(
                f"the image encoder of {retriever.encoders} runs on the CPU only, expected one of "
                "packaged or resnet50-bert"
            )
        self.name, self.encoders = retriever.name, retriever.encoders
        self.fingerprint = retriever.fingerprint
        self.dim, self.unit_dim = retriever.dim, retriever.unit_dim
        self.size_px, self.batch_size = encoder.size_px, BATCH
        self._row_bytes = retriever.network.layout.row_bytes
        self._retriever, self._device = retriever, torch.device(device)
        lower, graph = copy.deepcopy((LowerLayers(encoder), PhotoGraph(encoder, retriever.network)))
        self._lower = lower.eval().requires_grad_(False).to(self._device)
        self._graph = graph.eval().requires_grad_(False).to(self._device)

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B RGB photos of any size."""
        parts_on_gpu = self._embed(torch.from_numpy(squares(images, self.size_px)))
        vectors, *outputs = (part.cpu().numpy() for part in parts_on_gpu)
        return ImageEmbeddings(vectors, pack_outputs(outputs, self._row_bytes))

    def embed_queries(self, texts: Sequence[str]) -> QueryEmbeddings:
        """Embed Q texts, on the CPU."""
        return self._retriever.embed_queries(texts)

    def recall_queries(self) -> NDArray[np.float32]:
        """Return the vectors (Q, dim) of training captions, which resemble queries."""
        return self._retriever.recall_queries()

    @torch.inference_mode()
    def _embed(self, pixels: Tensor) -> tuple[Tensor, ...]:
        with torch.autocast(self._device.type, torch.float16):
            regions = self._graph.regions(self._lower(pixels.to(self._device)))
        outputs: tuple[Tensor, ...] = self._graph.embed(regions.float())
        return outputs
