"""Photos that are not where they were, to be found by their content under another path."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping

from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile

__all__ = ["MissingPhotos"]


class MissingPhotos:
    """Photos by content, of which each is found once; of equal ones the lowest id comes first.

    Args:
        files: image id to where it was.
    """

    def __init__(self, files: Mapping[int, PhotoFile]) -> None:
        self._files: dict[int, PhotoFile] = {}
        self._ids: defaultdict[str, list[int]] = defaultdict(list)
        self._sizes: Counter[int] = Counter()
        self.add(files)

    def add(self, files: Mapping[int, PhotoFile]) -> None:
        """Take in more, none of which is here yet."""
        self._files.update(files)
        for image_id, file in files.items():
            heapq.heappush(self._ids[file.sha256], image_id)
            self._sizes[file.size_bytes] += 1

    def may_hold(self, size_bytes: int) -> bool:
        """Return whether one may be what has this size, which may be `UNKNOWN_SIZE`."""
        return bool(self._files) if size_bytes == UNKNOWN_SIZE else self._sizes[size_bytes] > 0

    def take(self, sha256: str) -> tuple[int, PhotoFile] | None:
        """Return one of this content with its id, which is missing no longer."""
        ids = self._ids.get(sha256)
        if not ids:
            return None
        image_id = heapq.heappop(ids)
        file = self._files.pop(image_id)
        self._sizes[file.size_bytes] -= 1
        return image_id, file
