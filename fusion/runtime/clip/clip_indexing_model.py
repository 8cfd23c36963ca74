"""A CLIP-like model for indexing, without torch: ONNX Runtime, numpy, Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.clip.clip_search_model import ClipSearchModel
from fusion.runtime.clip.embedded_texts import EmbeddedTexts
from fusion.runtime.clip.hubs import hubs_of, pack_hubs
from fusion.runtime.clip.pixel_steps import PixelSteps
from fusion.runtime.embeddings import ImageEmbeddings
from fusion.runtime.exported_facts import ClipFacts
from fusion.runtime.exported_photo_encoder import ExportedPhotoEncoder

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["BANK", "ClipIndexingModel"]

Array = NDArray[np.float32]

PHOTOS_TOGETHER = 16
BANK = "bank"
"""Name of the table of texts, (M, D), that photos are compared with."""


class ClipIndexingModel(ExportedPhotoEncoder):
    """A CLIP-like model as an `indexer.IndexingModel`.

    Args:
        folder: the folder of the files that `fusion.export.write_clip` wrote.
        facts: the facts stored with them.
        threads: threads that encode different photos in parallel; None for one per processor.

    Attributes:
        name: `clip`.
        encoders: the preset.
        fingerprint: as in `ClipSearchModel`.
        dim: width of a vector, which is the model's own embedding, of unit length.
        unit_dim: the same.
        batch_size: how many photos are best embedded together.
        size_px: None: photos must be passed in full size, because the model's own steps need it.
    """

    size_px = None
    batch_size = PHOTOS_TOGETHER

    def __init__(self, folder: Path, facts: ClipFacts, threads: int | None = None) -> None:
        super().__init__(folder, facts, threads)
        self.unit_dim = self.dim
        self._texts = ClipSearchModel(folder, facts)
        self._hub_nearest = int(facts["hub_nearest"])
        self._steps = PixelSteps.from_json(facts["photos"])

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B photos of any size.

        Raises:
            ValueError: there are no photos.
        """
        if not images:
            raise ValueError("no images to encode: expected at least one")
        session = self._session

        def embedded(image: Image) -> Array:
            embedding: Array = session.run(None, self._steps.inputs_of(image))[0]
            return embedding

        vectors = np.concatenate(list(self._pool.map(embedded, images)))
        hubs = hubs_of(vectors, self._bank, self._hub_nearest)
        return ImageEmbeddings(vectors, pack_hubs(hubs))

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedTexts:
        """Embed Q texts, as `ClipSearchModel` does."""
        return self._texts.embed_queries(texts)

    def recall_queries(self) -> Array:
        """Return vectors (M, dim) of texts that resemble queries."""
        return self._bank

    @cached_property
    def _bank(self) -> Array:
        return self._table(BANK)
