"""Single photos, given by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from indexer.sources.folder import SUFFIXES
from indexer.sources.found import FoundFile
from store import SourceError

__all__ = ["listed_files"]


def listed_files(paths: Iterable[Path | str], known: Collection[str]) -> list[FoundFile]:
    """Give single files, each once, under the folder that later runs find them through.

    That is the innermost known folder that the file lies in; a file that lies in none comes under
    the folder it is in.

    Args:
        paths: of files; links keep their name.
        known: absolute paths of the folders that the index knows.

    Raises:
        SourceError: a file is not there, is no regular file, or has not the name of a photo: a run
            over its folder would not find it, and would take it for deleted.
    """
    absolute = dict.fromkeys(os.path.abspath(path) for path in paths)
    return [_found(path, known) for path in absolute]


def _found(path: str, known: Collection[str]) -> FoundFile:
    name = os.path.basename(path)
    if name.startswith(".") or os.path.splitext(name)[1].lower() not in SUFFIXES:
        raise SourceError(
            f"{path} has not the name of a photo; expected one that begins with no dot and ends in "
            + ", ".join(sorted(SUFFIXES))
        )
    try:
        facts = os.stat(path)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; expected a photo") from error
    if not stat.S_ISREG(facts.st_mode):
        raise SourceError(f"{path} is no file; expected a photo")
    return FoundFile(path, _source(path, known), facts.st_size, facts.st_mtime_ns)


def _source(path: str, known: Collection[str]) -> str:
    holding = [root for root in known if _is_walked(path, root)]
    return max(holding, key=len, default=os.path.dirname(path))


def _is_walked(path: str, root: str) -> bool:
    """Say whether a walk through a folder comes by a file: it leaves out what begins with a dot.

    >>> _is_walked("/photos/a/b.jpg", "/photos"), _is_walked("/photos/.a/b.jpg", "/photos")
    (True, False)
    """
    start = root.rstrip(os.sep) + os.sep
    below = path[len(start) :].split(os.sep)
    return path.startswith(start) and not any(part.startswith(".") for part in below)
