"""How the processors and GPUs of a cluster are divided among workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Placement", "placed"]

GPU_WORKERS = 8
"""Most workers that share a GPU. One process reads about 500 photos of 224 pixels per second,
however many threads it has, which leaves a GPU idle; eight processes on one GPU with 16 processors
indexed three times as many."""


@dataclass(frozen=True)
class Placement:
    """How many workers there are, and what each of them gets.

    Attributes:
        workers: number of workers at once.
        threads: processors per worker.
        gpus: GPUs per worker; a fraction if several share one.
    """

    workers: int
    threads: int
    gpus: float


def placed(
    nodes: Iterable[Mapping[str, float]], wanted_workers: int | None, *, gpu: bool
) -> Placement:
    """Divide the resources of a cluster's machines among workers.

    Args:
        nodes: for each machine, its amounts of `CPU` and `GPU`.
        wanted_workers: number of workers; None for up to `GPU_WORKERS` per GPU with two processors
            each, or without GPUs for one per processor.
        gpu: whether workers may use GPUs.

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
    """Return how many workers share a GPU, each with two processors if there are enough."""
    return max(1, min(GPU_WORKERS, cpus // (2 * gpus)))
