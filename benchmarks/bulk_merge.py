"""Rows per second and memory of merging shards: `python -m benchmarks.bulk_merge`.

In addition to elapsed time it reports processor time, which depends less on what else the machine
does.

It writes shards of random rows in the shapes of the shipped model, and merges them with
`merge_embedded_shards` in a separate process. That process is killed (SIGKILL) when half of the
rows are merged, and another one continues. At the end no row may be duplicated or missing.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from indexer.bulk import merge_embedded_shards
from indexer.bulk.embedded_shard_file import Rows
from indexer.bulk.embedded_shard_writer import embedded_shard_writer
from indexer.bulk.embedded_shards_folder import embedded_shard_path, embedded_shard_paths
from indexer.bulk.manifest import open_manifest
from store import Index, PhotoFile

__all__ = ["MODEL", "main", "make_shards"]

DIM, UNIT = 515, 512
PACKED = 26 * 16 + 50 * 3 + 16 * 3
SHARD = 1024
ROOT = Path(__file__).parents[1]


def recall_queries() -> np.ndarray[Any, Any]:
    """Return random vectors in place of those of captions: unit length but for three components."""
    return vectors_of(np.random.default_rng(1), 256)


MODEL: Any = SimpleNamespace(
    name="made",
    encoders="none",
    fingerprint="f1",
    dim=DIM,
    unit_dim=UNIT,
    recall_queries=recall_queries,
)


def vectors_of(random: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Return random vectors (count, DIM) in clusters, like those of photos."""
    centres = np.random.default_rng(0).standard_normal((500, DIM), dtype=np.float32)
    noise = random.standard_normal((count, DIM), dtype=np.float32)
    found = centres[random.integers(0, len(centres), count)] + 0.5 * noise
    found[:, :UNIT] /= np.linalg.norm(found[:, :UNIT], axis=1, keepdims=True)
    found[:, UNIT:] /= 10
    return found


def make_shards(folder: Path, rows: int) -> None:
    """Write shards with so many rows in total."""
    random = np.random.default_rng(2)
    open_manifest(folder, MODEL, SHARD)
    for start in range(0, rows, SHARD):
        files = [file_of(number) for number in range(start, min(rows, start + SHARD))]
        vectors = vectors_of(random, len(files)).astype(np.float16)
        nodes = random.integers(0, 256, (len(files), PACKED), dtype=np.uint8)
        with embedded_shard_writer(
            embedded_shard_path(folder, f"{hash_of(start):032x}"), "f1", DIM
        ) as writer:
            writer.add(Rows(files, vectors, nodes, [()] * len(files)))


def hash_of(number: int) -> int:
    """Return a 128-bit number; consecutive arguments give evenly spread results."""
    return (number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128


def file_of(number: int) -> PhotoFile:
    """Return a photo with a name and metadata of typical lengths."""
    path = f"/photos/{number // 1000:04}/IMG_{number:08}.jpg"
    return PhotoFile(
        path, "/photos", 3_000_000, number, f"{number:064x}", 4032, 3024, perceptual_hash=number
    )


def merge(shards: str, index: str) -> None:
    """Merge; print about forty lines of JSON on the way, and one at the end."""
    began, spent = time.monotonic(), time.process_time()

    def tell(done: int, total: int, _: str) -> None:
        if done % max(1, total // 40) == 0 or done == total:
            say(
                done=done,
                total=total,
                seconds=time.monotonic() - began,
                processor_seconds=time.process_time() - spent,
                mib=resident_mib("VmRSS"),
            )

    report = merge_embedded_shards(shards, index, MODEL, progress=tell)
    say(photos=report.photos, refused=len(report.refused), seconds=report.seconds,
        processor_seconds=time.process_time() - spent, peak_mib=resident_mib("VmHWM"))  # fmt: skip


def resident_mib(name: str) -> float:
    """Return this process's resident memory (`VmRSS`), or its peak (`VmHWM`), in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def say(**facts: float) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


@dataclass
class Merging:
    """The outcome of a merging process: its lines of output, and whether it was killed."""

    lines: list[dict[str, float]]
    killed: bool


def merged(shards: Path, index: Path, kill_at: float | None) -> Merging:
    """Merge in a process that is killed once it reports the share `kill_at` as done, if any."""
    command = [sys.executable, "-m", "benchmarks.bulk_merge", "--merge", str(shards), str(index)]
    lines: list[dict[str, float]] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(json.loads(line))
            last = lines[-1]
            if kill_at is not None and last.get("done", 0) >= kill_at * last.get("total", 1):
                os.kill(process.pid, signal.SIGKILL)
                break
    return Merging(lines, process.returncode == -signal.SIGKILL)


def checked(index: Path, rows: int) -> None:
    """Raise RuntimeError unless the index has every row exactly once."""
    with Index.open(index) as opened, opened.reading() as catalog:
        sql = """SELECT count(*), count(DISTINCT path), max(id),
            (SELECT count(*) FROM vectors_1), (SELECT count(*) FROM nodes_1) FROM images"""
        found = next(catalog.rows(sql))
        counted = opened.generation()
        if found != (rows,) * 5 or counted is None or counted.count != rows:
            raise RuntimeError(f"expected {rows} of all, found {found} and {counted}")


def main() -> None:
    """Measure, and print the results as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk_merge", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to work, instead of the temporary one")
    parser.add_argument("--merge", nargs=2, metavar=("SHARDS", "INDEX"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.merge:
        merge(*asked.merge)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        shards, index = Path(folder) / "shards", Path(folder) / "index"
        make_shards(shards, asked.rows)
        bytes_a_row = sum(path.stat().st_size for path in embedded_shard_paths(shards)) / asked.rows
        first = merged(shards, index, kill_at=0.5)
        second = merged(shards, index, kill_at=None)
        checked(index, asked.rows)
    told = [line for line in (*first.lines, *second.lines) if "done" in line]
    last = [each.lines for each in (first, second)]
    ends = last[0][-1], told[-1]  # the last reports while rows were written, of both processes
    facts = {
        "rows": asked.rows,
        "killed": first.killed,
        "rows_per_second": asked.rows / sum(line["seconds"] for line in ends),
        "rows_per_processor_second": asked.rows / sum(line["processor_seconds"] for line in ends),
        "mib_while_merging": max(line["mib"] for line in told),
        **{f"vectors_file_{name}": last[1][-1][name] - told[-1][name]
           for name in ("seconds", "processor_seconds")},
        "peak_mib": max(last[1][-1]["peak_mib"], *(line["mib"] for line in told)),
        "shard_bytes_a_row": bytes_a_row,
    }  # fmt: skip
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in facts.items()}) + "\n")


if __name__ == "__main__":
    main()
