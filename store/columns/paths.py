"""Paths as the catalog keeps them: relative to the folder they were found through.

So an index can move to another machine, and an untrusted one names nothing outside its folders.
Paths in a tar or Parquet file that is itself a source are relative to it: `!7.jpg`.
"""

from __future__ import annotations

from store.errors import IndexDamaged
from store.photo_names import MARK, is_shard, separator

__all__ = ["absolute_path", "lies_inside", "relative_path"]


def relative_path(root: str, path: str) -> str:
    """Return an absolute path relative to a folder that contains it, with `/` on every system.

    Raises:
        ValueError: it is not in that folder.

    >>> relative_path("/photos", "/photos/2024/a.jpg"), relative_path("/", "/a.jpg")
    ('2024/a.jpg', 'a.jpg')
    >>> relative_path("/a.tar", "/a.tar!7.jpg"), relative_path("/a.tar", "/a.tar")
    ('!7.jpg', '!')
    """
    relative = _below(root, path)
    _check(relative, ValueError)
    return relative


def absolute_path(root: str, relative: str) -> str:
    """Return the path that `relative_path` converted.

    Raises:
        IndexDamaged: it would lead out of the folder, which none of our paths does.

    >>> absolute_path("/photos", "2024/a.jpg"), absolute_path("/a.tar", "!7.jpg")
    ('/photos/2024/a.jpg', '/a.tar!7.jpg')
    """
    _check(relative, IndexDamaged)
    if _is_marked(root, relative):
        if not relative.startswith(_IN_A_FOLDER):
            return root if relative == MARK else root + relative
        relative = relative.removeprefix(_IN_A_FOLDER)
    apart = separator(root)
    return root.rstrip(apart) + apart + relative.replace("/", apart)


_IN_A_FOLDER = MARK + "/"
"""Prefix of names that begin with the mark, in a folder that is named like a shard."""


def _below(root: str, path: str) -> str:
    apart = separator(root)
    start = root.rstrip(apart) + apart
    if path.startswith(start):
        relative = path[len(start) :].replace(apart, "/")
        return _IN_A_FOLDER + relative if _is_marked(root, relative) else relative
    if is_shard(root) and (path == root or path.startswith(root + MARK)):
        return path[len(root) :] or MARK
    raise ValueError(f"{path} is not in {root}")


def _is_marked(root: str, relative: str) -> bool:
    return relative.startswith(MARK) and is_shard(root)


def lies_inside(relative: str) -> bool:
    """Return whether a path stays in the folder that it is relative to.

    >>> lies_inside("2024/a.jpg"), lies_inside("../a.jpg"), lies_inside("/a.jpg")
    (True, False, False)
    """
    # A leading `/` gives an empty part.
    return {"", ".", ".."}.isdisjoint(relative.split("/"))


def _check(relative: str, error: type[Exception]) -> None:
    if not lies_inside(relative):
        raise error(
            f"the catalog names {relative!r}, which is no path inside a folder of photos: do not "
            "trust this index; index the photos again into another folder"
        )
