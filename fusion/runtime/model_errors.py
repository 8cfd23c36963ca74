"""Errors about models and their encoders' weights; each message is one line and says what helps."""

from __future__ import annotations

from fusion.fusion_error import FusionError

__all__ = [
    "CheckpointError",
    "UnknownPreset",
    "WeightsMismatch",
    "WeightsNotFound",
    "one_line",
]


class CheckpointError(FusionError, ValueError):
    """A checkpoint is missing, damaged, or of another kind than requested."""


class UnknownPreset(FusionError, ValueError):
    """There are no encoders with that name."""


class WeightsNotFound(FusionError, FileNotFoundError):
    """No source has the weights: neither the given path nor a pip package nor the hub."""


class WeightsMismatch(FusionError, ValueError):
    """The weights exist, but are damaged or belong to another encoder."""


def one_line(error: BaseException) -> str:
    """Return the type of another library's error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
