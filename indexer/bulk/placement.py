"""How the processors and GPUs of a cluster are shared out among workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Placement", "placed"]

GPU_WORKERS = 8
"""One process reads some 500 photos of 224 pixels a second, whatever its threads, which leaves a
GPU idle: eight processes on one with 16 processors indexed three times as many."""


@dataclass(frozen=True)
class Placement:
    """How many workers there are, and what each of them has.

    Attributes:
        workers: how many at once.
        threads: processors of each.
        gpus: of each; a part of one where several share it.
    """

    workers: int
    threads: int
    gpus: float


def placed(
    nodes: Iterable[Mapping[str, float]], wanted_workers: int | None, *, gpu: bool
) -> Placement:
    """Share out what the machines of a cluster have.

    Args:
        nodes: of each machine, how much it has of `CPU` and `GPU`.
        wanted_workers: how many there are to be; None for up to `GPU_WORKERS` a GPU with two
            processors each, or else one a processor.
        gpu: whether they may have GPUs.

    >>> placed([{"CPU": 16}, {"CPU": 4}], 3, gpu=True)  # a worker lies on one machine
    Placement(workers=3, threads=4, gpus=0.0)
    >>> placed([{"CPU": 16, "GPU": 2}], None, gpu=True)
    Placement(workers=8, threads=2, gpus=0.25)
    >>> placed([{"CPU": 16, "GPU": 2}], 3, gpu=True)  # none has parts of two GPUs
    Placement(workers=3, threads=5, gpus=0.5)
    """
    working = [node for node in nodes if node.get("CPU", 0) >= 1]
    cpus = [int(node["CPU"]) for node in working] or [1]
    gpus = int(sum(node.get("GPU", 0) for node in working)) if gpu else 0
    workers = wanted_workers or (gpus * _on_each(gpus, sum(cpus)) if gpus else sum(cpus))
    threads = max(1, min(sum(cpus) // workers, *cpus))
    return Placement(workers, threads, 1 / math.ceil(workers / gpus) if gpus else 0.0)


def _on_each(gpus: int, cpus: int) -> int:
    """Workers that share a GPU, each with two processors where there are as many."""
    return max(1, min(GPU_WORKERS, cpus // (2 * gpus)))
