"""Thumbnails, cached in memory up to a number of bytes; the least recently used go first."""

from __future__ import annotations

import io
import threading
from contextlib import suppress

from cachetools import LRUCache

from indexer.photos.decode import decode_photo

__all__ = ["SIZES", "Thumbnails", "shrunk"]

SIZES = (32, 1024)
"""The smallest and the largest side that may be requested, in pixels."""


class Thumbnails:
    """An LRU cache of thumbnails by name.

    Args:
        most_bytes: limit on the size of all together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(most_bytes, getsizeof=len)
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """The size of all cached thumbnails."""
        return int(self._kept.currsize)

    def get(self, name: str) -> bytes | None:
        """Return a cached thumbnail, or None."""
        with self._lock:
            return self._kept.get(name)

    def put(self, name: str, content: bytes) -> None:
        """Keep a thumbnail, and drop the least recently used ones."""
        # An entry above the limit is not kept, which the cache signals by an error.
        with self._lock, suppress(ValueError):
            self._kept[name] = content


def shrunk(content: bytes, longest_px: int) -> bytes:
    """Return a photo as an upright JPEG, at most `longest_px` wide and high.

    Raises:
        UnreadableImage: the content is not a photo.
    """
    image = decode_photo(content, enough_px=2 * longest_px).image
    image.thumbnail((longest_px, longest_px))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=82)
    return file.getvalue()
