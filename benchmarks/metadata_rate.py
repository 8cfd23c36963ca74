"""The time to read the metadata of photos again, compared with that to embed them.

`python -m benchmarks.metadata_rate [PHOTOS] [EMBEDDED]` writes so many photos of 640 x 480 with
EXIF, GPS and XMP, a tenth of them with a sidecar; writes an index of them without their metadata;
and prints the time that reading the metadata takes. Some photos are embedded with the shipped model
for comparison.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from indexer import build_index
from indexer.sources import FolderSource
from search.models.for_indexing import indexing_model
from store import Index, PhotoFile
from tests.metadata_files import DIGIKAM, IMMICH, LIGHTROOM, gps_exif

SIZE = 640, 480


def make(folder: Path, count: int) -> None:
    """Write photos with different pixels, and sidecars."""
    folder.mkdir()
    for number in range(count):
        noise = np.random.default_rng(number % 50).integers(0, 255, (15, 20, 3)).astype(np.uint8)
        exif = gps_exif((38, 42, number % 60), (9, 8, number % 60), "NW").tobytes()
        packet = (LIGHTROOM, DIGIKAM)[number % 2]
        path = folder / f"{number:06d}.jpg"
        Image.fromarray(noise).resize(SIZE).save(path, exif=exif, xmp=packet)
        if number % 10 == 0:
            path.with_name(f"{path.name}.xmp").write_bytes(IMMICH)


def main(count: int = 10_000, embedded: int = 200) -> None:
    """Print both times."""
    with tempfile.TemporaryDirectory() as place:
        photos = Path(place) / "photos"
        make(photos, count)
        some = Path(place) / "some"
        make(some, embedded)
        model = indexing_model(None, tell=lambda _: None, warn=lambda _: None)
        build_index(Path(place) / "warm", [some], model)
        began = time.perf_counter()
        build_index(Path(place) / "embedded", [some], model)
        each = (time.perf_counter() - began) / embedded
        with Index.create(Path(place) / "index", model.fingerprint, model.dim) as index:
            found = FolderSource(photos).files()
            files = [
                PhotoFile(f.path, f.source, f.size_bytes, f.mtime_ns, "00" * 32, *SIZE)
                for f in found
            ]
            vectors = np.zeros((count, model.dim), np.float32)
            index.put_images(files, vectors, np.zeros((count, 1), np.uint8))
        began = time.perf_counter()
        report = build_index(Path(place) / "index", [photos], model)
        seconds = time.perf_counter() - began
    sys.stdout.write(
        f"{report.described} photos' metadata in {seconds:.1f} s; embedding them would take "
        f"{each * count:.0f} s ({1 / each:.1f} photos a second): {seconds / each / count:.1%}\n"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
