"""The number of processors that this process may use, and the session settings of ONNX Runtime."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["ON_PROCESSORS", "usable_processors"]

ON_PROCESSORS: dict[str, Any] = {"providers": ["CPUExecutionProvider"], "enable_fallback": 0}
"""Arguments for opening an ONNX Runtime session. There is no provider to fall back to, and with the
fallback enabled, ONNX Runtime would print a message about a damaged file to stdout."""


def usable_processors() -> int:
    """Return how many processors this process may use, at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)  # only on Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1
