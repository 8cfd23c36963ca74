"""`python -m tests.serve_throughput INDEX`: answers a second and memory, by the number of workers.

Real queries of different words against the real program, from so many connections that are kept
open. Whoever asks runs on the same machine and takes his part of its cores.
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
    """Serve an index on a free port; gives its address and process."""
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


def answers_a_second(url: str, seconds: float, connections: int) -> float:
    """Ask for so long from each connection, the next query when the one before is answered."""
    address = urlsplit(url)
    until = time.monotonic() + seconds
    counts = [0] * connections

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
            if answer.status != 200:
                raise SystemExit(f"{url} answered {answer.status}")
            counts[place] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(counts) / (time.monotonic() - began)


def memory_mb(pid: int) -> tuple[float, float]:
    """Give the resident and the proportional megabytes of a process with all below it."""
    resident = proportional = 0.0
    for each in [pid, *_below(pid)]:
        facts = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        sizes = {line.split()[0]: int(line.split()[1]) for line in facts[1:]}
        resident += sizes["Rss:"] / 1000
        proportional += sizes["Pss:"] / 1000
    return resident, proportional


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
            answers_a_second(url, 1, given.connections)  # warms up
            rates = sorted(
                answers_a_second(url, given.seconds, given.connections) for _ in range(given.rounds)
            )
            resident, proportional = memory_mb(process.pid)
        sys.stdout.write(
            f"{workers} workers: {rates[len(rates) // 2]:.0f} answers a second "
            f"({rates[0]:.0f} to {rates[-1]:.0f}), {resident:.0f} MB resident, "
            f"{proportional:.0f} MB proportional\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
