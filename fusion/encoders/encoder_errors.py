"""Errors about encoders and their weights. Each message is one line that says how to fix it."""

from __future__ import annotations

from fusion.runtime.model_errors import UnknownPreset, WeightsMismatch, WeightsNotFound, one_line

__all__ = ["UnknownPreset", "WeightsMismatch", "WeightsNotFound", "one_line"]
