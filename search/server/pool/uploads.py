"""Photos added to the index and removed from it, one request after the other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from indexer.batches import batches
from indexer.indexing_model import IndexingModel
from indexer.sources import FoundFile
from search.engine.add_and_remove import left_out
from search.output.media_types import HEAD_BYTES, SUFFIX_OF, content_type
from search.photo_files.open_photo import find_photo
from search.photo_files.uploads_folder import delete_upload, prepare_uploads
from search.printable import printable
from search.server.pool.model_holder import Models
from search.server.wire.http_errors import Refused
from search.server.wire.request_bodies import check_pictures
from store import Index, IndexNotWritable, ModelMismatch
from store.whole_file import replaced

__all__ = ["add_photos", "remove_photo"]

LONGEST_NAME = 60
Outcome = dict[str, object]


def add_photos(
    folder: Path, uploads: Path, files: Sequence[tuple[str, bytes]], models: Models
) -> list[Outcome]:
    """Store and index photos; return the id of each, or its error, in their order.

    The same content is stored once, under its first name.

    Args:
        folder: the index.
        uploads: where photos are stored.
        files: the files, each with the client's name for it, which is not trusted.
        models: returns the index's model.

    Raises:
        ModelMismatch: the index was made with an unavailable model; nothing was stored.
        IndexBusy: another process is writing; nothing was stored.
        IndexNotWritable: the disk is full or cannot be written; photos before that one are stored.
    """
    with Index.open(folder) as index:
        model = models.of(index.model.fingerprint).photo
        # This loads it if no photo was embedded yet: others may write during these seconds.
        if model.fingerprint != index.model.fingerprint:
            raise ModelMismatch(f"{folder} was made with another model than {model.name}")
        index.begin_writing()
        prepare_uploads(uploads)
        outcomes = [_added(index, uploads, name, content, model) for name, content in files]
        index.finish()
    return outcomes


def remove_photo(folder: Path, uploads: Path, image_id: int) -> bool:
    """Remove a photo from the index; return whether its file was deleted, as only uploads are.

    Any other file stays where it is, and is left out until it changes; so does an upload behind a
    link.

    Raises:
        PhotoNotFound: there is no such photo.
        PhotoForbidden: the catalog names a file outside its folders.
        IndexBusy: another process is writing.
    """
    with Index.open(folder) as index:
        index.begin_writing()
        file = find_photo(index, image_id).file
        # In this order: if interrupted in between, the next run finds that the file is gone.
        deleted = file.source == str(uploads) and delete_upload(uploads, file.path)
        if deleted:
            index.remove_images([image_id])
        else:
            index.quarantine([left_out(file)])
        index.forget_unused_sources()
        index.finish()
        return deleted


def _added(index: Index, uploads: Path, name: str, content: bytes, model: IndexingModel) -> Outcome:
    told: Outcome = {"name": printable(name)}
    try:
        check_pictures([content])
    except Refused as error:
        return {**told, "error": str(error.detail).removeprefix("picture 1: ")}
    path = _place(uploads, name, content)
    was_there = path.exists()
    try:
        if not was_there:
            _store(path, content)
        told |= _indexed(index, uploads, path, model)
    except BaseException:
        if not was_there:
            path.unlink(missing_ok=True)
        raise
    if "error" in told and not was_there:
        path.unlink(missing_ok=True)
    return told


def _indexed(index: Index, uploads: Path, path: Path, model: IndexingModel) -> Outcome:
    facts = path.stat()
    upload = FoundFile(str(path), str(uploads), facts.st_size, facts.st_mtime_ns)
    (batch,) = batches([upload], 1, model.size_px)
    if batch.broken:
        return {"error": batch.broken[0].reason}
    if batch.unread:
        return {"error": batch.unread[0][1]}
    embedded = model.embed_images([batch.photos[0].image])
    (image_id,) = index.put_images([batch.photos[0].file], embedded.vectors, embedded.packed)
    return {"image_id": image_id, "id": image_id}


def _place(uploads: Path, name: str, content: bytes) -> Path:
    """Return the path for content: under the client's name as far as that can be trusted."""
    digest = hashlib.sha256(content).hexdigest()[:16]
    stored = sorted(uploads.glob(f"*-{digest}.*"))
    if stored:
        return stored[0]
    stem = re.sub(r"[^\w-]+", "-", Path(name.replace("\\", "/")).stem).strip("-_")[:LONGEST_NAME]
    suffix = SUFFIX_OF.get(content_type(content[:HEAD_BYTES]), ".jpg")
    return uploads / f"{printable(stem) or 'photo'}-{digest}{suffix}"


def _store(path: Path, content: bytes) -> None:
    # A name that begins with a dot is not a photo to a run that lists this folder meanwhile.
    partial = path.with_name(f".{path.name}.partial")
    try:
        with replaced(path, partial, synced=True):
            partial.write_bytes(content)
    except OSError as error:
        raise IndexNotWritable(
            f"an uploaded photo cannot be stored: {error.strerror or error}"
        ) from error
