"""Where the shards of a folder lie, and which of them are there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SHARDS", "is_shard_of", "shard_path", "shard_paths"]

SUFFIX = ".parquet"
SHARDS = f"??/*{SUFFIX}"
"""Pattern of their names, as seen from the folder."""


def shard_path(folder: Path, name: str) -> Path:
    """Return the place of a shard: in one of 256 folders, since there may be a million of them.

    >>> shard_path(Path("out"), "c0ffee").as_posix()
    'out/c0/c0ffee.parquet'
    """
    return folder / name[:2] / f"{name}{SUFFIX}"


def is_shard_of(folder: Path, path: str) -> bool:
    """Say whether an absolute path is one that `shard_path` gives.

    >>> is_shard_of(Path("/out"), "/out/c0/c0ffee.parquet"), is_shard_of(Path("/out"), "/out/a.tar")
    (True, False)
    """
    return path == os.path.abspath(shard_path(folder, Path(path).stem))


def shard_paths(folder: Path) -> Iterator[Path]:
    """Return the shards that are there, by name."""
    for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield from sorted(inside.glob(f"*{SUFFIX}"))
