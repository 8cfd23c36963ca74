"""Files to batches of decoded photos, of a bounded size in memory."""

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
"""About 400 MB, four bytes a pixel; a batch ends early rather than fill the memory."""

THREADS = min(4, os.cpu_count() or 1)
"""Readers. More would only wait for the model, each with a decoded photo in its hands."""


@dataclass(frozen=True)
class LoadedPhoto:
    """A photo in memory with the facts of its file.

    Attributes:
        file: its size is that of the photo as shown.
        image: the square that the model takes, where that is known; else a very large JPEG is
            smaller.
        details: what its metadata says.
        is_reread: whether its file is as it was when an older reader read it otherwise.
    """

    file: PhotoFile
    image: Image.Image
    details: PhotoDetails = field(default_factory=PhotoDetails)
    is_reread: bool = False


@dataclass(frozen=True)
class SamePixels:
    """A photo that an older reader read and this one reads alike, and what is known of it now."""

    image_id: int
    file: PhotoFile
    details: PhotoDetails = field(default_factory=PhotoDetails)


_Outcome: TypeAlias = LoadedPhoto | SamePixels | QuarantinedFile | str
_Reader: TypeAlias = Callable[[FoundFile], _Outcome]


@dataclass
class Batch:
    """Files that were read together.

    Attributes:
        photos: those that are photos.
        same: known photos that were read again and have the pixels that they had.
        broken: those that are no photos, and will not be until they change.
        unread: path and reason of files that could not be read at all, which may be otherwise next
            time: nothing about them is written down, and an indexed photo stays.
        size: how many files, whatever came of them.
        last: path of the last one.
    """

    photos: list[LoadedPhoto] = field(default_factory=list)
    same: list[SamePixels] = field(default_factory=list)
    broken: list[QuarantinedFile] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0
    last: str = ""

    def add(self, file: FoundFile, outcome: _Outcome) -> None:
        """Take in what came of one more file."""
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
        """Return whether the model should get it now."""
        pixels = sum(photo.image.width * photo.image.height for photo in self.photos)
        return self.size >= batch_size or pixels >= MAX_BATCH_PIXELS


def batches(
    files: Iterable[FoundFile], batch_size: int, size_px: int | None = None
) -> Iterator[Batch]:
    """Read files in order, at most `batch_size` (>= 1) at a time; no file is lost or read twice.

    With `size_px`, the side of the squares that the model takes, photos come as such squares: the
    threads that read have time for it while the model works, and squares need little memory. Large
    JPEGs are decoded no larger than that wants: of twelve photos of 12 megapixels the vectors then
    had a cosine of 0.9987 or more with those of all pixels, and decoding took a third of the time.

    While the caller works on a batch, the next one is made by other threads, which also draw from
    `files`: Pillow and hashing let go of Python's lock. In memory are the batch given last, the
    next, and `THREADS` photos more. Leaving the loop early stops the threads as soon as the files
    that they are at are done.
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
        # The readers first: without them the maker cannot wait for anything.
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
    """Read `THREADS` files at a time and yield them in order."""
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
    """Read and decode one file; a text says why it could not be read at all."""
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
        # A photo of which less is decoded than before would get another look, of the same worth.
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
    """Return whether the reader that read a photo before gave what this one gives."""
    is_read_alike = before.reader is not None and photo.reader <= before.reader
    return is_read_alike and before.sha256 == now.sha256
