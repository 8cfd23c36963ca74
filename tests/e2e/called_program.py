"""The program called as a person calls it, and the photos that it is called with."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SKIMAGE = find_spec("skimage")
PHOTOS = Path(str(SKIMAGE.origin)).parent / "data" if SKIMAGE else Path()

FEW = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")


def run(*arguments: object, program: str = "main") -> subprocess.CompletedProcess[str]:
    call = f"import sys; from search.cli import {program}; sys.exit({program}())"
    return subprocess.run(
        [sys.executable, "-c", call, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    )


def assert_error(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert last.startswith("error: ")
    assert done.stderr.count("error: ") == 1
    for word in words:
        assert word in last
