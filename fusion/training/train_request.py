"""What a training run was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fusion.fusion_error import FusionError

__all__ = ["TrainRequest", "TrainingError"]


class TrainingError(FusionError, ValueError):
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
    more: tuple[tuple[Path, Path], ...] = ()
    """Further collections to train on: folders of photos with their captions files."""
    more_dev: tuple[tuple[Path, Path], ...] = ()
    """Further development collections; recall over all of them chooses the epoch."""
    tuned_image: Path | None = None
    """A checkpoint whose tuned image encoder is built on, and tuned on if `finetune` says so."""
    teacher: Path | None = None
    """A folder with a larger text encoder, which a network learns from after its epochs."""
    start: Path | None = None
    """A checkpoint of these collections that is taught in place of one that is trained first."""
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
    """Where photos are encoded and a network is trained: what `fusion.hardware.device` takes."""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def collections(self) -> tuple[tuple[Path, Path], ...]:
        """Folders of photos with their captions files, to train on."""
        return ((self.images, self.annotations), *self.more)

    @property
    def built_on(self) -> Path | None:
        """The checkpoint whose tuned image encoder reads the photos."""
        return self.tuned_image or self.start

    @property
    def dev_collections(self) -> tuple[tuple[Path, Path], ...]:
        """The same, to stop by."""
        return ((self.dev_images, self.dev_annotations), *self.more_dev)
