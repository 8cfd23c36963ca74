"""Paths as the catalog keeps them: relative to the folder they were found through.

So an index can go to another machine, and one from a stranger names nothing outside its folders.
"""

from __future__ import annotations

import os

from store.errors import IndexDamaged

__all__ = ["absolute_path", "lies_inside", "relative_path"]


def relative_path(root: str, path: str) -> str:
    """Give an absolute path as seen from a folder that it lies in, with `/` on every system.

    Raises:
        ValueError: it does not lie there.

    >>> relative_path("/photos", "/photos/2024/a.jpg"), relative_path("/", "/a.jpg")
    ('2024/a.jpg', 'a.jpg')
    """
    start = root.rstrip(os.sep) + os.sep
    if not path.startswith(start):
        raise ValueError(f"{path} does not lie in {root}")
    relative = path[len(start) :].replace(os.sep, "/")
    _check(relative, ValueError)
    return relative


def absolute_path(root: str, relative: str) -> str:
    """Give the path that `relative_path` made this of.

    Raises:
        IndexDamaged: it would lead out of the folder, which no path of ours does.

    >>> absolute_path("/photos", "2024/a.jpg")
    '/photos/2024/a.jpg'
    """
    _check(relative, IndexDamaged)
    return root.rstrip(os.sep) + os.sep + relative.replace("/", os.sep)


def lies_inside(relative: str) -> bool:
    """Say whether a path leads nowhere but into the folder that it is relative to.

    >>> lies_inside("2024/a.jpg"), lies_inside("../a.jpg"), lies_inside("/a.jpg")
    (True, False, False)
    """
    # A leading `/` gives an empty part.
    return {"", ".", ".."}.isdisjoint(relative.split("/"))


def _check(relative: str, error: type[Exception]) -> None:
    if not lies_inside(relative):
        raise error(
            f"the catalog names {relative!r}, which is no path inside a folder of photos: do not "
            "trust this index; index the photos anew into another folder"
        )
