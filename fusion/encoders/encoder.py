"""The encoder protocols: regions of photos and words of texts, as padded tensors with masks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor, device
    from torch.nn import ModuleList, Sequential

__all__ = [
    "TUNABLE_LAYERS",
    "Encoders",
    "ImageEncoder",
    "RegionFeatures",
    "TextEncoder",
    "WordFeatures",
]

TUNABLE_LAYERS = 3
"""How many of a BERT encoder's last layers a fusion model may take over and tune."""


@dataclass(frozen=True)
class RegionFeatures:
    """The regions of B photos, on the encoder's device.

    Attributes:
        features: (B, R, D) float32, row by row from the top left corner of the photo.
        mask: (B, R) bool, true everywhere for the encoders here (a grid has no padding).
        pooled: (B, P) float32, one vector per photo: the encoder's own embedding, of unit length,
            if `Encoders.joint` is true, else the mean of the regions. None if there is neither.
        lower: (B, rows, columns, C) float32: the map that enters the last blocks, which
            `ImageEncoder.top_blocks` turn into `features`. None for an encoder without such blocks.
    """

    features: Tensor
    mask: Tensor
    pooled: Tensor | None
    lower: Tensor | None = None


@dataclass(frozen=True)
class WordFeatures:
    """The words of B texts, on the encoder's device.

    Attributes:
        features: (B, T, D) float32, zero where there is padding; T is the longest text's count.
        mask: (B, T) bool, true where there is a token; the opening and closing markers count.
        pooled: (B, P) float32, one vector per text, as in `RegionFeatures`.
        tokens: each text's tokens as the encoder spells them, with markers and without padding.
        lower: (B, T, D) float32, zero where there is padding: the hidden states that enter the last
            `TUNABLE_LAYERS` layers, which `TextEncoder.top_layers` turn into `features`. None for
            an encoder without such layers.
    """

    features: Tensor
    mask: Tensor
    pooled: Tensor | None
    tokens: list[list[str]]
    lower: Tensor | None = None


class ImageEncoder(Protocol):
    """Encodes photos as regions."""

    architecture: str
    """The network's name, from which `build_top_blocks` rebuilds its last blocks."""
    dim: int
    """Width of a region."""
    grid: tuple[int, int]
    """Rows and columns of the region grid; R is their product."""
    fingerprint: str
    """Hex sha256 of the weights."""
    size_px: int
    """Side of the square that photos are resized to, as `fusion.runtime.squares` does it."""
    device: str | device
    """The device it runs on."""

    def encode_images(self, images: Sequence[Image]) -> RegionFeatures:
        """Encode RGB photos of any size; each is resized to the encoder's square."""
        ...

    def encode_lower(self, images: Sequence[Image]) -> Tensor:
        """Return only the `lower` of `encode_images`, without running the last blocks.

        Raises:
            ValueError: the encoder has no such blocks (`top_blocks` returns None).
        """
        ...

    def top_blocks(self) -> Sequential | None:
        """Copy the last blocks, ready to be tuned; None if it has no such blocks.

        They take `lower` with its channels first, (B, C, rows, columns), and return
        (B, dim, rows, columns), whose cells are the regions.
        """
        ...


class TextEncoder(Protocol):
    """Encodes texts as words."""

    dim: int
    """Width of a word."""
    max_words: int
    """Maximum number of tokens per text, with markers; longer texts are truncated silently."""
    fingerprint: str
    """Hex sha256 of the weights and the vocabulary."""

    def encode_texts(self, texts: Sequence[str], max_words: int | None = None) -> WordFeatures:
        """Encode texts; `max_words` may lower the encoder's own limit but never raises it."""
        ...

    def top_layers(self) -> ModuleList | None:
        """Copy the last `TUNABLE_LAYERS` layers, ready to be tuned; None if it has no such layers.

        Each is called as `layer(hidden, attention_mask)` with hidden (B, T, D) float32 and a mask
        (B, 1, 1, T) float32 that is added to the attention scores: 0 at tokens, -1e9 at padding.
        """
        ...


@dataclass(frozen=True)
class Encoders:
    """An image encoder and a text encoder under the preset's name.

    Attributes:
        preset: the name that was passed to `load_encoders`.
        image: the image encoder.
        text: the text encoder.
        joint: true if both `pooled` are in one space and can be compared by cosine (CLIP).
    """

    preset: str
    image: ImageEncoder
    text: TextEncoder
    joint: bool = False

    @property
    def fingerprint(self) -> str:
        """Hex sha256 over both encoders' fingerprints; the weights' source has no influence."""
        both = f"{self.image.fingerprint}\n{self.text.fingerprint}"
        return hashlib.sha256(both.encode()).hexdigest()
