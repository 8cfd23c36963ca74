"""Where photos are encoded: on a CUDA GPU where there is one, else on the processors.

torch takes seconds to import, so it is not asked unless an NVIDIA device is likely there.
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
    """Say where to encode.

    Args:
        wanted: `auto` takes a GPU where torch can use one; the other two are what they say.
        likely: whether it is worth asking torch; None looks for an NVIDIA device.
        usable: whether torch can use one; None asks torch.

    Raises:
        ValueError: `wanted` is none of the three.
        DeviceNotThere: `cuda` is asked for and cannot be used.
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
    """Return whether an NVIDIA device is likely there, by the driver's files or its program."""
    return any(nodes.glob("nvidia[0-9]*")) or shutil.which("nvidia-smi") is not None


def _torch_has_cuda() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()
