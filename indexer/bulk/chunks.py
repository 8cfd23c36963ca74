"""Files cut into chunks, each of which becomes a shard, named by what is in it.

Where a chunk ends is said by the names of its files and not by counting: a photo that is added or
deleted makes its own chunk another one, and leaves those behind it as they were.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from indexer.sources import FoundFile

__all__ = ["Chunk", "chunk_size", "chunks_of", "packed_chunk"]

LEAST, MOST = 32, 1024
"""Photos a chunk. More would lose more where a worker dies, and take more memory to merge; fewer
would leave a GPU without work at each end, and make a hundred million photos too many files."""

CHUNKS = 32
"""So many at least, where there are photos enough: workers then end at about the same time."""


@dataclass(frozen=True)
class Chunk:
    """Files that become one shard.

    Attributes:
        name: hex; changes with the path, source, size or time of any of them.
        files: by source and path.
        is_packed: whether there is one, a tar or Parquet file whose photos are meant.
    """

    name: str
    files: tuple[FoundFile, ...]
    is_packed: bool = False

    def is_of(self, part: int, parts: int) -> bool:
        """Return whether the machine that does part `part` of `parts`, from 1 up, is to make it."""
        return int(self.name[:12], 16) % parts == part - 1


def chunk_size(files: int) -> int:
    """Return how many photos a chunk is to have in the mean, of so many files.

    >>> chunk_size(100), chunk_size(3200), chunk_size(1_000_000)
    (32, 100, 1024)
    """
    return max(LEAST, min(MOST, files // CHUNKS))


def chunks_of(files: Iterable[FoundFile], size: int) -> Iterator[Chunk]:
    """Cut files into chunks of `size` in the mean, from half of that up to twice as many.

    The last one of all may be smaller. Every file is in one chunk.
    """
    waiting: list[FoundFile] = []
    for file in sorted(files, key=lambda file: (file.source, file.path)):
        waiting.append(file)
        if len(waiting) >= 2 * size or (2 * len(waiting) >= size and _ends(file, size)):
            yield _chunk(waiting)
            waiting = []
    if waiting:
        yield _chunk(waiting)


def packed_chunk(file: FoundFile) -> Chunk:
    """Return the chunk of a tar or Parquet file: all of it, however many photos it has.

    How many these are would take opening it, which at an address may be reading it.
    """
    return replace(_chunk([file]), is_packed=True)


def _ends(file: FoundFile, size: int) -> bool:
    below = file.path.removeprefix(file.source)
    return zlib.crc32(os.fsencode(below)) % max(1, size // 2) == 0


def _chunk(files: list[FoundFile]) -> Chunk:
    digest = hashlib.sha256()
    for file in files:
        for text in (file.source, file.path, str(file.size_bytes), str(file.mtime_ns)):
            digest.update(os.fsencode(text) + b"\0")
    return Chunk(digest.hexdigest()[:32], tuple(files))
