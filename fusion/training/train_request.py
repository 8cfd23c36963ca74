"""The options of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fusion.fusion_error import FusionError

__all__ = ["TrainRequest", "TrainingError"]


class TrainingError(FusionError, ValueError):
    """A training run cannot start or resume as requested."""


@dataclass(frozen=True)
class TrainRequest:
    """The options of `crossgraph train`."""

    images: Path
    annotations: Path
    dev_images: Path
    dev_annotations: Path
    encoders: str
    model: str
    out: Path
    cache: Path
    more: tuple[tuple[Path, Path], ...] = ()
    """Further collections to train on, each a folder of photos and its captions file."""
    more_dev: tuple[tuple[Path, Path], ...] = ()
    """Further development collections; recall over all of them chooses the epoch."""
    tuned_image: Path | None = None
    """A checkpoint whose tuned image encoder is used, and tuned further if `finetune` says so."""
    teacher: Path | None = None
    """A folder with a larger text encoder, from which a network is distilled after its epochs."""
    start: Path | None = None
    """A checkpoint trained on these collections, to continue from instead of running epochs."""
    photos: int | None = None
    """Number of training photos to draw at random and train on; None for all of them."""
    epochs: int | None = None
    seed: int = 0
    resume: bool = False
    image_weights: Path | None = None
    text_weights: Path | None = None
    finetune: frozenset[str] = frozenset({"image", "text"})
    """The encoders whose last layers a network tunes, if they have tunable ones."""
    views: int = 12
    """Number of views of each training photo that are encoded, if the image encoder is tuned."""
    device: str = "cpu"
    """Where photos are encoded and a network is trained, as `fusion.hardware.device` names it."""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def collections(self) -> tuple[tuple[Path, Path], ...]:
        """The collections to train on: folders of photos with their captions files."""
        return ((self.images, self.annotations), *self.more)

    @property
    def built_on(self) -> Path | None:
        """The checkpoint whose tuned image encoder encodes the photos."""
        return self.tuned_image or self.start

    @property
    def dev_collections(self) -> tuple[tuple[Path, Path], ...]:
        """The development collections, in the same form, which early stopping goes by."""
        return ((self.dev_images, self.dev_annotations), *self.more_dev)
