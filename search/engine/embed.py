"""Vectors of texts and photos, for programs that compare them themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.photos.decode import UnreadableImage, decode, decode_bytes
from indexer.photos.pixels import to_rgb, turned
from search.models.model_protocols import PhotoEmbedder, SearchModel
from store import QueryError

__all__ = ["embed_photos", "embed_texts"]

TOGETHER = 16
ORIENTATION = 0x0112


def embed_texts(model: SearchModel, texts: Sequence[str], dim: int) -> NDArray[np.float32]:
    """Return vectors (Q, dim) of Q texts; a single text in place of a sequence is a QueryError."""
    if isinstance(texts, str):
        raise QueryError("expected a list of texts, found one text: put it into a list")
    if not texts:
        return np.zeros((0, dim), np.float32)
    return np.asarray(model.embed_queries(list(texts)).vectors, np.float32)


def embed_photos(
    model: PhotoEmbedder, images: Sequence[str | Path | bytes | Image.Image], dim: int
) -> NDArray[np.float32]:
    """Return vectors (B, dim) of B photos, of which only a few are in memory at a time.

    Raises:
        QueryError: one of them cannot be read; the message names it.
    """
    if isinstance(images, (str, Path, bytes, Image.Image)):
        raise QueryError("expected a list of photos, found a single one: put it into a list")
    blocks = [np.zeros((0, dim), np.float32)]
    for start in range(0, len(images), TOGETHER):
        some = [
            _read(image, start + place)
            for place, image in enumerate(images[start : start + TOGETHER])
        ]
        blocks.append(np.asarray(model.embed_images(some).vectors, np.float32))
    return np.concatenate(blocks)


def _read(image: str | Path | bytes | Image.Image, place: int) -> Image.Image:
    if isinstance(image, Image.Image):
        return turned(to_rgb(image), image.getexif().get(ORIENTATION, 1))
    name = f"photo {place + 1} of the list" if isinstance(image, bytes) else str(image)
    try:
        return decode_bytes(image) if isinstance(image, bytes) else decode(image)
    except UnreadableImage as error:
        raise QueryError(f"{name} cannot be read: {error.reason}") from None
    except OSError as error:
        raise QueryError(f"{name}: {error.strerror or error}") from None
