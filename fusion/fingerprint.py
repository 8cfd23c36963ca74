"""Which model a checkpoint folder holds, told without reading its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["CONFIG", "checkpoint_fingerprint", "fingerprint_of"]

CONFIG = "config.json"


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """Hex sha256 of a checkpoint's `config.json`, which has those of its weights and encoders."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def checkpoint_fingerprint(folder: Path) -> str | None:
    """Give a checkpoint's fingerprint; None where the folder holds no readable one."""
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return fingerprint_of(content) if isinstance(content, dict) else None
