"""How many processors this process may use, and how ONNX Runtime is to use them."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["ON_PROCESSORS", "usable_processors"]

ON_PROCESSORS: dict[str, Any] = {"providers": ["CPUExecutionProvider"], "enable_fallback": 0}
"""How a session of ONNX Runtime is opened. There is nothing to fall back to, and of a damaged file
it would print so to stdout."""


def usable_processors() -> int:
    """Return how many processors this process may use, at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1
