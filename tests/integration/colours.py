"""A retriever that knows four colours and nothing else: instant, needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

from fusion.runtime.known_words import KnownWords

__all__ = ["COLOURS", "ColourModel", "EveryWord", "paint"]

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 160, 30),
    "blue": (30, 30, 200),
    "grey": (90, 90, 90),
}


class EveryWord(KnownWords):
    """Knows whatever it is asked for."""

    def __init__(self) -> None:
        super().__init__(())

    def __contains__(self, word: str) -> bool:
        return True


class ColourModel:
    """First stage: how much of each colour. Re-ranking doubles it, and negates it if contrary."""

    name = "colours"
    encoders = "none"
    dim = 4
    unit_dim = 0
    size_px = None
    batch_size = 16

    def __init__(
        self,
        fingerprint: str = "c0104a5",
        *,
        contrary: bool = False,
        known_words: KnownWords | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self.known_words = known_words or EveryWord()
        self.contrary = contrary
        self.asked: list[int] = []

    def embed_images(self, images: Sequence[Image.Image]) -> SimpleNamespace:
        """Return (B, 4) shares of the four colours, and those of both halves in bytes, (B, 8)."""
        halves = np.stack([[_shares(half) for half in _halves(image)] for image in images])
        vectors = halves.mean(axis=1).astype(np.float32)
        return SimpleNamespace(vectors=vectors, packed=np.uint8(255 * halves.reshape(-1, 8)))

    def embed_queries(self, texts: Sequence[str]) -> SimpleNamespace:
        """Return (Q, 4): 1 where a colour is named."""
        named = [[float(colour in text.split()) for colour in COLOURS] for text in texts]
        return SimpleNamespace(vectors=np.array(named, np.float32))

    def recall_queries(self) -> np.ndarray:
        """Return the vectors of the four colours."""
        return np.eye(4, dtype=np.float32)

    def rerank(
        self, query: SimpleNamespace, vectors: np.ndarray, packed: np.ndarray
    ) -> SimpleNamespace:
        """Return twice the first score, or its negative if `contrary`."""
        assert (packed.shape, packed.dtype) == ((len(vectors), 8), np.uint8)
        self.asked.append(len(packed))
        scores = vectors @ query.vectors[0] * (-2 if self.contrary else 2)
        return SimpleNamespace(
            scores=scores,
            probabilities=1 / (1 + np.exp(2 - 4 * scores)),
            detected=np.zeros_like(scores),
        )

    def explain(
        self, query: SimpleNamespace, vectors: np.ndarray, packed: np.ndarray
    ) -> list[SimpleNamespace]:
        """Return each named colour what it added; it is all over the only region."""
        named = [place for place in range(4) if query.vectors[0][place]]
        scores = self.rerank(query, vectors, packed).scores
        return [
            SimpleNamespace(
                score=float(score),
                words=tuple(list(COLOURS)[place] for place in named),
                added=np.array([vector[place] for place in named], np.float32),
                regions=np.ones((len(named), 1), np.float32),
                whole=np.zeros(len(named), np.float32),
                read=np.array([score / 2], np.float32),
                rest={"first": float(score - sum(vector[place] for place in named))},
            )
            for vector, score in zip(vectors, scores, strict=True)
        ]

    def probabilities(self, query: SimpleNamespace, first_scores: np.ndarray) -> np.ndarray:
        """Return the share itself."""
        return np.clip(first_scores, 0, 1)


def paint(path: Path, *colours: str) -> Path:
    """Write a photo of vertical stripes, one a colour."""
    image = Image.new("RGB", (16 * len(colours), 16))
    for place, colour in enumerate(colours):
        image.paste(COLOURS[colour], (16 * place, 0, 16 * place + 16, 16))
    image.save(path)
    return path


def _halves(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    if image.width < 2:
        return image, image
    middle = image.width // 2
    return (
        image.crop((0, 0, middle, image.height)),
        image.crop((middle, 0, image.width, image.height)),
    )


def _shares(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image, dtype=np.float32).reshape(-1, 1, 3)
    known = np.array(list(COLOURS.values()), dtype=np.float32)
    nearest = ((pixels - known) ** 2).sum(axis=2).argmin(axis=1)
    return np.bincount(nearest, minlength=4) / len(nearest)
