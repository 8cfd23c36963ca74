"""Made-up vectors, and stand-ins for classes that only a FAISS built for GPUs has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from store.types import Block

DIM = 19  # not a multiple of the numbers that FAISS processes at once


def clustered(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return vectors (N, D) in half precision around 60 centres, and queries near the first 30."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((60, DIM))
    vectors = centres[random.integers(0, 60, count)] + 0.3 * random.standard_normal((count, DIM))
    queries = vectors[:30] + 0.1 * random.standard_normal((30, DIM))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (vectors, queries)]
    return unit[0].astype(np.float16).astype(np.float32), unit[1].astype(np.float32)


def in_blocks(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> Iterator[Block]:
    for start in range(0, len(ids), 700):
        yield ids[start : start + 700], vectors[start : start + 700]


class FlatStandIn:
    """Stands in for `GpuIndexFlatIP`: no selector, positions instead of ids, k at most 2048."""

    def __init__(self, resources: object, width: int, options: Any) -> None:
        assert options.useFloat16
        self._held = faiss.IndexFlatIP(width)

    def add(self, vectors: NDArray[np.float32]) -> None:
        self._held.add(vectors)

    def search(self, rows: NDArray[np.float32], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
        assert k <= 2048
        scores, positions = self._held.search(rows, k)
        return scores, positions


def stand_in_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make FAISS appear to have one GPU."""
    parts = {
        "get_num_gpus": lambda: 1,
        "StandardGpuResources": object,
        "GpuIndexFlatConfig": type("GpuIndexFlatConfig", (), {}),
        "GpuIndexFlatIP": FlatStandIn,
        "index_cpu_to_gpu": lambda resources, device, index: index,
    }
    for name, part in parts.items():
        monkeypatch.setattr(faiss, name, part, raising=False)
