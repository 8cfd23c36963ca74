"""Rows per second, time to open and sizes of the store: `python -m benchmarks.throughput`.

Rows have the shapes of the shipped model, and a path and a caption of typical lengths; the numbers
are random, since nothing here depends on their values. Only the store's work is timed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from store import Index, PhotoFile

__all__ = ["Throughput", "measure"]

DIM = 515
PACKED = 26 * 16 + 50 * 3 + 16 * 3
BATCH = 1000
PHOTO_BYTES = 2 * DIM + PACKED

OPEN = """
import sys, time
from pathlib import Path
import numpy as np
from store import Index
started = time.perf_counter()
with Index.open(Path(sys.argv[1])) as index:
    ids, _ = index.search(np.ones(index.model.dim, dtype=np.float32), 10)
print(time.perf_counter() - started, len(ids))
"""


@dataclass(frozen=True)
class Throughput:
    """The results.

    Attributes:
        rows: number of photos.
        rows_per_second: rate of writing them in batches of a thousand, including `finish`.
        open_seconds: time in a new process from opening to the first answer, without imports.
        catalog_over_payload: size of `catalog.db` divided by that of vectors, nodes, paths and
            captions.
        folder_over_payload: size of the whole folder divided by the same.
    """

    rows: int
    rows_per_second: float
    open_seconds: float
    catalog_over_payload: float
    folder_over_payload: float


def measure(folder: Path, rows: int) -> Throughput:
    """Write rows, a multiple of a thousand, into a folder that doesn't exist yet, then open it."""
    random = np.random.default_rng(0)
    seconds, payload = 0.0, 0
    with Index.create(folder, "f1", DIM) as index:
        for start in range(0, rows, BATCH):
            files = [_file(number) for number in range(start, start + BATCH)]
            captions = [f"a man rides bicycle {n} down a wet street" for n in range(BATCH)]
            vectors = random.standard_normal((BATCH, DIM), dtype=np.float32)
            packed = random.integers(0, 256, (BATCH, PACKED), dtype=np.uint8)
            payload += sum(len(file.path) for file in files) + sum(map(len, captions))
            started = time.perf_counter()
            ids = index.put_images(files, vectors, packed)
            said = {i: [text] for i, text in zip(ids, captions, strict=True)}
            index.put_captions(said, origin="captions.json")
            index.settle()
            seconds += time.perf_counter() - started
        started = time.perf_counter()
        index.finish()
        seconds += time.perf_counter() - started
    payload += rows * PHOTO_BYTES
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    return Throughput(
        rows=rows,
        rows_per_second=rows / seconds,
        open_seconds=_opened(folder),
        catalog_over_payload=sizes["catalog.db"] / payload,
        folder_over_payload=sum(sizes.values()) / payload,
    )


def _file(number: int) -> PhotoFile:
    path = f"/photos/{number // BATCH:04}/IMG_{number:08}.jpg"
    return PhotoFile(path, "/photos", 3_000_000 + number, number, f"{number:064x}", 4032, 3024)


def _opened(folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(folder)],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[0])


def main() -> None:
    """Measure, and print the results as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="a multiple of a thousand")
    parser.add_argument("--folder", type=Path, help="where to write, instead of the temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        found = asdict(measure(Path(folder) / "index", asked.rows))
    sys.stdout.write(json.dumps({key: round(value, 3) for key, value in found.items()}) + "\n")


if __name__ == "__main__":
    main()
