"""Embeds a whole index with another model, while the existing embeddings still answer searches."""

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
        switched: whether the new model answers searches now, which it does only once no photo
            lacks an embedding.
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
    """Embed all photos of an index with another model, and switch to it once all are done.

    Until then the existing model answers searches. The next run continues an interrupted one. A
    file that is no longer a readable photo is quarantined, as in indexing. Other changes in the
    folders are left to the next `build_index`, which also reads again the files whose content here
    was not the content they were indexed with.

    Args:
        folder: the index.
        retriever: the new model.
        batch_size: number of photos that it gets at once, at least 1; None for the model's own
            number.
        prune: drop photos whose file cannot be reached; otherwise they hold up the switch.
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
    """Yield the files as they are now; unreachable ones go to `unread` with the reason."""
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
    """Return the new facts of photos whose facts have changed.

    A photo whose content is not the indexed one gets facts that no file ever has: the embeddings of
    the two models are then from different contents, so the photo must be read again whatever its
    file contains by then, even the old content. A photo with the same content gets what an earlier
    version did not read: date, camera and perceptual hash.
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
            # The reader stays: until the switch, searches use the old model's embedding.
            changed[image_id] = replace(
                before,
                taken=now.taken,
                camera=now.camera,
                perceptual_hash=now.perceptual_hash,
                is_guessed=now.is_guessed,
            )
    return changed
