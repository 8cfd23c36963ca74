"""Compares what was seen in the sources with the index: a plan for the files, and known shards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.changes.known_shards import KnownShard, known_shards
from indexer.changes.plan import Plan, make_plan
from indexer.changes.reading_state import is_read_anew
from indexer.changes.survey import Survey
from store import FinishedShard, Index, PhotoFile, QuarantinedFile
from store.catalog.details import PhotoReading
from store.photo_names import lies_below

__all__ = ["Comparison", "compare", "compare_with_index", "shards_gone", "together"]


@dataclass(frozen=True)
class Comparison:
    """The result of comparing the sources with the index.

    Attributes:
        seen: what was seen in the sources.
        known: image id to its file, of the whole index.
        plan: what to do with photos that are files of their own; those in finished shards count
            as unchanged.
        shards: the shards that exist; unfinished ones get plans of their own.
    """

    seen: Survey
    known: Mapping[int, PhotoFile]
    plan: Plan
    shards: Sequence[KnownShard]

    @property
    def missing(self) -> dict[int, PhotoFile]:
        """Photos that are no longer where they were and may turn up in a shard."""
        away = {
            image_id: file
            for image_id, file in self.plan.unreachable.items()
            if any(lies_below(file.path, root) for root in self.seen.vanished)
        }
        return {**self.plan.gone, **away}


def compare_with_index(
    index: Index, seen: Survey, *, prune: bool, retry_failed: bool
) -> Comparison:
    """Compare what was seen with an open index; the options are those of `make_plan`."""
    return compare(
        seen,
        index.files(),
        index.quarantined(),
        index.finished_shards("source"),
        readings=index.readings(),
        anew=is_read_anew(index),
        prune=prune,
        retry_failed=retry_failed,
    )


def compare(
    seen: Survey,
    known: Mapping[int, PhotoFile],
    quarantined: Sequence[QuarantinedFile],
    finished: Mapping[str, FinishedShard],
    *,
    readings: Mapping[int, PhotoReading] | None = None,
    anew: bool = False,
    prune: bool,
    retry_failed: bool,
) -> Comparison:
    """Compare what was seen with what is known.

    The options are those of `make_plan`, except `anew`, which is that of `known_shards`.
    """
    readings = readings or {}
    shards = known_shards(
        seen, known, quarantined, finished, readings, anew=anew, retry_failed=retry_failed
    )
    # The plan of an unfinished shard lists what is broken in it.
    theirs = {bad for shard in shards if not shard.is_finished for bad in shard.quarantined}
    broken = [bad for bad in quarantined if bad not in theirs]
    plan = make_plan(seen, known, broken, prune=prune, retry_failed=retry_failed, readings=readings)
    as_they_were = sum(len(shard.photos) for shard in shards if shard.is_finished)
    return Comparison(seen, known, replace(plan, unchanged=plan.unchanged + as_they_were), shards)


def shards_gone(index: Index, seen: Survey, prune: bool) -> list[str]:
    """Return paths of shards that were read before and no longer exist."""
    away = (*(() if prune else seen.vanished), *seen.unreadable)
    return [
        path
        for path in index.finished_shards("source")
        if path not in seen.shards
        and any(lies_below(path, root) for root in seen.roots)
        and not any(lies_below(path, root) for root in away)
    ]


def together(plan: Plan, parts: Sequence[Plan], moved: Collection[int]) -> Plan:
    """Combine the plan of files and those of shards; `moved` photos are not gone or unreachable."""
    plans = [plan, *parts]

    def all_but_moved(kind: str) -> dict[int, PhotoFile]:
        return {
            image_id: file
            for one in reversed(plans)  # the first that has a photo counts
            for image_id, file in getattr(one, kind).items()
            if image_id not in moved
        }

    return Plan(
        new=tuple(file for one in plans for file in one.new),
        changed=tuple(file for one in plans for file in one.changed),
        moved={image_id: move for one in plans for image_id, move in one.moved.items()},
        touched={image_id: file for one in plans for image_id, file in one.touched.items()},
        gone=all_but_moved("gone"),
        unreachable=all_but_moved("unreachable"),
        unchanged=sum(one.unchanged for one in plans),
        reread=tuple(file for one in plans for file in one.reread),
        described=tuple(file for one in plans for file in one.described),
        broken=tuple(bad for one in plans for bad in one.broken),
        released=tuple(path for one in plans for path in one.released),
    )
