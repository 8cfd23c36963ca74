"""Atomic replacement of files; `store.whole_file` does the same for indexes."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replaced_file"]


@contextmanager
def replaced_file(final: Path) -> Generator[Path]:
    """Yield a path to write to, and rename it to `final` unless the block raises."""
    partial = final.with_name(f"{final.name}.partial")
    yield partial
    os.replace(partial, final)
