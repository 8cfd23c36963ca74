"""Finds the photos that an annotation file means: names in COCO files to image ids."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fusion.caption_files.name_spellings import one_form, spellings
from store import PhotoFile
from store.columns.paths import absolute_path, lies_inside
from store.photo_names import MARK, base_name, is_address, is_shard, lies_below, member_path

__all__ = ["Match", "PhotoFinder"]


class Match(NamedTuple):
    """A photo that a name means.

    Attributes:
        image_id: id of the photo.
        is_path: whether the name is the path of the photo; otherwise it is only the end or the last
            part of the path, and another name may match the same photo as well.
    """

    image_id: int
    is_path: bool


class PhotoFinder:
    """Finds photos by the `file_name` of a COCO file.

    Two names are equal if they differ only in Unicode form, or in case on a disk that ignores case.

    Args:
        files: image id to its file.
        roots: the folders to search, absolute, in order of preference.
    """

    def __init__(self, files: Mapping[int, PhotoFile], roots: Sequence[str]) -> None:
        self._roots = tuple(roots)
        self._ids: dict[str, int] = {}
        self._same_name: defaultdict[str, list[str]] = defaultdict(list)
        below = {root: _first_below(files, root) for root in roots}
        self._ignores_case = any(path and ignores_case(path) for path in below.values())
        # Folded form to path, for paths that are not folded already; "" if several have that form.
        self._folded: dict[str, str] = {}
        for image_id, file in files.items():
            if any(lies_below(file.path, root) for root in roots):
                self._add(image_id, file.path)

    def _add(self, image_id: int, path: str) -> None:
        self._ids[path] = image_id
        self._same_name[self._fold(base_name(path))].append(path)
        if (folded := self._fold(path)) != path:
            self._folded[folded] = "" if folded in self._folded else path

    def find(self, file_name: str) -> Match | None:
        """Return the photo that a name means; None if no photo, or more than one, matches.

        `root/file_name` is tried first, then the only path that ends in `file_name`, then the only
        photo with that last part in any folder; each time the name as written comes before its
        other spellings. If two photos match equally, neither is returned: a caption on the wrong
        photo is worse than none.
        """
        names = spellings(file_name)
        for name in names:
            for root in self._roots:
                if (image_id := self._at(root, name)) is not None:
                    return Match(image_id, is_path=True)
        for is_ending in (True, False):
            for name in names:
                fitting = self._fitting(name, is_ending)
                if len(fitting) == 1:
                    return Match(self._ids[fitting[0]], is_path=False)
        return None

    def _at(self, root: str, name: str) -> int | None:
        for path in _paths(root, name):
            if path in self._ids:
                return self._ids[path]
            folded = self._fold(path)
            other = self._folded.get(folded)
            # A path that is folded already is in `_ids` under its folded form.
            if (folded in self._ids) != bool(other):
                return self._ids[other or folded] if other != "" else None
        return None

    def _fitting(self, name: str, is_ending: bool) -> list[str]:
        plain = self._fold(_without_way(name))
        paths = self._same_name.get(plain.rpartition("/")[2], [])
        if not is_ending:
            return paths
        endings = ("/" + plain, MARK + plain)
        return [path for path in paths if self._fold(path).endswith(endings)]

    def _fold(self, name: str) -> str:
        folded = one_form(name)
        return folded.casefold() if self._ignores_case else folded


def ignores_case(path: str) -> bool:
    """Return whether the disk with this file takes `A.jpg` and `a.jpg` for the same name."""
    folder, name = os.path.split(path)
    other = name.swapcase()
    try:
        return other != name and os.path.samefile(path, os.path.join(folder, other))
    except OSError:  # there is no such file, so case matters
        return False


def _first_below(files: Mapping[int, PhotoFile], root: str) -> str:
    """Return the path of a photo below a folder that is not in a shard; empty if there is none."""
    if is_address(root) or is_shard(root):
        return ""
    paths = (file.path for file in files.values() if MARK not in file.path)
    return next((path for path in paths if lies_below(path, root)), "")


def _paths(root: str, name: str) -> list[str]:
    """Return the paths that a name may mean relative to a root, also as `export` writes names.

    >>> _paths("/photos", "a/7.jpg"), _paths("/photos/a.tar", "!7.jpg")[1]
    (['/photos/a/7.jpg'], '/photos/a.tar!7.jpg')
    """
    if is_address(name):
        return [name]
    paths = [os.path.normpath(os.path.join(root, name))]
    if lies_inside(name):
        paths.append(absolute_path(root, name))
        if is_shard(root):
            paths.append(member_path(root, name))
    return list(dict.fromkeys(paths))


def _without_way(name: str) -> str:
    """Return a name without leading `/`, `./` and `../`.

    >>> _without_way("./../a/..b.jpg")
    'a/..b.jpg'
    """
    while name.startswith(("/", "./", "../")):
        name = name.partition("/")[2]
    return name
