"""A trained model for indexing without torch: ONNX Runtime, numpy, Pillow and a tokenizer.

It returns what `fusion.retriever.Retriever` returns, from the files that
`fusion.export.write_model` wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.clip.clip_folder import CLIP_MODEL
from fusion.runtime.clip.clip_indexing_model import ClipIndexingModel
from fusion.runtime.embeddings import ImageEmbeddings, QueryEmbeddings
from fusion.runtime.exported_facts import ClipFacts, TrainedFacts
from fusion.runtime.exported_folder import LOWER, exported_model_folder, read_facts
from fusion.runtime.exported_photo_encoder import ExportedPhotoEncoder
from fusion.runtime.onnx_search_model import OnnxSearchModel
from fusion.runtime.packing import Layout, pack_outputs
from fusion.runtime.squares import squares

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from PIL.Image import Image

__all__ = ["OnnxIndexingModel", "find_indexing_model", "piece_size"]

SMALLEST_PIECE, LARGEST_PIECE = 2, 8
"""Bounds of the number of photos that a thread encodes at once, except in the lower layers. With
more, weights are read less often, but at the end of a batch one thread is still busy while the
others idle.
"""

PHOTOS_TOGETHER = 32
"""Batch size; with larger batches an interrupted run would only lose more work."""


def find_indexing_model(
    root: Path, fingerprint: str, threads: int | None = None
) -> OnnxIndexingModel | ClipIndexingModel | None:
    """Return the exported model with that fingerprint; None if there is no usable one.

    Every file is hashed, which is cheap compared with indexing, so that a damaged model is prepared
    again.

    Args:
        root: the folder that `fusion.export.write_model` wrote to.
        fingerprint: the model's fingerprint, for example from
            `fusion.runtime.model_fingerprint.checkpoint_fingerprint`.
        threads: as for `OnnxIndexingModel`.
    """
    folder = exported_model_folder(root, fingerprint)
    facts = read_facts(folder, thorough=True)
    if facts is None or facts.get("fingerprint") != fingerprint or facts.get("photos") is None:
        return None
    try:
        import onnxruntime  # noqa: F401 - tests whether it is installed
        import tokenizers  # noqa: F401
    except ImportError:
        return None
    if facts["name"] == CLIP_MODEL:
        return ClipIndexingModel(folder, cast(ClipFacts, facts), threads)
    return OnnxIndexingModel(folder, cast(TrainedFacts, facts), threads)


def piece_size(photos: int, threads: int) -> int:
    """Return how many photos a thread encodes at once: each has two turns if there are enough.

    >>> [piece_size(32, threads) for threads in (1, 2, 4, 8)], piece_size(3, 2)
    ([8, 8, 4, 2], 2)
    """
    return min(max(photos // (2 * threads), SMALLEST_PIECE), LARGEST_PIECE)


class OnnxIndexingModel(ExportedPhotoEncoder):
    """An exported model as an `indexer.IndexingModel`.

    Args:
        folder: the folder of the files.
        facts: the facts stored with them.
        threads: threads that encode different photos in parallel; None for one per processor.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with the network's and the encoders' weights and with the
            configuration.
        dim: width of an indexed vector.
        unit_dim: width of its part that has unit length.
        batch_size: how many photos are best embedded together.
        size_px: side of the squares that photos are resized to.
    """

    def __init__(self, folder: Path, facts: TrainedFacts, threads: int | None = None) -> None:
        super().__init__(folder, facts, threads)
        if facts["photos"] is None:
            raise ValueError(f"{folder} has no image encoder")
        self.unit_dim = int(facts["unit_dim"])
        self.batch_size = PHOTOS_TOGETHER
        self.size_px = int(facts["photos"]["size_px"])
        self._row_bytes = Layout(*facts["layout"]).row_bytes
        self._queries = OnnxSearchModel(folder, facts)

    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B RGB photos of any size.

        Raises:
            ValueError: there are no photos.
        """
        return self.embed_squares(squares(images, self.size_px))

    def embed_squares(self, pixels: NDArray[np.uint8]) -> ImageEmbeddings:
        """Embed B photos that have already been resized: (B, size_px, size_px, 3)."""
        lower, session = self._lower, self._session

        def embedded(piece: NDArray[np.uint8]) -> Sequence[NDArray[Any]]:
            # One by one, since the large maps of several photos would not fit a core's cache.
            maps = [lower.run(None, {"pixels": photo[np.newaxis]})[0] for photo in piece]
            outputs: Sequence[NDArray[Any]] = session.run(None, {"maps": np.concatenate(maps)})
            return outputs

        size = piece_size(len(pixels), self._threads)
        pieces = [pixels[start : start + size] for start in range(0, len(pixels), size)]
        outputs_of_pieces = self._pool.map(embedded, pieces)
        vectors, *outputs = (np.concatenate(part) for part in zip(*outputs_of_pieces, strict=True))
        return ImageEmbeddings(vectors, pack_outputs(outputs, self._row_bytes))

    def embed_queries(self, texts: Sequence[str]) -> QueryEmbeddings:
        """Embed Q texts, truncated to the encoder's limit.

        Raises:
            ValueError: there are no texts.
        """
        return self._queries.embed_queries(texts)

    def recall_queries(self) -> NDArray[np.float32]:
        """Return the vectors (Q, dim) of training captions, which resemble queries."""
        return self._table("probes")

    @cached_property
    def _lower(self) -> InferenceSession:
        return self._opened(LOWER)
