"""The default index, which commands use if none is named, found from any folder.

In this order: the one that CROSSGRAPH_INDEX names, a `photos.index` in the current folder, the one
in the user's data folder, and, for reading only, that of `crossgraph demo`.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "INDEX_NAME",
    "INDEX_VARIABLE",
    "default_index",
    "demo_folder",
    "demo_index",
    "home_index",
    "is_index",
    "new_index",
]

INDEX_NAME = "photos.index"
INDEX_VARIABLE = "CROSSGRAPH_INDEX"
CATALOG = "catalog.db"


def default_index() -> Path:
    """Return the index to read, whether it exists or not."""
    wanted = new_index()
    return demo_index() if not is_index(wanted) and _is_home(wanted) else wanted


def new_index() -> Path:
    """Return the index to write: as `default_index`, but never the demo's."""
    named = os.environ.get(INDEX_VARIABLE)
    if named:
        return Path(named)
    here = Path(INDEX_NAME)
    return here if is_index(here) else home_index()


def home_index() -> Path:
    """Return the index in the user's data folder."""
    return _data_folder() / INDEX_NAME


def demo_folder() -> Path:
    """Return where `crossgraph demo` puts its photos, its index and its page."""
    return _data_folder() / "demo"


def demo_index() -> Path:
    """Return the index of `crossgraph demo`, or the user's own if there is none."""
    index = demo_folder() / "index"
    return index if is_index(index) else home_index()


def is_index(folder: Path) -> bool:
    """Return whether a folder has an index, whatever state it is in."""
    return (folder / CATALOG).is_file()


def _is_home(index: Path) -> bool:
    return index == home_index()


def _data_folder() -> Path:
    """Return the user's data folder, as the XDG base directories say or as Windows does."""
    base = os.environ.get("XDG_DATA_HOME")
    if not base and os.name == "nt":
        base = os.environ.get("LOCALAPPDATA")
    return Path(base or Path.home() / ".local" / "share") / "crossgraph"
