"""Fingerprints of models, computed from a checkpoint folder without reading its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["CONFIG", "SHIPPED", "checkpoint_fingerprint", "fingerprint_of"]

CONFIG = "config.json"
SHIPPED = Path(__file__).parents[1] / "checkpoints"
"""The folder of the checkpoints that ship with the package."""
KEPT = 3
"""Version of the data that an index stores of a photo, whatever the weights: 1 was nodes as
float16, 2 four bits for each of their numbers, 3 is `fusion/runtime/packing.py`. An index with
another version counts as one of another model."""


def fingerprint_of(content: Mapping[str, object]) -> str:
    """Return the hex sha256 of `KEPT` and `config.json`, which identifies weights and encoders."""
    told = {"kept": KEPT, "model": dict(content)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def checkpoint_fingerprint(folder: Path | None) -> str | None:
    """Return a checkpoint's fingerprint; None if the folder has no readable configuration.

    Without a folder, return the fingerprint of the shipped model.
    """
    folder = folder or SHIPPED / "crossgraph"
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return fingerprint_of(content) if isinstance(content, dict) else None
