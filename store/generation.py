"""The FAISS file beside the catalog: a cache, never the truth.

It is written under a temporary name, synced and renamed; what proves it right (its name, checksum,
count, and the revision of the catalog that it holds) goes into the catalog last. Whatever is
interrupted in between leaves a file that the catalog does not vouch for, and the next one to open
the index makes it anew.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from store.flat import FlatIndex

__all__ = ["Generation", "read_generation", "remove_older", "write_generation"]

PATTERN = "vectors-*"


@dataclass(frozen=True)
class Generation:
    """What the catalog records of a file of vectors.

    Attributes:
        name: of the file, in the index's folder.
        sha256: of its bytes, hex.
        count: how many vectors it holds.
        revision: the catalog's, when they were read from it.
    """

    name: str
    sha256: str
    count: int
    revision: int

    @classmethod
    def from_record(cls, record: object) -> Generation | None:
        """Give it from the catalog's record, None where there is none."""
        return cls(**record) if isinstance(record, dict) else None

    def to_record(self) -> dict[str, Any]:
        """Give what the catalog is to record."""
        return asdict(self)


def read_generation(folder: Path, recorded: Generation, dim: int) -> FlatIndex | None:
    """Give the vectors from their file, None where it is missing, damaged or not as recorded."""
    try:
        if _sha256(folder / recorded.name) != recorded.sha256:
            return None
        index = FlatIndex.load(folder / recorded.name)
    except (OSError, ValueError):
        return None
    return index if (index.dim, len(index)) == (dim, recorded.count) else None


def write_generation(folder: Path, index: FlatIndex, revision: int) -> Generation:
    """Write the vectors' file; it counts once the catalog has recorded what this gives.

    Args:
        folder: the index's folder.
        index: what the catalog holds at `revision`.
        revision: which one that is, read before the vectors were.

    Raises:
        OSError: the file cannot be written.
    """
    final = folder / f"vectors-{revision}.faiss"
    temporary = folder / f"vectors-{revision}.{os.getpid()}.tmp"
    try:
        index.save(temporary)
        _sync(temporary)
        checksum = _sha256(temporary)
        temporary.replace(final)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync(folder)
    return Generation(final.name, checksum, len(index), revision)


def remove_older(folder: Path, kept: Generation) -> None:
    """Remove the files of other generations, and what an interrupted write left."""
    for file in folder.glob(PATTERN):
        if file.name != kept.name:
            with suppress(OSError):  # a reader where open files are locked; it goes next time
                file.unlink()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folder for this
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
