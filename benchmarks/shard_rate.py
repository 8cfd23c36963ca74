"""Indexing from a folder, a tar and a Parquet file: `python -m benchmarks.shard_rate FOLDER`.

The same photos are indexed each time, with the shipped model, in turns and several times. It prints
one line of JSON: photos per second, and processor time per photo, which depends less on what else
the machine does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from indexer import build_index
from search.models.for_indexing import indexing_model
from tests.made_shards import write_parquet

__all__ = ["packed"]


def packed(photos: Sequence[Path], where: Path) -> dict[str, Path]:
    """Write the photos as a folder of links, a tar and a Parquet file; return the three paths."""
    folder = where / "folder"
    folder.mkdir()
    for photo in photos:
        (folder / photo.name).symlink_to(photo)
    with tarfile.open(where / "photos.tar", "w") as tar:
        for photo in photos:
            tar.add(photo, photo.name)
    columns = {"image": [photo.read_bytes() for photo in photos]}
    parquet = write_parquet(where / "photos.parquet", columns, rows_in_group=100)
    return {"folder": folder, "tar": where / "photos.tar", "parquet": parquet}


def _measured(
    sources: dict[str, Path], photos: int, rounds: int, where: Path
) -> Iterator[dict[str, float | str]]:
    model = indexing_model(None, tell=_said, warn=_said)
    build_index(where / "warm", [sources["tar"]], model)
    for number in range(rounds):
        for name, source in sources.items():
            wall, processor = time.perf_counter(), time.process_time()
            report = build_index(where / f"{name}-{number}", [source], model)
            if report.added != photos:
                raise RuntimeError(f"{name}: {report}")
            yield {
                "source": name,
                "photos_per_second": photos / (time.perf_counter() - wall),
                "processor_ms_per_photo": 1000 * (time.process_time() - processor) / photos,
            }


def _said(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shard_rate", description=__doc__)
    parser.add_argument("photos", type=Path, help="a folder of JPEG files")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    photos = list(islice(sorted(asked.photos.resolve().glob("*.jpg")), asked.count))
    with tempfile.TemporaryDirectory() as folder:
        sources = packed(photos, Path(folder))
        found = list(_measured(sources, len(photos), asked.rounds, Path(folder)))
    told = {
        name: {
            what: round(statistics.median(float(f[what]) for f in found if f["source"] == name), 2)
            for what in ("photos_per_second", "processor_ms_per_photo")
        }
        for name in sources
    }
    sys.stdout.write(json.dumps({"photos": len(photos), "rounds": asked.rounds, **told}) + "\n")


if __name__ == "__main__":
    main()
