"""Indexes shards one after the other: list, compare, embed, record as finished.

A shard that was read to its end and has not changed is not opened. Photos that are gone from one
shard may turn up in the next, so nothing is removed before the last shard was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import replace

from indexer.changes.known_shards import KnownShard
from indexer.changes.missing import MissingPhotos
from indexer.changes.plan import Plan, make_plan
from indexer.changes.survey import Survey
from indexer.loop import Loop, settle
from indexer.photos.decode import READER_VERSION
from indexer.sources import FoundFile
from indexer.sources.folder import told_kinds
from indexer.sources.found_file import members_of
from indexer.sources.open_shard import open_shard
from indexer.sources.shard import Shard
from indexer.sources.suffixes import SUFFIXES
from store import FinishedShard, Index, PhotoFile, QuarantinedFile, ReaderMissing, SourceError
from store.photo_names import member_path

__all__ = ["CAPTIONS_ORIGIN", "ShardLoop", "shard_plans"]

CAPTIONS_ORIGIN = "!"
"""Origin of captions from a photo's own shard; all shards share it, so that photos may move."""

CAPTIONS_AT_ONCE = 1000

NO_SIZE = NOT_ALL = -1
"""Values that no shard has, recorded while one is being read: its size if it changed, its count."""

NEVER_NS = -(2**63)
"""A modification time that no file has."""


def shard_plans(
    shards: Sequence[KnownShard], missing: Mapping[int, PhotoFile], *, retry_failed: bool
) -> Iterator[Plan]:
    """Yield the plan of each unfinished shard; shards are closed, and the plans do not use them."""
    left = MissingPhotos(missing)
    for known in shards:
        if known.is_finished:
            continue
        try:
            with closing(open_shard(known.file.path, whole=True)) as shard:
                plan = _plan(known, shard, left, retry_failed)
        except (SourceError, OSError):
            yield _unseen(known)
            continue
        yield replace(
            plan,
            new=_without_shard(plan.new),
            changed=_without_shard(plan.changed),
            reread=_without_shard(plan.reread),
            described=_without_shard(plan.described),
        )


def _without_shard(files: Sequence[FoundFile]) -> tuple[FoundFile, ...]:
    return tuple(replace(file, shard=None) for file in files)


