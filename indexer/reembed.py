"""Embedding a whole index anew with another model, beside the embeddings that go on answering."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.annotations.recall_queries import put_recall_queries
from indexer.batches import Batch, batches
from indexer.indexing_model import IndexingModel
from indexer.sources import FoundFile, ShardsAtHand
from store import Index, PhotoFile, Reembedding
from store.photo_names import base_name
from store.types import ModelInfo, Progress

__all__ = ["ReembedReport", "reembed"]


@dataclass(frozen=True)
class ReembedReport:
    """What a run did.

    Attributes:
        embedded: photos that got an embedding of the new model in this run.
        removed: photos dropped because their file could not be reached.
        unread: path and reason of files without an embedding of the new model.
        switched: whether the new model answers now; not while photos are without an embedding.
        seconds: how long it took.
    """

    embedded: int = 0
    removed: int = 0
    unread: tuple[tuple[str, str], ...] = ()
    switched: bool = False
    seconds: float = 0.0


def reembed(
    folder: Path | str,
    retriever: IndexingModel,
    *,
    batch_size: int | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> ReembedReport:
    """Embed all photos of an index with another model, and let that answer once all are done.

    Until then the model that was there goes on answering; a run that is cut off is gone on with by
    the next. A photo that is no photo any more is put in quarantine, as indexing does it. What else
    has changed in the folders is left to the next `build_index`, which reads again what was read
    here with another content than it was indexed with.

    Args:
        folder: the index.
        retriever: the new model.
        batch_size: how many photos it gets together, at least 1; None for the model's own
            number.
        prune: drop photos whose file cannot be reached; otherwise they keep the switch waiting.
        progress: called with photos done, photos to do, and the name of the last one.

    Raises:
        IndexNotFound: there is no index.
        IndexBusy: another process is writing it.
        IndexNotWritable: it cannot be written; what was done is kept.
    """
    started = time.monotonic()
    with Index.open(Path(folder)) as index:
        index.begin_writing()
        if index.model.fingerprint == retriever.fingerprint:
            return ReembedReport(switched=True, seconds=time.monotonic() - started)
        new = Reembedding(index, ModelInfo.of(retriever))
        missing = new.missing()
        ids = {file.path: image_id for image_id, file in missing.items()}
        embedded = 0
        unread: dict[str, str] = {}
        with ShardsAtHand() as shards:
            photos = _photos_to_embed(missing, shards, unread)
            for batch in batches(photos, batch_size or retriever.batch_size, retriever.size_px):
                embedded += _write(index, new, batch, retriever, ids, missing)
                unread.update(batch.unread)
                if progress is not None:
                    progress(embedded, len(missing), base_name(batch.last))
        removed = index.remove_images(ids[path] for path in unread) if prune else 0
        switched = prune or not unread
        if switched:
            put_recall_queries(index, retriever, new)
            new.switch()
    return ReembedReport(
        embedded, removed, tuple(unread.items()), switched, time.monotonic() - started
    )


def _photos_to_embed(
    missing: Mapping[int, PhotoFile], shards: ShardsAtHand, unread: dict[str, str]
) -> Iterator[FoundFile]:
    """Return the files as they are now; those that are not there go to `unread` with the reason."""
    for file in missing.values():
        try:
            yield shards.find(file)
        except OSError as error:
            unread[file.path] = f"cannot be read: {error.strerror or error}"


def _write(
    index: Index,
    new: Reembedding,
    batch: Batch,
    retriever: IndexingModel,
    ids: Mapping[str, int],
    indexed: Mapping[int, PhotoFile],
) -> int:
    if batch.broken:
        index.quarantine(batch.broken)
    if batch.photos:
        embedded = retriever.embed_images([photo.image for photo in batch.photos])
        image_ids = [ids[photo.file.path] for photo in batch.photos]
        index.update_files(_changed(image_ids, batch, indexed))
        new.put(image_ids, embedded.vectors, embedded.packed)
    return len(batch.photos)


def _changed(
    image_ids: Sequence[int], batch: Batch, indexed: Mapping[int, PhotoFile]
) -> dict[int, PhotoFile]:
    """Return photos of which something else is known now.

    Of another content than is indexed, they get facts that no file will ever have: the two models'
    embeddings are then of two contents, so the photo is to be read again whatever lies in its place
    by then, be it what was there before. Of the same content, they get what an earlier version did
    not read: date, camera and perceptual hash.
    """
    changed = {}
    for image_id, photo in zip(image_ids, batch.photos, strict=True):
        before, now = indexed[image_id], photo.file
        if now.sha256 != before.sha256:
            changed[image_id] = replace(before, size_bytes=-1, sha256="")
        elif (now.taken, now.camera, now.perceptual_hash) != (
            before.taken,
            before.camera,
            before.perceptual_hash,
        ):
            # Not the reader: until the models change places, the old one's embedding answers.
            changed[image_id] = replace(
                before,
                taken=now.taken,
                camera=now.camera,
                perceptual_hash=now.perceptual_hash,
                is_guessed=now.is_guessed,
            )
    return changed
