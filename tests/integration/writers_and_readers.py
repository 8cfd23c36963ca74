"""Processes that write and read one index at the same time; told what to do on the command line.

A photo's vector is made from its content's number, which stands in `size_bytes`, and its nodes say
the number and the place in the path, so that a reader can tell what belongs together.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store import Index, PhotoFile

__all__ = ["DIM", "SOURCE", "file_of", "put", "vector_of"]

DIM = 64
SOURCE = "/photos"
BATCH = 250
BATCHES = 20
NEW = 1_000_000  # from this number on, places and contents are the writer's


def vector_of(number: int) -> NDArray[np.float32]:
    """Return the vector (D,) of a content, exact in half precision."""
    return np.random.default_rng(number).integers(-8, 9, DIM).astype(np.float32)


def file_of(place: int, number: int) -> PhotoFile:
    """Return the photo at a place, with the content of a number."""
    return PhotoFile(f"{SOURCE}/{place}.jpg", SOURCE, number, 1, f"{number:064x}", 2, 3)


def put(index: Index, photos: list[tuple[int, int]]) -> list[int]:
    """Write photos, place and number of the content each."""
    files = [file_of(place, number) for place, number in photos]
    vectors = np.stack([vector_of(number) for _, number in photos])
    return index.put_images(files, vectors, np.array(photos, dtype=np.int64)[:, None, :])


def write(folder: Path) -> None:
    """Add 5,000 photos to 1,000, delete 1,000 old and new ones, and replace 520 of both."""
    for batch in range(BATCHES):
        first = NEW + batch * BATCH
        with Index.open(folder) as index:
            ids = put(index, [(n, n) for n in range(first, first + BATCH)])
            put(index, [(n, n + NEW) for n in (*range(batch, 500, BATCHES), first)])
            index.remove_images([*ids[1:26], *range(501 + 25 * batch, 526 + 25 * batch)])
            index.settle()
            if batch % 3 == 0:  # the other runs are cut off here, and readers follow the changes
                index.finish()


def read(folder: Path, searches: int, done: Path) -> int:
    """Search until told to stop and so many times at least; give how many searches there were."""
    count, states = 0, set()
    random = np.random.default_rng(searches)
    with Index.open(folder) as index:
        while count < searches or not done.exists():
            query = random.integers(-8, 9, DIM).astype(np.float32)
            states.add(check(index, query))
            count += 1
    if len(states) < 3:
        raise SystemExit(f"the reader saw {len(states)} states of the index, expected more")
    return count


def check(index: Index, query: NDArray[np.float32]) -> int:
    """Search, and hold the answer against all vectors of the same state; give the state's size."""
    with index.snapshot():
        ids, scores = index.search(query, 10)
        files = index.files()
        every = np.array(list(files), dtype=np.int64)
        products = index.vectors(every) @ query
        best = np.lexsort((every, -products))[:10]
        shown = dict(zip(ids.tolist(), index.nodes(ids)[:, 0].tolist(), strict=True))
        paths = {photo.image_id: photo.path for photo in index.photos(ids)}
    if ids.tolist() != every[best].tolist() or scores.tolist() != products[best].tolist():
        raise SystemExit(f"found {ids} {scores}, expected {every[best]} {products[best]}")
    for image_id, score in zip(ids.tolist(), scores.tolist(), strict=True):
        place, number = shown[image_id]
        right = files[image_id] == file_of(place, number) and score == vector_of(number) @ query
        if not right or paths[image_id] != files[image_id].path:
            raise SystemExit(f"{files[image_id]} got nodes of {place}, {number} and score {score}")
    return len(files)


def hold(folder: Path) -> None:
    """Write a photo, say so, and keep the index open until killed."""
    with Index.open(folder) as index:
        put(index, [(9_000_000, 9_000_000)])
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        time.sleep(60)


def main() -> None:
    """Do what the command line says."""
    task, folder, *rest = sys.argv[1:]
    if task == "write":
        write(Path(folder))
    elif task == "read":
        sys.stdout.write(f"{read(Path(folder), int(rest[0]), Path(rest[1]))}\n")
    else:
        hold(Path(folder))


if __name__ == "__main__":
    main()
