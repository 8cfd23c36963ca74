"""Chooses where photos are encoded: on a CUDA GPU if there is one, else on the CPU.

torch takes seconds to import, so it is imported only if there is likely to be an NVIDIA device.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from fusion.fusion_error import FusionError

__all__ = ["Device", "DeviceNotThere", "choose_device", "has_nvidia"]

Device = Literal["auto", "cpu", "cuda"]

NODES = Path("/dev")


class DeviceNotThere(FusionError, ValueError):
    """A GPU was asked for, and there is none that torch can use."""


def choose_device(
    wanted: str = "auto",
    *,
    likely: Callable[[], bool] | None = None,
    usable: Callable[[], bool] | None = None,
) -> Literal["cpu", "cuda"]:
    """Return the device to encode on.

    Args:
        wanted: `auto`, which takes a GPU if torch can use one, `cpu` or `cuda`.
        likely: returns whether a GPU is likely; None looks for an NVIDIA device.
        usable: returns whether torch can use a GPU; None asks torch.

    Raises:
        ValueError: `wanted` is none of the three.
        DeviceNotThere: `wanted` is `cuda`, which cannot be used.
    """
    if wanted not in get_args(Device):
        raise ValueError(f"device {wanted!r}: expected auto, cpu or cuda")
    if wanted == "cpu" or (wanted == "auto" and not (likely or has_nvidia)()):
        return "cpu"
    if (usable or _torch_has_cuda)():
        return "cuda"
    if wanted == "cuda" and find_spec("torch") is None:
        raise DeviceNotThere(
            "--device cuda needs torch, which is not installed: pip install "
            '"crossgraph[gpu]", or leave out --device'
        )
    if wanted == "cuda":
        raise DeviceNotThere(
            "--device cuda: torch finds no CUDA GPU here; check `nvidia-smi` and whether this "
            "torch was built for CUDA, or leave out --device"
        )
    return "cpu"


def has_nvidia(nodes: Path = NODES) -> bool:
    """Return whether there is likely an NVIDIA device, by the driver's files or its program."""
    return any(nodes.glob("nvidia[0-9]*")) or shutil.which("nvidia-smi") is not None


def _torch_has_cuda() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()
