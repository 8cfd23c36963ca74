"""What can be wrong with weights. Each message is one line that says how to put it right."""

from __future__ import annotations

from fusion.runtime.model_errors import UnknownPreset, WeightsMismatch, WeightsNotFound, one_line

__all__ = ["UnknownPreset", "WeightsMismatch", "WeightsNotFound", "one_line"]
