"""Photos that are no longer where they were, to be found by their content under another path."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping

from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile

__all__ = ["MissingPhotos"]


class MissingPhotos:
    """Missing photos by content; each is found once, and of equal ones the lowest id first.

    Args:
        files: image id to the file that is missing.
    """

    def __init__(self, files: Mapping[int, PhotoFile]) -> None:
        self._files: dict[int, PhotoFile] = {}
        self._ids: defaultdict[str, list[int]] = defaultdict(list)
        self._sizes: Counter[int] = Counter()
        self.add(files)

    def add(self, files: Mapping[int, PhotoFile]) -> None:
        """Add more photos, none of which may have been added before."""
        self._files.update(files)
        for image_id, file in files.items():
            heapq.heappush(self._ids[file.sha256], image_id)
            self._sizes[file.size_bytes] += 1

    def may_hold(self, size_bytes: int) -> bool:
        """Return whether a file of this size, or of `UNKNOWN_SIZE`, may be a missing photo."""
        return bool(self._files) if size_bytes == UNKNOWN_SIZE else self._sizes[size_bytes] > 0

    def take(self, sha256: str) -> tuple[int, PhotoFile] | None:
        """Remove and return a photo with this content and its id; None if there is none."""
        ids = self._ids.get(sha256)
        if not ids:
            return None
        image_id = heapq.heappop(ids)
        file = self._files.pop(image_id)
        self._sizes[file.size_bytes] -= 1
        return image_id, file
