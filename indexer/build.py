"""The loop that brings an index up to date with its folders of photos.

Every batch is one transaction of the store, so an interrupted run keeps what it did and the next
one continues from there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.annotations.annotate import Annotated, annotate
from indexer.annotations.recall_queries import put_recall_queries
from indexer.changes.comparison import (
    Comparison,
    compare,
    compare_with_index,
    shards_gone,
    together,
)
from indexer.changes.plan import Plan
from indexer.changes.reading_state import (
    begin_reading,
    described_again,
    passed_over_now,
    put_reading,
    rules_of,
)
from indexer.changes.survey import survey
from indexer.describe import name_places
from indexer.indexing_model import IndexingModel
from indexer.loop import Loop, settle
from indexer.metadata.place_names import place_names
from indexer.shard_loop import ShardLoop, shard_plans
from indexer.sources import CocoSource, Rules
from store import Index, IndexNotFound, QuarantinedFile
from store.photo_names import lies_below
from store.types import ModelInfo, Progress

__all__ = ["BuildReport", "build_index", "plan_index"]

MOST_NOTED = 5
"""Number of photos that a report names as having metadata that was left out."""


@dataclass(frozen=True)
class BuildReport:
    """What a run did.

    Attributes:
        added: photos that were not in the index.
        updated: photos whose file had changed, or is decoded differently by this version.
        moved: photos found again under another path; they keep their id and vector.
        removed: photos whose file is gone.
        unreachable: photos that stay although their file cannot be reached at the moment, such as
            on a disk that is not mounted.
        unchanged: photos whose file has not changed.
        quarantined: path and reason of every file left out, sorted by path, including files that
            were already known to be broken and have not changed since.
        damaged: path and damage of every photo read in this run of which only the readable part is
            shown, sorted by path.
        annotated: photos that got captions or categories from the annotation files.
        missing: names in the annotation files that match no photo of the index, or more than one.
        described: photos of which only the metadata was read again.
        notes: what was left out of the annotation files and the metadata, and why, as lines for
            people to read.
        passed_over: number of files or folders that were not read in the sources of this run, by
            kind of file, such as `.cr3`, or by the pattern that excluded a folder.
        vectors_note: why the file of vectors could not be written; empty when it was. All photos
            are in the index in either case.
        seconds: how long it took.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unreachable: int = 0
    unchanged: int = 0
    quarantined: tuple[tuple[str, str], ...] = ()
    damaged: tuple[tuple[str, str], ...] = ()
    annotated: int = 0
    missing: tuple[str, ...] = ()
    described: int = 0
    notes: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    vectors_note: str = ""
    seconds: float = 0.0


