"""A small index of a made model, and the program that serves it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2

from store import Index, PhotoFile
from tests.integration.colours import paint
from tests.integration.made_retriever import FINGERPRINT, made_retriever
from tests.waiting import PATIENCE_SECONDS

__all__ = ["COUNT", "get", "make_place", "post", "running", "start"]

COUNT = 6
PROGRAM = "import sys; from search.cli import main; sys.exit(main())"


def make_place(place: Path, bert: Path, export: Path) -> Path:
    """Return a folder with photos, an index of them, and a cache with its prepared model."""
    retriever = made_retriever(bert)
    shutil.copytree(export, place / "cache" / "query")
    (place / "photos").mkdir()
    files = []
    for number in range(COUNT):
        path = paint(place / "photos" / f"{number}.png", "red", "blue")
        facts = path.stat()
        files.append(
            PhotoFile(
                str(path),
                str(path.parent),
                facts.st_size,
                facts.st_mtime_ns,
                f"{number:064x}",
                32,
                16,
            )
        )
    photos = retriever.embed_images(list(range(COUNT)))  # type: ignore[arg-type]
    dim, unit_dim = retriever.dim, retriever.unit_dim
    with Index.create(
        place / "index", FINGERPRINT, dim, encoders="packaged", unit_dim=unit_dim
    ) as index:
        index.put_images(files, photos.vectors, photos.packed)
        index.finish()
    return place


def start(
    place: Path,
    *arguments: str,
    stderr: int | IO[str] = subprocess.PIPE,
    before: str = "",
    **environment: str,
) -> subprocess.Popen[str]:
    """Start the program; `before` is run in its process first."""
    indexes = () if "--index" in arguments else ("--index", str(place / "index"))
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{PROGRAM}", "serve", *indexes, *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "CROSSGRAPH_CACHE": str(place / "cache"), **environment},
    )


@contextmanager
def running(
    place: Path,
    *arguments: str,
    stderr: int | IO[str] = subprocess.PIPE,
    before: str = "",
    **environment: str,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on a free port: its address and its process."""
    process = start(place, "--port", "0", *arguments, stderr=stderr, before=before, **environment)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), process.communicate()
        yield url, process
    finally:
        process.kill()
        process.communicate()


def get(url: str, **options: Any) -> httpx2.Response:
    """Ask on a connection of its own, and wait for the answer."""
    return httpx2.get(url, timeout=PATIENCE_SECONDS, **options)


def post(url: str, body: dict[str, Any]) -> httpx2.Response:
    """Ask with JSON on a connection of its own, and wait for the answer."""
    return httpx2.post(url, json=body, timeout=PATIENCE_SECONDS)
