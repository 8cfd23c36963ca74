"""What lies in the sources now, and what cannot be seen just now.

A folder that is not there, or is empty, looks just like one whose disk is not mounted; so does a
folder below it that was a disk of its own when it was last read. What was in them is unreachable
and not gone, unless one asks to prune.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.sources import FolderSource, FoundFile, listed_files
from store import SourceError

__all__ = ["Survey", "survey"]


@dataclass(frozen=True)
class Survey:
    """What a look at the sources gave.

    Attributes:
        found: every file once, by source and path; the first source that has it counts.
        roots: the sources, absolute, each once.
        vanished: those of them that are not there, or empty, though the index has photos of them.
        unreadable: folders, files and links that could not be read or followed.
        mounts: source to the folders below it that are disks of their own, those too that are not
            mounted just now.
        listed: paths of files that were asked for by name, which are among the roots too.
    """

    found: tuple[FoundFile, ...] = ()
    roots: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    mounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()


def survey(
    sources: Sequence[Path | str],
    known: Mapping[str, Collection[str]],
    *,
    prune: bool = False,
    files: Sequence[Path | str] = (),
) -> Survey:
    """Look through sources.

    Args:
        sources: folders of photos; none means all that are known, or no folder with `files`.
        known: folders that the index has photos of, and the disks below them when they were last
            read.
        prune: believe what is seen: what is not there is gone.
        files: single photos beside, as `indexer.sources.listed_files` takes them.

    Raises:
        SourceError: there is no source, one that is not known has no photos, none that is known
            could be reached, or a file is no photo.
    """
    if not sources and not known and not files:
        raise SourceError("no folder of photos is given, and the index knows of none")
    asked = sources or (() if files else known)
    folders = [FolderSource(Path(source)) for source in asked]
    found: dict[str, FoundFile] = {}
    vanished: dict[str, SourceError] = {}
    unreadable: list[str] = []
    mounts: dict[str, tuple[str, ...]] = {}
    for folder in folders:
        root = str(folder.root)
        try:
            seen = folder.files()
        except SourceError as error:
            if root not in known:
                raise
            vanished[root] = error
            continue
        for file in seen:
            found.setdefault(file.path, file)
        away = [] if prune else [path for path in known.get(root, ()) if not os.path.ismount(path)]
        unreadable += [*folder.unreadable, *away]
        mounts[root] = tuple({*folder.mounts, *away})
    held = {*known, *(str(folder.root) for folder in folders)}
    listed = {file.path: file for file in listed_files(files, held)}
    for path in listed:
        found.setdefault(path, listed[path])
    roots = tuple(dict.fromkeys([*(str(folder.root) for folder in folders), *listed]))
    if len(vanished) == len(roots) and not prune:
        raise SourceError(
            f"{next(iter(vanished.values()))}; its photos stay in the index: mount the disk they "
            "are on, or drop them with --prune"
        )
    return Survey(
        tuple(found.values()),
        roots,
        tuple(vanished),
        tuple(unreadable),
        mounts,
        frozenset(listed),
    )
