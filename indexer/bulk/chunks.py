"""Divides files into chunks, each of which becomes a shard named by its content.

A chunk ends where the names of its files say so, not after a fixed count: adding or deleting a
photo changes only the chunk it is in, and leaves the following ones as they were.
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
"""Range of photos per chunk. With more, a dying worker would lose more and merging would take more
memory; with fewer, a GPU would idle at the end of each chunk, and a hundred million photos would
become too many files."""

CHUNKS = 32
"""Least number of chunks, given enough photos, so that workers finish at about the same time."""


@dataclass(frozen=True)
class Chunk:
    """Files that become one shard.

    Attributes:
        name: hex; changes with the path, source, size or time of any of the files.
        files: the files, ordered by source and path.
        is_packed: whether it is a single tar or Parquet file, whose photos are to be embedded.
    """

    name: str
    files: tuple[FoundFile, ...]
    is_packed: bool = False

    def is_of(self, part: int, parts: int) -> bool:
        """Return whether the chunk belongs to part number `part` (from 1) of `parts`."""
        return int(self.name[:12], 16) % parts == part - 1


def chunk_size(files: int) -> int:
    """Return the mean number of photos per chunk for a number of files.

    >>> chunk_size(100), chunk_size(3200), chunk_size(1_000_000)
    (32, 100, 1024)
    """
    return max(LEAST, min(MOST, files // CHUNKS))


def chunks_of(files: Iterable[FoundFile], size: int) -> Iterator[Chunk]:
    """Divide files into chunks of `size` files on average, at least half and at most twice that.

    The last chunk may be smaller. Every file is in exactly one chunk.
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

    Counting them would mean opening the file, which at an address may mean reading all of it.
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
