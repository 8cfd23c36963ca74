"""The loop that brings an index up to date with its folders of photos.

Every batch is one transaction of the store, so a run that is cut off keeps what it did and the
next one goes on from there.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.annotate import Annotated, annotate
from indexer.loop import Loop, settle
from indexer.model import PhotoModel
from indexer.plan import Plan, make_plan
from indexer.probes import put_probes
from indexer.shards import KnownShard, ShardLoop, known_shards, shard_plans
from indexer.sources import CocoSource
from indexer.survey import Survey, survey
from store import FinishedShard, Index, IndexNotFound, PhotoFile, QuarantinedFile
from store.members import lies_below

__all__ = ["BuildReport", "build_index", "plan_index"]


@dataclass(frozen=True)
class BuildReport:
    """What a run did.

    Attributes:
        added: photos that were not in the index.
        updated: photos whose file had changed.
        moved: photos found again under another path; they keep their id and vector.
        removed: photos whose file is gone.
        unreachable: photos that stay though their file cannot be seen just now, such as on a disk
            that is not mounted.
        unchanged: photos that are as they were.
        quarantined: path and reason of every file left out, by path, those too that were known to
            be broken and have not changed since.
        annotated: photos that the annotation files said something of.
        missing: names in the annotation files that are no photo of the index, or not just one.
        vectors_note: why the file of vectors could not be written; empty when it was. All photos
            are in the index all the same.
        seconds: how long it took.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unreachable: int = 0
    unchanged: int = 0
    quarantined: tuple[tuple[str, str], ...] = ()
    annotated: int = 0
    missing: tuple[str, ...] = ()
    vectors_note: str = ""
    seconds: float = 0.0


def build_index(
    folder: Path | str,
    sources: Sequence[Path | str],
    retriever: PhotoModel,
    *,
    files: Sequence[Path | str] = (),
    annotations: Sequence[Path | str] = (),
    batch_size: int | None = None,
    prune: bool = False,
    retry_failed: bool = False,
    progress: Callable[[int, int, str], object] | None = None,
) -> BuildReport:
    """Add photos to an index, or bring it up to date; only what changed is read again.

    All sources and annotation files are checked before anything is written. A photo that is no
    longer below a source that was read is removed; photos of other folders are left alone, and so
    are those of a source, or a disk in it, that is not there at all.

    Args:
        folder: the index; made if there is none.
        sources: folders of photos, any depth, tar and Parquet files of them, and patterns of these
            (`part-{00..99}.tar`), on this machine or at addresses that fsspec knows; none means all
            that the index knows, or nothing where there are `files`.
        retriever: the model that turns photos into vectors.
        files: single photos beside, of which `indexer.sources.listed_files` says what folder they
            come under; nothing else of that folder is looked at.
        annotations: COCO captions or instances files, whose photos are looked up in the sources.
        batch_size: how many photos the model gets together, at least 1; None for the model's own
            number.
        prune: remove photos of sources and disks that are not there, too.
        retry_failed: read files again that could not be read before, changed or not.
        progress: called with photos done, photos to do, and the name of the last one.

    Raises:
        SourceError: no source could be reached, one that is new has no photos, or an annotation
            file is malformed; or one of `files` is no photo.
        ModelMismatch: the index was made with another model.
        IndexBusy: another process is writing the index.
        IndexNotWritable: it cannot be written, such as on a full disk; what was done is kept.
        IndexDamaged: the index is there and its catalog cannot be read.
        ValueError: batch_size is below 1.
    """
    started = time.monotonic()
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    described = [CocoSource(path) for path in annotations]
    folder = Path(folder)
    seen = survey(sources, _known_sources(folder), prune=prune, files=files)
    with Index.open_or_create(
        folder,
        retriever.fingerprint,
        retriever.dim,
        model=retriever.name,
        encoders=retriever.encoders,
        unit_dim=retriever.unit_dim,
    ) as index:
        index.begin_writing()
        look = _look(index, seen, prune=prune, retry_failed=retry_failed)
        plan, known = look.plan, {file.path for file in look.known.values()}
        settle(index, plan)
        if all(shard.is_finished for shard in look.shards):
            index.remove_images(plan.gone)
        loop = Loop(index, retriever, known, batch_size, progress)
        todo = sorted((*plan.new, *plan.changed), key=lambda file: file.path)
        loop.total = len(todo)
        loop.run(todo)
        shards = ShardLoop(index, loop, look.missing, retry_failed=retry_failed)
        shards.run(look.shards)
        gone = {**plan.gone, **shards.gone}
        removed = [image_id for image_id in gone if image_id not in shards.moved]
        index.remove_images(removed)
        index.forget_shards("source", _shards_gone(index, seen, prune))
        about = annotate(index, described, seen.roots)
        index.put_mounts(seen.mounts)
        index.forget_unused_sources()
        put_probes(index, retriever)
        note = index.finish()
    whole = _together(plan, shards.plans, shards.moved)
    report = _report(whole, look, loop, about)
    return replace(
        report, removed=len(removed), vectors_note=note, seconds=time.monotonic() - started
    )