class ShardLoop:
    """Indexes unfinished shards.

    Args:
        index: open for writing.
        loop: embeds and writes the photos.
        missing: photos that are no longer where they were and may turn up in a shard.
        retry_failed: whether photos are read again that could not be read before.

    Attributes:
        plans: what there was to do in each shard, without the photos that were read, of which
            there may be more than fit in memory.
        gone: image id to photo that is no longer in its shard; the caller removes them at the end.
        passed_over: path of each opened shard to the number of members not read, by kind.
        moved: ids of missing photos that turned up.
    """

    def __init__(
        self,
        index: Index,
        loop: Loop,
        missing: Mapping[int, PhotoFile],
        *,
        retry_failed: bool,
    ) -> None:
        self._index = index
        self._loop = loop
        self._missing = MissingPhotos(missing)
        self._retry_failed = retry_failed
        self.plans: list[Plan] = []
        self.gone: dict[int, PhotoFile] = {}
        self.passed_over: dict[str, Mapping[str, int]] = {}
        self.moved: set[int] = set()

    def run(self, shards: Sequence[KnownShard]) -> None:
        """Index the unfinished ones of these shards, in order."""
        pending = [known for known in shards if not known.is_finished]
        bytes_left = sum(known.file.size_bytes for known in pending)
        before, bytes_read = self._loop.total, 0
        for known in pending:
            bytes_read += known.file.size_bytes
            bytes_left -= known.file.size_bytes

            def expect(files: int, ahead: float = bytes_left / max(bytes_read, 1)) -> None:
                # Nothing but the size is known of shards that were not opened yet.
                here = self._loop.done - before + files
                self._loop.total = before + here + round(here * ahead)

            self._take_in(known, expect)

    def _take_in(self, known: KnownShard, expect: Callable[[int], None]) -> None:
        try:
            shard = open_shard(known.file.path, whole=True)
        except (SourceError, OSError) as error:
            self.plans.append(_unseen(known))
            if isinstance(error, (ReaderMissing, OSError)):
                self._loop.broken.append((known.file.path, _reason(error)))
            else:
                self._finish(known, self.plans[-1], _reason(error))
        else:
            with closing(shard):
                self._read(known, shard, expect)

    def _read(self, known: KnownShard, shard: Shard, expect: Callable[[int], None]) -> None:
        plan = _plan(known, shard, self._missing, self._retry_failed)
        self._begin(known)
        settle(self._index, plan)
        todo = sorted((*plan.new, *plan.changed, *plan.reread), key=lambda file: file.order)
        expect(len(todo))
        written, unread = self._loop.run(todo)
        self._loop.describe(plan.described)
        ids = {photo.path: image_id for image_id, photo in known.photos.items()}
        ids |= {move.after.path: image_id for image_id, move in plan.moved.items()}
        said_before = known.photos.keys() | plan.moved.keys()
        self._put_captions(known, shard, ids | written, said_before)
        self.plans.append(
            replace(plan, new=(), changed=(), reread=(), described=(), touched={}, released=())
        )
        self.moved |= set(plan.moved)
        self.gone |= plan.gone
        self.passed_over[known.file.path] = dict(shard.passed_over)
        if not unread:
            self._finish(known, plan, shard.damage or _emptiness(known, shard))

    def _begin(self, known: KnownShard) -> None:
        """Record that photos of the shard's current content are being added to the index.

        If the shard has changed, a run that is killed before it finishes the shard may leave photos
        of its old and its new content in the index. As no file has the size `NO_SIZE`, the next run
        compares all of them, whichever content it finds.
        """
        file = known.file
        size = NO_SIZE if known.is_other else file.size_bytes
        begun = FinishedShard(file.path, size, file.mtime_ns, NOT_ALL)
        self._index.finish_shard("source", begun)

    def _put_captions(
        self, known: KnownShard, shard: Shard, ids: Mapping[str, int], said_before: Set[int]
    ) -> None:
        coming: dict[int, tuple[str, ...]] = {}
        for name, texts in shard.captions():
            image_id = ids.get(member_path(known.file.path, name))
            if image_id is not None and (texts or image_id in said_before):
                coming[image_id] = texts
            if len(coming) == CAPTIONS_AT_ONCE:
                self._index.put_captions(coming, origin=CAPTIONS_ORIGIN)
                coming = {}
        if coming:
            self._index.put_captions(coming, origin=CAPTIONS_ORIGIN)

    def _finish(self, known: KnownShard, plan: Plan, damage: str) -> None:
        file = known.file
        if damage:
            bad = QuarantinedFile(
                file.path, file.source, file.size_bytes, file.mtime_ns, damage, READER_VERSION
            )
            self._index.quarantine([bad])
            self._loop.broken.append((file.path, damage))
        rows = _rows_left(known, plan, bool(damage))
        done = FinishedShard(file.path, file.size_bytes, file.mtime_ns, rows)
        self._index.finish_shard("source", done)


def _plan(known: KnownShard, shard: Shard, missing: MissingPhotos, retry_failed: bool) -> Plan:
    file = known.file
    members = tuple(members_of(file, shard))
    photos, broken = known.photos, known.quarantined
    if known.is_other:
        photos = {i: replace(photo, mtime_ns=NEVER_NS) for i, photo in photos.items()}
        broken = tuple(replace(bad, mtime_ns=NEVER_NS) for bad in broken)
    # Photos after the damaged part may still be there.
    unreadable = (file.path,) if shard.damage else ()
    seen = Survey(members, roots=(file.path,), unreadable=unreadable)
    plan = make_plan(
        *(seen, photos, broken),
        retry_failed=retry_failed,
        missing=missing,
        readings=known.readings,
    )
    return replace(plan, broken=tuple(bad for bad in plan.broken if bad.path != file.path))


def _unseen(known: KnownShard) -> Plan:
    """Return the plan of a shard that cannot be read: everything stays as it was."""
    broken = tuple(bad for bad in known.quarantined if bad.path != known.file.path)
    return Plan(unreachable=known.photos, broken=broken)


def _emptiness(known: KnownShard, shard: Shard) -> str:
    """Return why a shard given by name has no photos; one found in a folder may be empty."""
    if shard.members or known.file.source != known.file.path:
        return ""
    if known.file.path.lower().endswith(".parquet"):
        return "it has no row with a photo, or no column of photos"
    return (
        "it holds no photos; looked in it for names ending in "
        + ", ".join(sorted(SUFFIXES))
        + told_kinds(shard.passed_over, "; passed over: ")
    )


def _rows_left(known: KnownShard, plan: Plan, is_damaged: bool) -> int:
    """Return the number of rows that the index has for a shard that was read to its end."""
    read = len(plan.new) + len(plan.changed) + len(plan.moved) + plan.unchanged
    kept = {bad.path for bad in known.quarantined} - {known.file.path, *plan.released}
    kept -= {file.path for file in plan.new}
    return read + len(plan.unreachable) + len(kept) + is_damaged


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
