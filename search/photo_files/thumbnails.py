"""Thumbnails, kept in memory up to so many bytes; the ones shown last stay."""

from __future__ import annotations

import io
import threading
from contextlib import suppress

from cachetools import LRUCache

from indexer.photos.decode import decode_photo

__all__ = ["SIZES", "Thumbnails", "shrunk"]

SIZES = (32, 1024)
"""The smallest and the largest side that may be asked for, in pixels."""


class Thumbnails:
    """A cache by whatever names a thumbnail.

    Args:
        most_bytes: of all together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(most_bytes, getsizeof=len)
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """How much is kept."""
        return int(self._kept.currsize)

    def get(self, name: str) -> bytes | None:
        """Return a thumbnail that is there."""
        with self._lock:
            return self._kept.get(name)

    def put(self, name: str, content: bytes) -> None:
        """Keep a thumbnail, and let go of those that nobody has looked at for longest."""
        # What is larger than all may be is not kept, which the cache says by an error.
        with self._lock, suppress(ValueError):
            self._kept[name] = content


def shrunk(content: bytes, longest_px: int) -> bytes:
    """Return a photo as a JPEG, turned as it is shown, at most `longest_px` wide and high.

    Raises:
        UnreadableImage: the content is no photo.
    """
    image = decode_photo(content, enough_px=2 * longest_px).image
    image.thumbnail((longest_px, longest_px))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=82)
    return file.getvalue()
