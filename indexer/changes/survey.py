"""Finds what is in the sources now, and what cannot be reached at the moment.

A folder that is missing or empty looks just like one whose disk is not mounted; so does a folder
below it that was a mount point when it was last read. Their photos are unreachable and not gone,
unless the caller asks to prune them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.sources import FolderSource, FoundFile, Rules, expanded, listed_files
from indexer.sources.open_shard import check_shard
from indexer.sources.places import facts_of, shards_at
from store import SourceError
from store.columns.paths import lies_inside
from store.photo_names import is_address, is_shard

__all__ = ["Survey", "survey"]


@dataclass(frozen=True)
class Survey:
    """What was found in the sources.

    Attributes:
        files: every file once, by source and path; the first source that has it counts.
        roots: the sources, absolute, each once.
        vanished: sources that are missing or empty although the index has photos of them.
        unreadable: folders, files and links that could not be read or followed.
        mounts: source to the mount points below it, including those that are not mounted at the
            moment.
        listed: paths of files that were given by name; they are roots as well.
        shards: path to the tar or Parquet file, of which only the facts were read.
        passed_over: source to counts of what is not read there, by kind, as in `FolderSource`.
    """

    files: tuple[FoundFile, ...] = ()
    roots: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    mounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    shards: Mapping[str, FoundFile] = field(default_factory=dict)
    passed_over: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def survey(
    sources: Sequence[Path | str],
    known: Mapping[str, Collection[str]],
    *,
    prune: bool = False,
    files: Sequence[Path | str] = (),
    rules: Rules | None = None,
) -> Survey:
    """List the photos and shards in sources.

    Args:
        sources: folders of photos, tar and Parquet files, and patterns of these, on this machine or
            at addresses; none means all that are known, or no folder if `files` are given.
        known: sources that the index has photos of, and the mount points below each when it was
            last read.
        prune: whether photos on mount points that are not mounted count as gone, and it is no error
            if no source can be reached.
        files: additional single photos, as for `indexer.sources.listed_files`.
        rules: what is left out of folders; None for the default rules.

    Raises:
        SourceError: there is no source, one that is not known has no photos, no known source could
            be reached, or a file is not a photo.
    """
    if not sources and not known and not files:
        raise SourceError("no folder of photos is given, and the index knows none")
    places = expanded(sources) if sources else [] if files else list(known)
    rules = Rules() if rules is None else rules
    seen = _seen_at_all(places, known, prune, rules)
    _check_first([root for root in places if root in seen.shards and root not in known])
    folders = {*known, *places}
    listed = {file.path: file for file in listed_files(files, folders, rules)}
    roots = tuple(dict.fromkeys([*places, *listed]))
    if len(seen.vanished) == len(roots) and not prune:
        raise SourceError(
            f"{next(iter(seen.vanished.values()))}; its photos stay in the index: mount the disk "
            "they are on, or drop them with --prune"
        )
    for path in listed:
        seen.files.setdefault(path, listed[path])
    return Survey(
        tuple(seen.files.values()),
        roots,
        tuple(seen.vanished),
        tuple(seen.unreadable),
        seen.mounts,
        frozenset(listed),
        seen.shards,
        seen.passed_over,
    )


@dataclass
class _SeenAtAll:
    """What was found in all sources together."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    shards: dict[str, FoundFile] = field(default_factory=dict)
    vanished: dict[str, SourceError] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    mounts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    passed_over: dict[str, Mapping[str, int]] = field(default_factory=dict)


def _seen_at_all(
    places: Sequence[str], known: Mapping[str, Collection[str]], prune: bool, rules: Rules
) -> _SeenAtAll:
    all_seen = _SeenAtAll()
    for root in places:
        try:
            seen = _seen_at(root, rules)
        except SourceError as error:
            if root not in known:
                raise
            all_seen.vanished[root] = error
            continue
        for file in seen.files:
            all_seen.files.setdefault(file.path, file)
        for shard in seen.shards:
            all_seen.shards.setdefault(shard.path, shard)
        away = [] if prune else [path for path in known.get(root, ()) if not os.path.ismount(path)]
        all_seen.unreadable += [*seen.unreadable, *away]
        all_seen.mounts[root] = tuple({*seen.mounts, *away})
        if seen.passed_over:
            all_seen.passed_over[root] = seen.passed_over
    return all_seen


@dataclass(frozen=True)
class _Seen:
    files: Sequence[FoundFile] = ()
    shards: Sequence[FoundFile] = ()
    unreadable: Sequence[str] = ()
    mounts: Sequence[str] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)


def _seen_at(root: str, rules: Rules) -> _Seen:
    """List one source; raises SourceError if it cannot be read or has no photos."""
    if is_shard(root) and not os.path.isdir(root):
        try:
            facts = facts_of(root)
        except OSError as error:
            raise SourceError(f"{root} cannot be read: {error.strerror or error}") from error
        return _Seen(shards=[FoundFile(root, root, facts.size_bytes, facts.mtime_ns)])
    if is_address(root):
        return _shards_below(root)
    folder = FolderSource(Path(root), rules)
    files = folder.files()
    return _Seen(files, folder.shards, folder.unreadable, folder.mounts, folder.passed_over)


def _shards_below(address: str) -> _Seen:
    try:
        listing = shards_at(address)
    except OSError as error:
        raise SourceError(f"{address} cannot be listed: {error}") from error
    if not listing:
        raise SourceError(
            f"{address} holds no tar or Parquet files, the only ones that are read from addresses"
        )
    # Object stores allow names with an empty part, `a//b.tar`, which paths in an index cannot have.
    odd = [name for name, _ in listing if not lies_inside(name[len(address) + 1 :])]
    return _Seen(
        shards=[
            FoundFile(name, address, facts.size_bytes, facts.mtime_ns)
            for name, facts in listing
            if lies_inside(name[len(address) + 1 :])
        ],
        unreadable=odd,
    )


def _check_first(shards: Sequence[str]) -> None:
    """Check the first tar and the first Parquet file, before anything is written.

    The others are mostly like the first; those that are not are left out when they are read.
    """
    for suffix in (".tar", ".parquet"):
        first = next((shard for shard in shards if shard.lower().endswith(suffix)), None)
        if first is not None:
            check_shard(first)
