"""Small indexes that are opened together as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from store import (
    Index,
    PhotoFile,
)
from store.federation.federated_index import SeveralIndexes
from store.opening import open_indexes
from tests.waiting import PATIENCE_SECONDS

DIM = 4


def photo(folder: Path, name: str) -> PhotoFile:
    return PhotoFile(f"{folder}/photos/{name}.jpg", f"{folder}/photos", 9, 1, f"{name:0>64}", 8, 8)


def make(folder: Path, vectors: dict[str, list[float]], fingerprint: str = "aa") -> Path:
    with Index.create(folder, fingerprint, DIM) as index:
        rows = np.array(list(vectors.values()), np.float32)
        index.put_images(
            [photo(folder, name) for name in vectors], rows, np.ones((len(rows), 2, 3), np.float16)
        )
        index.put_captions({1: [f"the first of {folder.name}"]}, origin="test")
        index.put_categories({1: ["dog"], 2: [folder.name]}, origin="test")
        index.finish()
    return folder


X = np.array([1, 0, 0, 0], np.float32)


@contextmanager
def opened(places: list[Path], seconds: float = PATIENCE_SECONDS) -> Iterator[SeveralIndexes]:
    index = open_indexes([str(place) for place in places], seconds=seconds)
    assert isinstance(index, SeveralIndexes)
    try:
        yield index
    finally:
        index.close()
