"""Turns files into rows of an index, batch by batch; each batch is one transaction."""

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
    """Reads, embeds and writes files, and counts the outcomes.

    Args:
        index: open for writing.
        retriever: the model that turns photos into vectors.
        known: paths that the index had when the run began.
        batch_size: number of photos that the model gets at once; None for its own number.
        progress: called with photos done, photos to do, and the name of the last one.

    Attributes:
        total: number of files to do, as far as is known.
        done: number of files that were dealt with.
        added: number of photos that are new to the index.
        updated: number of known photos that were embedded and written again.
        reembedded: those of the updated photos whose file is unchanged and under a known path, and
            that an older reader version may have decoded differently.
        described: number of photos of which only the metadata was read again.
        broken: path and reason of each file that could not be indexed.
        notes: further lines to report on the run.
        noted: path of each photo with metadata that was left out, and what was left out.
        damaged: path and damage of each photo of which only the readable part was indexed.
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
        """Index files in order; return image ids by path, and how many files could not be read."""
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
        """Read metadata of known photos again; embeds nothing."""
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
    """Do what needs no model and removes no photo: moved and touched photos, released paths."""
    moved = {image_id: move.after for image_id, move in plan.moved.items()}
    index.update_files({**moved, **plan.touched})
    index.release(plan.released)
