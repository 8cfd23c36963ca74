"""Loads a CLIP-like model with the library that its folder's files call for."""

from __future__ import annotations

import json
from pathlib import Path

from fusion.export.clip_source import ClipSource, load_transformers_clip
from fusion.runtime.clip.clip_folder import OPEN_CLIP

__all__ = ["load_clip_source"]


def load_clip_source(folder: Path) -> ClipSource:
    """Load a model with OpenCLIP if only that library can read its folder, else with transformers.

    Raises:
        ImportError: the library is not installed.
        WeightsMismatch: the folder holds no model that the library can read.
    """
    if (folder / OPEN_CLIP).exists() and not _is_of_transformers(folder):
        from fusion.export.open_clip_source import load_open_clip

        return load_open_clip(folder)
    return load_transformers_clip(folder)


def _is_of_transformers(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    weights = (*folder.glob("model*.safetensors"), *folder.glob("pytorch_model*.bin"))
    return isinstance(config, dict) and "model_type" in config and bool(weights)
