"""Indexes of made-up vectors, pushed in this process or in one that ends before it is done."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

from store import Index, PhotoFile
from store.postgres.address import Address
from store.postgres.push import push
from tests.unit.store.vectors_at_hand import DIM, clustered

__all__ = ["BATCH", "MODEL", "make_index"]

MODEL = "f00d"
FEW = 60  # as many as `clustered` takes at least
BATCH = 1024
"""How many photos a transaction of a push has."""


def make_index(folder: Path, count: int, model: str = MODEL) -> None:
    """Make an index of so many photos, a caption each."""
    vectors = clustered(max(count, FEW))[0][:count]
    files = [
        PhotoFile(f"/photos/img_{n}.jpg", "/photos", n, n, f"{n:064x}", 20, 30)
        for n in range(count)
    ]
    with Index.create(folder, model, DIM) as index:
        ids = index.put_images(files, vectors, np.ones((count, 8), np.uint8))
        index.put_captions({i: [f"photo {i}"] for i in ids}, origin="test")
        index.finish()


def push_and_die(folder: str, address: str) -> None:
    """Push, and end as a killed process does once the first photos are there."""

    def die(done: int, *_: object) -> None:
        if done >= BATCH:
            os.kill(os.getpid(), signal.SIGKILL)

    with Index.open(Path(folder)) as index:
        push(index, Address.parse(address), progress=die)


if __name__ == "__main__":
    push_and_die(*sys.argv[1:])
