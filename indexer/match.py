"""Which photo an annotation file means: names in COCO files to image ids."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence

from store import PhotoFile
from store.members import MARK, base_name, lies_below

__all__ = ["PhotoFinder"]


class PhotoFinder:
    """Finds photos by the `file_name` of a COCO file.

    Args:
        files: image id to its file.
        roots: the folders to look in, absolute, in order of preference.
    """

    def __init__(self, files: Mapping[int, PhotoFile], roots: Sequence[str]) -> None:
        self._roots = tuple(roots)
        self._ids: dict[str, int] = {}
        self._same_name: defaultdict[str, list[str]] = defaultdict(list)
        for image_id, file in files.items():
            if any(lies_below(file.path, root) for root in roots):
                self._ids[file.path] = image_id
                self._same_name[base_name(file.path)].append(file.path)

    def find(self, file_name: str) -> int | None:
        """Give the image id, or None where no photo, or not just one, goes by that name.

        `root/file_name` comes first, then the one path that ends in `file_name`, then the one
        photo called so in any folder. Two photos that fit alike get nothing: a caption on the
        wrong photo is worse than none.
        """
        for root in self._roots:
            # The second is how a photo is seen from the tar that it lies in.
            for path in (os.path.normpath(os.path.join(root, file_name)), root + file_name):
                if path in self._ids:
                    return self._ids[path]
        paths = self._same_name.get(file_name.rpartition("/")[2], [])
        plain = file_name.lstrip("./")
        ending = [path for path in paths if path.endswith(("/" + plain, MARK + plain))]
        for fitting in (ending, paths):
            if len(fitting) == 1:
                return self._ids[fitting[0]]
        return None
