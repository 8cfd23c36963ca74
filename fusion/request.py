"""What a training run was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["TrainRequest", "TrainingError"]


class TrainingError(ValueError):
    """A training run cannot start or go on as asked."""


@dataclass(frozen=True)
class TrainRequest:
    """What `crossgraph train` was asked for; the fields are its options."""

    images: Path
    annotations: Path
    dev_images: Path
    dev_annotations: Path
    encoders: str
    model: str
    out: Path
    cache: Path
    photos: int | None = None
    """How many of the training photos to train on, drawn at random; None is all of them."""
    epochs: int | None = None
    seed: int = 0
    resume: bool = False
    image_weights: Path | None = None
    text_weights: Path | None = None
    finetune: frozenset[str] = frozenset({"image", "text"})
    """Which encoders' last layers a network tunes, where they have some."""
    views: int = 12
    """How many views of each training photo are encoded, where the image encoder is tuned."""
    device: str = "cpu"
    """Where photos are encoded and a network is trained: what `fusion.device` takes."""
    options: Mapping[str, str] = field(default_factory=dict)
