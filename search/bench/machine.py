"""The machine and the libraries that figures were measured with."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["cores", "machine", "machine_line"]

PACKAGES = (
    "crossgraph", "faiss-cpu", "faiss-gpu-cuvs", "numpy", "onnxruntime", "pillow", "torch",
)  # fmt: skip


def machine() -> dict[str, object]:
    """Return the processor's name, cores that this process may use, memory, system and versions."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "versions": {"python": platform.python_version(), **_versions()},
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_line(facts: dict[str, Any]) -> str:
    """Return the result of `machine` as one line.

    >>> machine_line({"cpu": "Z80", "cores": 1, "memory_bytes": 2**30, "versions": {"torch": "2"}})
    'Z80, 1 core, 1 GiB of memory; torch 2'
    """
    number = facts["cores"]
    libraries = ", ".join(f"{name} {which}" for name, which in facts["versions"].items())
    return (
        f"{facts['cpu']}, {number} core{'s' if number > 1 else ''}, "
        f"{facts['memory_bytes'] / 2**30:.0f} GiB of memory; {libraries}"
    )


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
