"""Reads files into batches of decoded photos, with bounded memory."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from PIL import Image

from fusion.runtime.squares import square
from indexer.description import described
from indexer.photos.decode import (
    READER_VERSION,
    DecodedPhoto,
    UnreadableImage,
    decode_photo,
    refuse_large_file,
)
from indexer.photos.perceptual_hash import SMALL_SIZE, perceptual_hash, small_for_hash
from indexer.sources import FoundFile
from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile, QuarantinedFile
from store.types import PhotoDetails

__all__ = ["Batch", "LoadedPhoto", "SamePixels", "batches"]

MAX_BATCH_PIXELS = 100_000_000
"""About 400 MB at four bytes per pixel; a batch ends early rather than fill the memory."""

THREADS = min(4, os.cpu_count() or 1)
"""Number of reader threads. More would only wait for the model, each holding a decoded photo."""


@dataclass(frozen=True)
class LoadedPhoto:
    """A photo in memory with the facts of its file.

    Attributes:
        file: the facts; width and height are those of the photo as shown.
        image: the square that the model takes, if its side is known; otherwise all pixels, except
            that a very large JPEG is reduced.
        details: what its metadata says.
        is_reread: whether the file is known and unchanged, but an older reader version may have
            decoded it differently.
    """

    file: PhotoFile
    image: Image.Image
    details: PhotoDetails = field(default_factory=PhotoDetails)
    is_reread: bool = False


@dataclass(frozen=True)
class SamePixels:
    """A photo that this reader version decodes just as an older one did, with its current facts."""

    image_id: int
    file: PhotoFile
    details: PhotoDetails = field(default_factory=PhotoDetails)


_Outcome: TypeAlias = LoadedPhoto | SamePixels | QuarantinedFile | str
_Reader: TypeAlias = Callable[[FoundFile], _Outcome]


@dataclass
class Batch:
    """Files that were read together.

    Attributes:
        photos: files that were decoded.
        same: known photos that were read again and have the same pixels as before.
        broken: files that are not readable photos and will not be until they change.
        unread: path and reason of files that could not be read at all, which may succeed next
            time: nothing about them is recorded, and an indexed photo stays.
        size: number of files, whatever their outcome.
        last: path of the last file.
    """

    photos: list[LoadedPhoto] = field(default_factory=list)
    same: list[SamePixels] = field(default_factory=list)
    broken: list[QuarantinedFile] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0
    last: str = ""

    def add(self, file: FoundFile, outcome: _Outcome) -> None:
        """Add the outcome of reading one more file."""
        self.size += 1
        self.last = file.path
        if isinstance(outcome, LoadedPhoto):
            self.photos.append(outcome)
        elif isinstance(outcome, SamePixels):
            self.same.append(outcome)
        elif isinstance(outcome, QuarantinedFile):
            self.broken.append(outcome)
        else:
            self.unread.append((file.path, outcome))

    def is_full(self, batch_size: int) -> bool:
        """Return whether the model should get this batch now."""
        pixels = sum(photo.image.width * photo.image.height for photo in self.photos)
        return self.size >= batch_size or pixels >= MAX_BATCH_PIXELS


def batches(
    files: Iterable[FoundFile], batch_size: int, size_px: int | None = None
) -> Iterator[Batch]:
    """Read files in order, at most `batch_size` (>= 1) at a time; no file is lost or read twice.

    With `size_px`, the side of the squares that the model takes, photos are resized to such
    squares: the reader threads have time for it while the model works, and squares need little
    memory. Large JPEGs are then decoded at a reduced size that is still large enough: for twelve
    photos of 12 megapixels, the vectors had a cosine of at least 0.9987 with those of the full
    pixels, and decoding took a third of the time. Other decoders hardly help: simplejpeg takes 0.97
    times as long as Pillow for this, and libvips 1.4 times.

    While the caller works on a batch, other threads make the next one and also iterate over
    `files`; Pillow and hashing release Python's global lock. Memory holds the batch yielded last,
    the next one, and `THREADS` more photos. Leaving the loop early stops the threads as soon as
    they are done with their current files.
    """
    readers = ThreadPoolExecutor(THREADS, "read-photo")
    maker = ThreadPoolExecutor(1, "make-batch")
    ready_batches = _made(files, batch_size, readers, partial(_read, size_px=size_px))
    try:
        coming = maker.submit(next, ready_batches, None)
        while (batch := coming.result()) is not None:
            coming = maker.submit(next, ready_batches, None)
            yield batch
    finally:
        # The readers are shut down first, so that the maker has nothing left to wait for.
        readers.shutdown(cancel_futures=True)
        maker.shutdown(cancel_futures=True)


def _made(
    files: Iterable[FoundFile], batch_size: int, readers: ThreadPoolExecutor, read: _Reader
) -> Iterator[Batch]:
    batch = Batch()
    for file, outcome in _in_order(files, readers, read):
        batch.add(file, outcome)
        if batch.is_full(batch_size):
            yield batch
            batch = Batch()
    if batch.size:
        yield batch


def _in_order(
    files: Iterable[FoundFile], readers: ThreadPoolExecutor, read: _Reader
) -> Iterator[tuple[FoundFile, _Outcome]]:
    """Read `THREADS` files at a time and yield their outcomes in order."""
    ahead: deque[tuple[FoundFile, Future[_Outcome]]] = deque()
    for file in files:
        ahead.append((file, readers.submit(read, file)))
        if len(ahead) >= THREADS:
            first, outcome = ahead.popleft()
            yield first, outcome.result()
    while ahead:
        first, outcome = ahead.popleft()
        yield first, outcome.result()


def _read(file: FoundFile, size_px: int | None) -> _Outcome:
    """Read and decode one file; return a string with the reason if it could not be read at all."""
    size_bytes = file.size_bytes
    try:
        refuse_large_file(size_bytes)
        content = file.content()
        if size_bytes == UNKNOWN_SIZE:
            size_bytes = len(content)
        photo = decode_photo(content, size_px)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except UnreadableImage as error:
        bad = QuarantinedFile(file.path, file.source, size_bytes, file.mtime_ns, error.reason)
        return replace(bad, reader=READER_VERSION)
    description = described(file.path, photo.exif, photo.metadata, file.sidecars)
    facts = _facts(file, size_bytes, hashlib.sha256(content).hexdigest(), photo)
    facts = description.of(facts)
    if file.known is not None and _has_pixels_of(file.known.file, facts, photo):
        # A JPEG decoded at a reduced size may get a different perceptual hash, which is no better
        # than the one the index has.
        known_hash = (
            facts.perceptual_hash
            if file.known.file.perceptual_hash is None
            else file.known.file.perceptual_hash
        )
        same = replace(facts, perceptual_hash=known_hash)
        return SamePixels(file.known.image_id, same, description.details)
    if size_px is None:
        image = photo.image
    else:
        image = photo.picture.resized(partial(square, size_px=size_px), (size_px, size_px))
    return LoadedPhoto(facts, image, description.details, is_reread=file.known is not None)


def _facts(file: FoundFile, size_bytes: int, sha256: str, photo: DecodedPhoto) -> PhotoFile:
    return PhotoFile(
        path=file.path,
        source=file.source,
        size_bytes=size_bytes,
        mtime_ns=file.mtime_ns,
        sha256=sha256,
        width_px=photo.width_px,
        height_px=photo.height_px,
        perceptual_hash=perceptual_hash(photo.picture.resized(small_for_hash, SMALL_SIZE)),
        reader=READER_VERSION,
        damage=photo.damage,
    )


def _has_pixels_of(before: PhotoFile, now: PhotoFile, photo: DecodedPhoto) -> bool:
    """Return whether the earlier reader version decoded a photo to the same pixels as this one."""
    is_read_alike = before.reader is not None and photo.reader <= before.reader
    return is_read_alike and before.sha256 == now.sha256
