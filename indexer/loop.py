"""Files to rows of an index, batch by batch, each one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from indexer.batches import Batch, batches
from indexer.changes.plan import Plan
from indexer.describe import describe
from indexer.indexing_model import IndexingModel
from indexer.sources import FoundFile
from store import Index
from store.photo_names import base_name
from store.types import Progress

__all__ = ["Loop", "settle"]


class Loop:
    """Reads, embeds and writes files, and counts what came of them.

    Args:
        index: open for writing.
        retriever: the model that turns photos into vectors.
        known: paths that the index had when the run began.
        batch_size: how many photos the model gets together; None for its own number.
        progress: called with photos done, photos to do, and the name of the last one.

    Attributes:
        total: how many files there are to do, as far as is known.
        done: how many were dealt with.
        added: photos written under a path that was not known.
        updated: photos written under one that was.
        reembedded: those of the updated whose file is where and as it was, and is read otherwise
            now.
        described: how many photos' metadata was read again without more.
        broken: path and reason of each that could not be indexed.
        notes: what else is to be told of the run.
        noted: path, and what of its metadata was left out, of each photo of which something was.
        damaged: path and damage of each that was, as far as it goes.
    """

    def __init__(
        self,
        index: Index,
        retriever: IndexingModel,
        known: Collection[str],
        batch_size: int | None,
        progress: Progress | None,
    ) -> None:
        self._index = index
        self._retriever = retriever
        self._known = known
        self._batch_size = batch_size or retriever.batch_size
        self._progress = progress
        self.total = self.done = self.added = self.updated = self.reembedded = self.described = 0
        self.broken: list[tuple[str, str]] = []
        self.damaged: list[tuple[str, str]] = []
        self.noted: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def run(self, files: Iterable[FoundFile]) -> tuple[dict[str, int], int]:
        """Take in files as they come; give path to image id, and how many could not be read now."""
        ids: dict[str, int] = {}
        unread = 0
        for batch in batches(files, self._batch_size, self._retriever.size_px):
            ids.update(self._write(batch))
            unread += len(batch.unread)
            self._count(batch)
            self._index.settle()
            if self._progress is not None:
                self._progress(self.done, max(self.total, self.done), base_name(batch.last))
        return ids, unread

    def describe(self, files: Sequence[FoundFile]) -> None:
        """Read metadata of known photos again, which embeds nothing."""
        count, noted = describe(self._index, files, self._progress)
        self.described += count
        self.noted += noted

    def _write(self, batch: Batch) -> dict[str, int]:
        if batch.broken:
            self._index.quarantine(batch.broken)
        self._index.update_files({same.image_id: same.file for same in batch.same})
        self._index.put_details({same.image_id: same.details for same in batch.same})
        if not batch.photos:
            return {}
        embedded = self._retriever.embed_images([photo.image for photo in batch.photos])
        files = [photo.file for photo in batch.photos]
        details = [photo.details for photo in batch.photos]
        ids = self._index.put_images(files, embedded.vectors, embedded.packed, details)
        return dict(zip((file.path for file in files), ids, strict=True))

    def _count(self, batch: Batch) -> None:
        known = [photo.file.path in self._known for photo in batch.photos]
        reread = [photo.is_reread for photo in batch.photos]
        updated = sum(map(max, known, reread))
        self.updated += updated
        self.reembedded += sum(map(min, known, reread))
        read = [photo.file for photo in batch.photos] + [same.file for same in batch.same]
        self.damaged += [(file.path, file.damage) for file in read if file.damage]
        noted = [(photo.file.path, photo.details.note) for photo in batch.photos]
        noted += [(same.file.path, same.details.note) for same in batch.same]
        self.noted += [(path, note) for path, note in noted if note]
        self.added += len(batch.photos) - updated
        self.broken += [(bad.path, bad.reason) for bad in batch.broken]
        self.broken += batch.unread
        self.done += batch.size


def settle(index: Index, plan: Plan) -> None:
    """Do what needs no model and takes nothing away: photos that moved, or were written again."""
    moved = {image_id: move.after for image_id, move in plan.moved.items()}
    index.update_files({**moved, **plan.touched})
    index.release(plan.released)
