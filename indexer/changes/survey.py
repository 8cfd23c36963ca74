"""What is in the sources now, and what cannot be reached at the moment.

A folder that is not there, or is empty, looks just like one whose disk is not mounted; so does a
folder below it that was a disk of its own when it was last read. What was in them is unreachable
and not gone, unless one asks to prune.
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
    """What a look at the sources gave.

    Attributes:
        files: every file once, by source and path; the first source that has it counts.
        roots: the sources, absolute, each once.
        vanished: those of them that are not there, or empty, though the index has photos of them.
        unreadable: folders, files and links that could not be read or followed.
        mounts: source to the folders below it that are disks of their own, those too that are not
            mounted at the moment.
        listed: paths of files that were asked for by name, which are among the roots too.
        shards: path to the tar or Parquet file, of which nothing but the facts was read.
        passed_over: source to what is there and is not read, by kind, and how often; as
            `FolderSource` has it.
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
    """Look through sources.

    Args:
        sources: folders of photos, tar and Parquet files, and patterns of these, on this machine or
            at addresses; none means all that are known, or no folder with `files`.
        known: folders that the index has photos of, and the disks below them when they were last
            read.
        prune: believe what is seen: what is not there is gone.
        files: single photos beside, as `indexer.sources.listed_files` takes them.
        rules: what is left out of folders; None for what is left out unasked.

    Raises:
        SourceError: there is no source, one that is not known has no photos, none that is known
            could be reached, or a file is no photo.
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
    """What was seen at all sources together."""

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
    """Look at one source; raises a SourceError where there is nothing to see."""
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
    # A store of objects may have names with an empty part, `a//b.tar`, which no path of ours has.
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
    """Refuse before anything is written what is no shard; the others are like the first, mostly.

    Those that are not are left out when it is their turn.
    """
    for suffix in (".tar", ".parquet"):
        first = next((shard for shard in shards if shard.lower().endswith(suffix)), None)
        if first is not None:
            check_shard(first)
