"""Files that are there whole or not at all; `store.whole_file` does the same for indexes."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replaced_file"]


@contextmanager
def replaced_file(final: Path) -> Generator[Path]:
    """Return a name to write under, which becomes that of `final` where nothing went wrong."""
    partial = final.with_name(f"{final.name}.partial")
    yield partial
    os.replace(partial, final)
