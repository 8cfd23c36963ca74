"""What an index records of how its sources were read: patterns, what was passed over, a version.

An index whose tars and annotation files were read by an earlier version of this package may have
wrong captions. These files are read once more, without embedding a photo again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from indexer.changes.survey import Survey
from indexer.sources import CocoSource, Rules
from store import Index, SourceError
from store.photo_names import lies_below

__all__ = [
    "READER",
    "begin_reading",
    "described_again",
    "is_read_anew",
    "passed_over_now",
    "put_reading",
    "rules_of",
]

READER = 2
"""Incremented when captions or names of photos are read differently than before. Version 1, which
was not recorded, took ids and captions of COCO files as they were, and the keys of tar members up
to the first dot."""

_READER, _RULES = "source_reader", "walk_rules"


def rules_of(
    index: Index | None, exclude: Sequence[str] | None, include: Sequence[str] | None
) -> Rules:
    """Return the rules for walks: the given patterns, or those of the last run where None."""
    stored = index.fact(_RULES) if index is not None else None
    known: Mapping[str, object] = stored if isinstance(stored, dict) else {}
    return Rules(
        _texts(known.get("exclude")) if exclude is None else _texts(exclude),
        _texts(known.get("include")) if include is None else _texts(include),
    )


def is_read_anew(index: Index) -> bool:
    """Return whether an earlier version, or none so far, read the sources of an index."""
    stored = index.fact(_READER)
    return not isinstance(stored, int) or stored < READER


def begin_reading(index: Index) -> None:
    """Record for an empty index that no earlier version has read anything into it."""
    if is_read_anew(index) and not len(index) and not index.finished_shards("source"):
        index.put_fact(_READER, READER)


def described_again(
    index: Index, seen: Survey, asked: Sequence[CocoSource]
) -> tuple[list[CocoSource], list[str]]:
    """Read again the annotation files that an earlier version read and that are not given now.

    Nothing is read again when single photos are added, which should be fast.

    Returns:
        The sources that still exist, and notes on those that can no longer be read.
    """
    if seen.listed or not is_read_anew(index):
        return [], []
    given = {str(source.path) for source in asked}
    sources: list[CocoSource] = []
    notes: list[str] = []
    for origin in index.origins():
        if origin in given or not os.path.isabs(origin) or not os.path.isfile(origin):
            continue
        try:
            sources.append(CocoSource(Path(origin)))
        except SourceError as error:
            notes.append(f"{error}; its earlier annotations are kept")
    return sources, notes


def put_reading(
    index: Index, seen: Survey, rules: Rules, passed_over: Mapping[str, Mapping[str, int]]
) -> None:
    """Record how the sources were read, at the end of a run."""
    patterns = {"exclude": list(rules.exclude), "include": list(rules.include)}
    if patterns != (index.fact(_RULES) or {"exclude": [], "include": []}):
        index.put_fact(_RULES, patterns)
    index.put_passed_over(passed_over)
    if is_read_anew(index) and _is_whole(index, seen):
        index.put_fact(_READER, READER)


def _is_whole(index: Index, seen: Survey) -> bool:
    """Return whether a run read all sources and shards that the index knows."""
    there = [root for root in seen.roots if root not in seen.vanished]
    known = (root for root, photos in index.sources().items() if photos)
    return set(index.finished_shards("source")) <= set(seen.shards) and all(
        any(lies_below(source, root) for root in there) for source in known
    )


def passed_over_now(
    index: Index, seen: Survey, shards: Mapping[str, Mapping[str, int]]
) -> dict[str, Mapping[str, int]]:
    """Return counts by kind of what is passed over in each source and shard.

    Sources and shards that were not read in this run keep their earlier counts.

    Args:
        index: has the counts of earlier runs.
        seen: what was seen in the sources now.
        shards: the counts of the shards that were opened in this run.
    """

    def stays(place: str) -> bool:
        if place in seen.roots and place not in seen.shards:
            return place in seen.vanished
        if place in seen.shards or not any(lies_below(place, root) for root in seen.roots):
            return True
        return any(lies_below(place, away) for away in (*seen.vanished, *seen.unreadable))

    before = index.places_passed_over()
    kept = {place: kinds for place, kinds in before.items() if stays(place)}
    return {**kept, **seen.passed_over, **shards}


def _texts(values: object) -> tuple[str, ...]:
    items: Collection[object] = values if isinstance(values, list | tuple) else ()
    return tuple(value for value in items if isinstance(value, str) and value)
