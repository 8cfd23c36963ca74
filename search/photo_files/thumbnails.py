"""Thumbnails, kept in memory up to so many bytes; the ones shown last stay."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict

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
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, name: str) -> bytes | None:
        """Return a thumbnail that is there."""
        with self._lock:
            thumbnail = self._held.get(name)
            if thumbnail is not None:
                self._held.move_to_end(name)
            return thumbnail

    def put(self, name: str, content: bytes) -> None:
        """Keep a thumbnail, and let go of those that nobody has looked at for longest."""
        with self._lock:
            self.bytes += len(content) - len(self._held.pop(name, b""))
            self._held[name] = content
            while self.bytes > self._most_bytes and self._held:
                self.bytes -= len(self._held.popitem(last=False)[1])


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
