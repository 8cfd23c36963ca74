"""The facts that are stored as JSON with the files of an exported model."""

from __future__ import annotations

from typing import Any, TypedDict

__all__ = ["ClipFacts", "ExportedFacts", "PhotoFacts", "TrainedFacts"]


class ExportedFacts(TypedDict):
    """The facts of every exported model.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with the weights and with the preprocessing of their inputs.
        dim: width of an indexed vector.
    """

    name: str
    encoders: str
    fingerprint: str
    dim: int


class PhotoFacts(TypedDict):
    """The input of a trained model's photo side: squares with sides of `size_px` pixels."""

    size_px: int


class TrainedFacts(ExportedFacts):
    """The facts of a model that was trained here; numbers are documented where they come from.

    Attributes:
        unit_dim: width of the vector's part that has unit length.
        photos: None if the image encoder could not be exported.
        layout: the fields of the `Layout`, in their order.
        standing: the parts of the `Standing` of each stage.
    """

    unit_dim: int
    photos: PhotoFacts | None
    layout: list[int]
    vocabulary: list[str]
    least_tokens: int
    gates: list[float]
    short_gates: list[float]
    standing: dict[str, list[Any]]
    class_words: list[str]
    class_floor: float
    first: list[float]
    full: list[float]
    worded_nearest: int
    detected_nearest: int


class ClipFacts(ExportedFacts):
    """The facts of a CLIP-like model.

    Attributes:
        photos: the `PixelSteps`.
        texts: the `TextSteps`.
        sigmoid: scale and offset that turn cosines into probabilities; the offset is None if the
            model has none of its own.
        hub_weight: the weight of the hub correction that is subtracted from a photo's score.
        hub_nearest: the number of nearest texts that the correction averages.
    """

    photos: dict[str, object]
    texts: dict[str, object]
    sigmoid: tuple[float, float | None]
    hub_weight: float
    hub_nearest: int
