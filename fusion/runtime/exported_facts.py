"""What is written down beside the files of an exported model, as JSON holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

__all__ = ["ClipFacts", "ExportedFacts", "PhotoFacts", "StandingFacts", "TrainedFacts"]


class ExportedFacts(TypedDict):
    """Of every exported model.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with the weights and with all that they are read through.
        dim: width of an indexed vector.
    """

    name: str
    encoders: str
    fingerprint: str
    dim: int


class PhotoFacts(TypedDict):
    """How a trained model takes photos: squares of so many pixels a side."""

    size_px: int


class StandingFacts(TypedDict):
    """The parts of the `Standing` after each stage."""

    full: Sequence[Any]
    first: Sequence[Any]


class TrainedFacts(ExportedFacts):
    """Of a model that was trained here; what the numbers mean is said where they come from.

    Attributes:
        unit_dim: width of the vector's part that has unit length.
        photos: None where the image encoder could not be exported.
        layout: of a `Layout`, its parts in their order.
    """

    unit_dim: int
    photos: PhotoFacts | None
    layout: list[int]
    vocabulary: list[str]
    least_tokens: int
    gates: list[float]
    short_gates: list[float]
    standing: StandingFacts
    class_words: list[str]
    class_floor: float
    first: list[float]
    full: list[float]
    worded_nearest: int
    detected_nearest: int


class ClipFacts(ExportedFacts):
    """Of a CLIP-like model.

    Attributes:
        photos: the `PixelSteps`.
        texts: the `TextSteps`.
        sigmoid: slope and offset by which cosines become probabilities; the latter None where it
            has none of its own.
        hub_weight: how much of a photo's nearness to just any text is taken from its score.
        hub_nearest: how many texts count for that nearness.
    """

    photos: dict[str, object]
    texts: dict[str, object]
    sigmoid: tuple[float, float | None]
    hub_weight: float
    hub_nearest: int
