"""Folders for cached results between commands, and how features are obtained.

This module passes the decoder that indexing uses to training and evaluation, since `fusion` does
not import it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


__all__ = ["default_cache", "exported_models_cache", "read_photo"]


def default_cache() -> Path:
    """Return the folder for features: CROSSGRAPH_CACHE, or one in the user's cache folder."""
    return _named() or _users() / "features"


def exported_models_cache() -> Path:
    """Return the folder for prepared models: in CROSSGRAPH_CACHE, or next to the features'."""
    return (_named() or _users()) / "query"


def _named() -> Path | None:
    named = os.environ.get("CROSSGRAPH_CACHE")
    return Path(named) if named else None


def _users() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crossgraph"


def read_photo(path: Path, enough_px: int) -> Image.Image:
    """Read a captioned photo as the pixels that indexing would pass to the model.

    Args:
        path: the file.
        enough_px: as in `indexer.photos.decode.decode_photo`.

    Raises:
        CollectionError: the file is not a photo, or cannot be read.
    """
    from fusion.data.collection import CollectionError
    from indexer.photos.decode import UnreadableImage, decode_file

    try:
        return decode_file(path, enough_px).image
    except UnreadableImage as error:
        raise CollectionError(f"{path}: not a readable photo ({error.reason})") from error
    except OSError as error:
        raise CollectionError(f"{path}: cannot be read ({error.strerror or error})") from error
