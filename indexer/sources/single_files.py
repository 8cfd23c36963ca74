"""Single photos, given by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from indexer.metadata.sidecar_files import sidecars_beside
from indexer.sources.found_file import FoundFile
from indexer.sources.suffixes import SUFFIXES, is_photo_name
from indexer.sources.walk_rules import Rules
from store import SourceError

__all__ = ["listed_files"]


def listed_files(
    paths: Iterable[Path | str], known: Collection[str], rules: Rules | None = None
) -> list[FoundFile]:
    """Return single files, each once, with the folder in which later runs find them as source.

    This is the innermost known folder through which a walk reaches the file; if there is none, it
    is the folder that contains the file.

    Args:
        paths: paths of files; links keep their name.
        known: absolute paths of the folders that the index knows.
        rules: what walks through these leave out; None for the default rules.

    Raises:
        SourceError: a file is not there, is not a regular file, or does not have the name of a
            photo: a run over its folder would not find it, and would take it for deleted.
    """
    absolute = dict.fromkeys(os.path.abspath(path) for path in paths)
    walked = Rules() if rules is None else rules
    return [_listed_file(path, known, walked) for path in absolute]


def _listed_file(path: str, known: Collection[str], rules: Rules) -> FoundFile:
    name = os.path.basename(path)
    if name.startswith(".") or not is_photo_name(name):
        raise SourceError(
            f"{path} does not have the name of a photo; expected one that does not begin with a "
            "dot and ends in " + ", ".join(sorted(SUFFIXES))
        )
    try:
        facts = os.stat(path)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; expected a photo") from error
    if not stat.S_ISREG(facts.st_mode):
        raise SourceError(f"{path} is not a file; expected a photo")
    source = _source(path, known, rules)
    beside = sidecars_beside(path)
    return FoundFile(path, source, facts.st_size, facts.st_mtime_ns, sidecars=beside)


def _source(path: str, known: Collection[str], rules: Rules) -> str:
    holding = [
        root
        for root in known
        if path.startswith(root.rstrip(os.sep) + os.sep) and rules.reaches(root, path)
    ]
    return max(holding, key=len, default=os.path.dirname(path))