def plan_index(
    folder: Path | str,
    sources: Sequence[Path | str],
    *,
    prune: bool = False,
    retry_failed: bool = False,
) -> Plan:
    """Say what `build_index` would do; writes nothing and needs no model.

    Raises:
        SourceError: as `build_index`.
        IndexDamaged: the index is there and its catalog cannot be read.
    """
    folder = Path(folder)
    seen = survey(sources, _known_sources(folder), prune=prune)
    if not Index.exists(folder):
        look = _looked(seen, {}, (), {}, prune=prune, retry_failed=retry_failed)
    else:
        with Index.open(folder) as index, index.snapshot():
            look = _look(index, seen, prune=prune, retry_failed=retry_failed)
    plans = [plan for plan, _ in shard_plans(look.shards, look.missing, retry_failed=retry_failed)]
    return _together(look.plan, plans, {i for plan in plans for i in plan.moved})


def _known_sources(folder: Path) -> dict[str, tuple[str, ...]]:
    """Give the folders that the index has files of, and the disks that were below them."""
    try:
        with Index.open(folder) as index:
            used = {root for root, photos in index.sources().items() if photos}
            used |= {bad.source for bad in index.quarantined()}
            return {root: index.mounts(root) for root in sorted(used)}
    except IndexNotFound:
        return {}


@dataclass(frozen=True)
class _Look:
    """What was seen and is known: what to do with files, and the shards with plans of their own."""

    seen: Survey
    known: Mapping[int, PhotoFile]
    plan: Plan
    shards: Sequence[KnownShard]

    @property
    def missing(self) -> dict[int, PhotoFile]:
        """Photos that are not where they were and may turn up in a shard."""
        away = {
            image_id: file
            for image_id, file in self.plan.unreachable.items()
            if any(lies_below(file.path, root) for root in self.seen.vanished)
        }
        return {**self.plan.gone, **away}


def _look(index: Index, seen: Survey, *, prune: bool, retry_failed: bool) -> _Look:
    return _looked(
        seen,
        index.files(),
        index.quarantined(),
        index.finished_shards("source"),
        prune=prune,
        retry_failed=retry_failed,
    )


def _looked(
    seen: Survey,
    known: Mapping[int, PhotoFile],
    quarantined: Sequence[QuarantinedFile],
    finished: Mapping[str, FinishedShard],
    *,
    prune: bool,
    retry_failed: bool,
) -> _Look:
    shards = known_shards(seen, known, quarantined, finished, retry_failed=retry_failed)
    # An unfinished shard says itself what of it is broken.
    theirs = {bad for shard in shards if not shard.is_finished for bad in shard.quarantined}
    broken = [bad for bad in quarantined if bad not in theirs]
    plan = make_plan(seen, known, broken, prune=prune, retry_failed=retry_failed)
    as_they_were = sum(len(shard.photos) for shard in shards if shard.is_finished)
    return _Look(seen, known, replace(plan, unchanged=plan.unchanged + as_they_were), shards)


def _shards_gone(index: Index, seen: Survey, prune: bool) -> list[str]:
    """Give shards that were read once and are not there any more."""
    away = (*(() if prune else seen.vanished), *seen.unreadable)
    return [
        path
        for path in index.finished_shards("source")
        if path not in seen.shards
        and any(lies_below(path, root) for root in seen.roots)
        and not any(lies_below(path, root) for root in away)
    ]


def _together(plan: Plan, parts: Sequence[Plan], moved: Collection[int]) -> Plan:
    """Give the plan of files and those of shards as one."""
    plans = [plan, *parts]

    def all_but_moved(kind: str) -> dict[int, PhotoFile]:
        files = ChainMap(*(getattr(one, kind) for one in plans))
        return {image_id: file for image_id, file in files.items() if image_id not in moved}

    return Plan(
        new=tuple(file for one in plans for file in one.new),
        changed=tuple(file for one in plans for file in one.changed),
        moved={image_id: move for one in plans for image_id, move in one.moved.items()},
        touched={image_id: file for one in plans for image_id, file in one.touched.items()},
        gone=all_but_moved("gone"),
        unreachable=all_but_moved("unreachable"),
        unchanged=sum(one.unchanged for one in plans),
        broken=tuple(bad for one in plans for bad in one.broken),
        released=tuple(path for one in plans for path in one.released),
    )


def _report(plan: Plan, look: _Look, loop: Loop, about: Annotated) -> BuildReport:
    unread = [(path, "cannot be read just now") for path in look.seen.unreadable]
    return BuildReport(
        added=loop.added,
        updated=loop.updated,
        moved=len(plan.moved),
        unreachable=len(plan.unreachable),
        unchanged=plan.unchanged,
        quarantined=_left_out(plan.broken, look.seen.roots, (*loop.broken, *unread)),
        annotated=about.annotated,
        missing=about.missing,
    )


def _left_out(
    known: Iterable[QuarantinedFile], roots: Sequence[str], now: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    before = [
        (bad.path, bad.reason) for bad in known if any(lies_below(bad.path, root) for root in roots)
    ]
    return tuple(sorted({**dict(before), **dict(now)}.items()))
