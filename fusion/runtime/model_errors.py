"""What can be wrong with a model and its encoders' weights; each message is one line that helps."""

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
    """A checkpoint is missing, damaged, or of another kind than asked for."""


class UnknownPreset(FusionError, ValueError):
    """There are no encoders of that name."""


class WeightsNotFound(FusionError, FileNotFoundError):
    """No source has the weights: not the given path, not a pip package, not the hub."""


class WeightsMismatch(FusionError, ValueError):
    """The weights are there, but damaged or not those of this encoder."""


def one_line(error: BaseException) -> str:
    """Shorten another library's message to its first line, the part that names the cause."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
