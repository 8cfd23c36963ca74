"""Throughput of Ray workers and of one process: `python -m benchmarks.bulk_throughput FOLDER`.

The same photos are indexed, in turns, by `build_index` in this process, which uses every processor,
and embedded into shards by two Ray workers, which share the same processors. The start of Ray and
its workers is reported separately: it is the time until the last worker has loaded its model. The
shipped model and the photos of a folder are used; if these are too few, they are repeated under
other names.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from indexer import build_index
from indexer.bulk import write_embedded_shards
from indexer.bulk.ray_job import RayEmbed
from indexer.indexing_model import IndexingModel
from search.bench.pictures import with_comment
from search.commands.shared.embedded_shards import model_of_worker
from search.models.for_indexing import indexing_model

__all__ = ["main"]

LOADED_BY = {"checkpoint": None, "image_weights": None, "text_weights": None, "device": "cpu"}


def photos_of(folder: Path, into: Path, count: int) -> None:
    """Copy so many JPEGs of a folder, repeating them if needed; no two copies are identical."""
    found = sorted(folder.rglob("*.jpg"))
    if not found:
        raise SystemExit(f"{folder} holds no .jpg")
    into.mkdir()
    for number in range(count):
        content = found[number % len(found)].read_bytes()
        (into / f"{number:06}.jpg").write_bytes(with_comment(content, f"{number:06}"))


def timed_model(started: Path, threads: int) -> IndexingModel:
    """Load the model in a worker, and append the time when that was done to a file."""
    model = model_of_worker(threads, LOADED_BY)
    _ = model._session
    with started.open("a", encoding="utf-8") as file:
        file.write(f"{time.time()}\n")
    return model


def alone(photos: Path, work: Path, model: IndexingModel) -> float:
    """Return the seconds that one process takes to index the photos."""
    shutil.rmtree(work, ignore_errors=True)
    return build_index(work, [photos], model).seconds


def with_ray(photos: Path, work: Path, model: IndexingModel, workers: int) -> tuple[float, float]:
    """Return the seconds that workers take to write shards, and those until all have models."""
    from benchmarks import bulk_throughput  # workers import the function by this name

    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    ready = work / "ready.txt"
    embed = RayEmbed(partial(bulk_throughput.timed_model, ready), workers=workers)
    began = time.time()
    report = write_embedded_shards(work / "out", [photos], model, embed=embed)
    last = max(map(float, ready.read_text().split()))
    return report.seconds, last - began


def measure(photos: Path, work: Path, workers: int, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round for both ways, in turns, after an uncounted warm-up."""
    model = indexing_model(None, device="cpu", tell=_say, warn=_say)
    taken: dict[str, list[float]] = {"alone": [], "ray": [], "start": []}
    few = work / "few"
    photos_of(photos, few, 32)
    alone(few, work / "index", model)
    for turn in range(rounds):
        taken["alone"].append(alone(photos, work / "index", model))
        seconds, start = with_ray(photos, work / "shards", model, workers)
        taken["ray"].append(seconds)
        taken["start"].append(start)
        _say(f"round {turn + 1}: { ({name: round(each[-1], 1) for name, each in taken.items()}) }")
    return taken


def _median_ratio(ones: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> None:
    """Measure, and print the results as one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bulk_throughput", description=__doc__
    )
    parser.add_argument("photos", type=Path, help="a folder of JPEGs")
    parser.add_argument("--photos", dest="count", type=int, default=1000, help="how many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work, instead of the temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        work = Path(folder)
        photos_of(asked.photos, work / "photos", asked.count)
        taken = measure(work / "photos", work, asked.workers, asked.rounds)
    one, ray, start = (statistics.median(taken[name]) for name in ("alone", "ray", "start"))
    working = [
        all_of_it - began for all_of_it, began in zip(taken["ray"], taken["start"], strict=True)
    ]
    found = {
        "photos": asked.count,
        "processors": len(os.sched_getaffinity(0)),
        "workers": asked.workers,
        "alone_per_second": asked.count / one,
        "ray_per_second": asked.count / ray,
        "start_seconds": start,
        "ratio": _median_ratio(taken["alone"], taken["ray"]),
        "ratio_without_start": _median_ratio(taken["alone"], working),
    }
    rounded = {name: round(value, 2) for name, value in found.items()}
    sys.stdout.write(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
