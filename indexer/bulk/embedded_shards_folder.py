"""The paths of the shards in a folder, and which of them exist."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SHARDS", "embedded_shard_path", "embedded_shard_paths", "is_embedded_shard"]

SUFFIX = ".parquet"
SHARDS = f"??/*{SUFFIX}"
"""Glob pattern of the shards, relative to the folder."""


def embedded_shard_path(folder: Path, name: str) -> Path:
    """Return the path of a shard: in one of 256 subfolders, as there may be a million shards.

    >>> embedded_shard_path(Path("out"), "c0ffee").as_posix()
    'out/c0/c0ffee.parquet'
    """
    return folder / name[:2] / f"{name}{SUFFIX}"


def is_embedded_shard(folder: Path, path: str) -> bool:
    """Return whether an absolute path is one that `embedded_shard_path` returns.

    >>> is_embedded_shard(Path("/out"), "/out/c0/c0ffee.parquet")
    True
    >>> is_embedded_shard(Path("/out"), "/out/a.tar")
    False
    """
    return path == os.path.abspath(embedded_shard_path(folder, Path(path).stem))


def embedded_shard_paths(folder: Path) -> Iterator[Path]:
    """Yield the shards that exist, sorted by name."""
    for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield from sorted(inside.glob(f"*{SUFFIX}"))
