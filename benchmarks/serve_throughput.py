"""Answers per second and memory by workers: `python -m benchmarks.serve_throughput INDEX`.

Realistic queries with different words are sent to the real program over a number of persistent
connections. The client runs on the same machine and uses a part of its cores. The processor time
per answer gives an upper bound for a dedicated machine; the rate is what this machine reached.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

PROGRAM = "import sys; from search.cli import main; sys.exit(main())"
THINGS = (
    "a dog",
    "two children",
    "a man on a bicycle",
    "a red car",
    "the sea",
    "a street at night",
)
PLACES = ("in the snow", "on a beach", "in a park", "near a lake", "at home", "in the rain")


@contextmanager
def served(index: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve an index on a free port; yields its address and process."""
    command = [sys.executable, "-c", PROGRAM, "serve", "--index", str(index), "--port", "0"]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise SystemExit(process.wait() or 1)
        yield url, process
    finally:
        process.terminate()
        process.wait()


def answers(url: str, seconds: float, connections: int) -> int:
    """Send queries for so long, one at a time per connection; return the number of answers."""
    address = urlsplit(url)
    until = time.monotonic() + seconds
    counts, refused = [0] * connections, [0] * connections

    def ask(place: int) -> None:
        client = HTTPConnection(str(address.hostname), address.port or 0)
        queries = itertools.cycle(f"{thing} {where}" for thing in THINGS for where in PLACES)
        for text in itertools.islice(queries, place, None):
            if time.monotonic() >= until:
                return
            body = json.dumps({"text": text})
            client.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
            answer = client.getresponse()
            answer.read()
            refused[place] += answer.status != 200
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if any(refused):
        raise SystemExit(f"{url} refused {sum(refused)} of {sum(counts)} searches")
    return sum(counts)


def memory_mb(pid: int) -> tuple[float, float]:
    """Return the resident and the proportional memory of a process and its descendants, in MB."""
    resident = proportional = 0.0
    for each in [pid, *_below(pid)]:
        facts = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        sizes = {line.split()[0]: int(line.split()[1]) for line in facts[1:]}
        resident += sizes["Rss:"] / 1000
        proportional += sizes["Pss:"] / 1000
    return resident, proportional


def processor_seconds(pid: int) -> list[float]:
    """Return the processor time of a process and of each of its descendants."""
    found = []
    for each in [pid, *_below(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        found.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found


def _below(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in found for each in (int(child), *_below(int(child)))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sys.stdout.write(f"{os.cpu_count()} cores, {given.connections} connections\n")
    for workers in given.workers:
        with served(given.index, "--workers", str(workers)) as (url, process):
            answers(url, 1, given.connections)  # warms up
            sys.stdout.write(f"{workers} workers: {measured(url, process.pid, given)}\n")
            sys.stdout.flush()


def measured(url: str, pid: int, given: argparse.Namespace) -> str:
    """Return the figures of one server as one line."""
    before = processor_seconds(pid)
    counts = sorted(answers(url, given.seconds, given.connections) for _ in range(given.rounds))
    spent = [now - then for now, then in zip(processor_seconds(pid), before, strict=True)]
    resident, proportional = memory_mb(pid)
    rates = [count / given.seconds for count in counts]
    return (
        f"{rates[len(rates) // 2]:.0f} answers a second ({rates[0]:.0f} to {rates[-1]:.0f}), "
        f"{1000 * sum(spent) / sum(counts):.1f} ms of processors each, "
        f"{resident:.0f} MB resident, {proportional:.0f} MB proportional; processor seconds of "
        f"each process: {', '.join(f'{each:.1f}' for each in spent)}"
    )


if __name__ == "__main__":
    main()