def build_index(
    folder: Path | str,
    sources: Sequence[Path | str],
    retriever: IndexingModel,
    *,
    files: Sequence[Path | str] = (),
    annotations: Sequence[Path | str] = (),
    exclude: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    batch_size: int | None = None,
    prune: bool = False,
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Add photos to an index, or bring it up to date; only what changed is read again.

    All sources and annotation files are checked before anything is written. A photo that is no
    longer below a source that was read is removed. Photos of other folders are left alone, and so
    are those of a source, or of a disk mounted in it, that is not there at all.

    Args:
        folder: the index; created if there is none.
        sources: folders of photos, searched at any depth, tar and Parquet files of photos, and
            patterns of these (`part-{00..99}.tar`), on this machine or at addresses that fsspec
            knows; none means all sources that the index knows, or nothing if `files` are given.
        retriever: the model that turns photos into vectors.
        files: single photos, in folders by `indexer.sources.listed_files`; nothing else is read.
        annotations: COCO captions or instances files, whose photos are looked up in the sources.
        exclude: patterns of files and folders to leave out of folders, as defined in
            `indexer.sources.walk_rules`; None for those of the last run.
        include: patterns of what is indexed although another rule leaves it out; None for those of
            the last run.
        batch_size: number of photos that the model gets at once, at least 1; None for the model's
            own number.
        prune: also remove photos of sources and disks that are not there.
        retry_failed: read files again that could not be read before, changed or not.
        progress: called with photos done, photos to do, and the name of the last one.

    Raises:
        SourceError: no source could be reached, a new one has no photos, an annotation file is
            malformed, or one of `files` is not a photo.
        ModelMismatch: the index was made with another model.
        IndexBusy: another process is writing the index.
        IndexNotWritable: it cannot be written, such as on a full disk; what was done is kept.
        IndexDamaged: the index exists but its catalog cannot be read.
        ValueError: batch_size is below 1.
    """
    started = time.monotonic()
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    described = [CocoSource(path) for path in annotations]
    known_sources, rules = _known(Path(folder), exclude, include)
    seen = survey(sources, known_sources, prune=prune, files=files, rules=rules)
    with _opened(Path(folder), retriever) as index:
        index.begin_writing()
        begin_reading(index)
        comparison = compare_with_index(index, seen, prune=prune, retry_failed=retry_failed)
        known = {file.path for file in comparison.known.values()}
        loop = Loop(index, retriever, known, batch_size, progress)
        shards = ShardLoop(index, loop, comparison.missing, retry_failed=retry_failed)
        removed = _take_in(index, comparison, loop, shards)
        index.forget_shards("source", shards_gone(index, seen, prune))
        again, unread = described_again(index, seen, described)
        about = annotate(index, [*described, *again], seen.roots)
        passed_over = passed_over_now(index, seen, shards.passed_over)
        put_reading(index, seen, rules, passed_over)
        index.put_mounts(seen.mounts)
        index.forget_unused_sources()
        put_recall_queries(index, retriever)
        note = index.finish()
    whole = together(comparison.plan, shards.plans, shards.moved)
    return replace(
        _report(whole, comparison, loop, about),
        removed=len(removed),
        notes=(*about.notes, *unread, *loop.notes, *_noted(loop.noted)),
        passed_over=_in_all(passed_over, seen.roots),
        vectors_note=note,
        seconds=time.monotonic() - started,
    )


def _opened(folder: Path, retriever: IndexingModel) -> Index:
    return Index.open_or_create(folder, ModelInfo.of(retriever))


def _take_in(index: Index, comparison: Comparison, loop: Loop, shards: ShardLoop) -> list[int]:
    """Carry out the plan, files before shards; return the ids of photos that were removed."""
    plan = comparison.plan
    settle(index, plan)
    if all(shard.is_finished for shard in comparison.shards):
        index.remove_images(plan.gone)
    todo = sorted((*plan.new, *plan.changed, *plan.reread), key=lambda file: file.path)
    loop.total = len(todo)
    loop.run(todo)
    loop.describe(plan.described)
    shards.run(comparison.shards)
    gone = {**plan.gone, **shards.gone}
    removed = [image_id for image_id in gone if image_id not in shards.moved]
    index.remove_images(removed)
    loop.notes += _name_places(index)
    return removed


def plan_index(
    folder: Path | str,
    sources: Sequence[Path | str],
    *,
    exclude: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    prune: bool = False,
    retry_failed: bool = False,
) -> Plan:
    """Return what `build_index` would do; writes nothing and needs no model.

    Raises:
        SourceError: as for `build_index`.
        IndexDamaged: the index exists but its catalog cannot be read.
    """
    folder = Path(folder)
    known, rules = _known(folder, exclude, include)
    seen = survey(sources, known, prune=prune, rules=rules)
    if not Index.exists(folder):
        comparison = compare(seen, {}, (), {}, prune=prune, retry_failed=retry_failed)
    else:
        with Index.open(folder) as index, index.snapshot():
            comparison = compare_with_index(index, seen, prune=prune, retry_failed=retry_failed)
    plans = list(shard_plans(comparison.shards, comparison.missing, retry_failed=retry_failed))
    return together(comparison.plan, plans, {i for plan in plans for i in plan.moved})


def _known(
    folder: Path, exclude: Sequence[str] | None, include: Sequence[str] | None
) -> tuple[dict[str, tuple[str, ...]], Rules]:
    """Return the sources that the index has files of, each with its mounts, and the walk rules."""
    try:
        with Index.open(folder) as index:
            used = {root for root, photos in index.sources().items() if photos}
            used |= {bad.source for bad in index.quarantined()}
            mounts = {root: index.mounts(root) for root in sorted(used)}
            return mounts, rules_of(index, exclude, include)
    except IndexNotFound:
        return {}, rules_of(None, exclude, include)


def _name_places(index: Index) -> list[str]:
    """Name the places of photos; return a note if the data for this is not installed."""
    if not index.unplaced(1):
        return []
    names = place_names()
    if names is None:
        return ["photos have coordinates; `pip install 'crossgraph[places]'` names their places"]
    name_places(index, names)
    return []


def _noted(noted: Sequence[tuple[str, str]]) -> list[str]:
    """Return lines on metadata that was left out, for the first photos, and a count of the rest."""
    lines = [f"metadata: {path}: {note}" for path, note in noted[:MOST_NOTED]]
    rest = len(noted) - len(lines)
    return [*lines, f"metadata of {rest:,} more photos was left out in part"] if rest else lines


def _in_all(passed_over: Mapping[str, Mapping[str, int]], roots: Sequence[str]) -> dict[str, int]:
    """Return the count of each kind over the sources of a run."""
    counts: Counter[str] = Counter()
    for place, kinds in passed_over.items():
        if any(lies_below(place, root) for root in roots):
            counts.update(kinds)
    return dict(counts)


def _report(plan: Plan, comparison: Comparison, loop: Loop, about: Annotated) -> BuildReport:
    unread = [(path, "cannot be read at the moment") for path in comparison.seen.unreadable]
    return BuildReport(
        added=loop.added,
        updated=loop.updated,
        moved=len(plan.moved),
        unreachable=len(plan.unreachable),
        unchanged=plan.unchanged - loop.reembedded,
        quarantined=_left_out(plan.broken, comparison.seen.roots, (*loop.broken, *unread)),
        damaged=tuple(sorted(loop.damaged)),
        annotated=about.annotated,
        missing=about.missing,
        described=loop.described,
    )


def _left_out(
    known: Iterable[QuarantinedFile], roots: Sequence[str], now: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    before = [
        (bad.path, bad.reason) for bad in known if any(lies_below(bad.path, root) for root in roots)
    ]
    return tuple(sorted({**dict(before), **dict(now)}.items()))
