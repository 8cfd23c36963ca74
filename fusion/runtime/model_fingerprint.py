"""Which model a checkpoint folder holds, told without reading its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["CONFIG", "SHIPPED", "checkpoint_fingerprint", "fingerprint_of"]

CONFIG = "config.json"
SHIPPED = Path(__file__).parents[1] / "checkpoints"
"""Where the checkpoints lie that come with the package."""
KEPT = 2
"""Changes with what an index keeps of a photo, whatever the weights: 1 was nodes as float16, 2 is
`fusion/runtime/packing.py`. An index of another number is one of another model."""


def fingerprint_of(content: Mapping[str, object]) -> str:
    """Hex sha256 of `KEPT` and a checkpoint's `config.json`, which tells weights and encoders."""
    told = {"kept": KEPT, "model": dict(content)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def checkpoint_fingerprint(folder: Path | None) -> str | None:
    """Return a checkpoint's fingerprint; None where the folder holds no readable one.

    Without a folder, that of the model which comes with the package.
    """
    folder = folder or SHIPPED / "crossgraph"
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return fingerprint_of(content) if isinstance(content, dict) else None
