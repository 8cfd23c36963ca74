"""Files to batches of decoded photos, of a bounded size in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from indexer.decode import UnreadableImage, decode_bytes
from indexer.sources import FoundFile
from store import PhotoFile, QuarantinedFile

__all__ = ["Batch", "LoadedPhoto", "batches"]

MAX_BATCH_PIXELS = 128_000_000
"""About 400 MB of RGB; a batch ends early rather than fill the memory with large photos."""


@dataclass(frozen=True)
class LoadedPhoto:
    """A photo in memory with the facts of its file; its size is that of the image as shown."""

    file: PhotoFile
    image: Image.Image


@dataclass
class Batch:
    """Files that were read together.

    Attributes:
        photos: those that are photos.
        broken: those that are not, and will not be until they change.
        unread: path and reason of files that could not be read at all, which may be otherwise next
            time: nothing about them is written down, and an indexed photo stays.
        size: how many files, whatever came of them.
        last: path of the last one.
    """

    photos: list[LoadedPhoto] = field(default_factory=list)
    broken: list[QuarantinedFile] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0
    last: str = ""

    def read(self, file: FoundFile) -> None:
        """Read and decode one more file."""
        self.size += 1
        self.last = file.path
        try:
            content = Path(file.path).read_bytes()
        except OSError as error:
            self.unread.append((file.path, f"cannot be read: {error.strerror or error}"))
            return
        try:
            image = decode_bytes(content)
        except UnreadableImage as error:
            self.broken.append(
                QuarantinedFile(
                    file.path, file.source, file.size_bytes, file.mtime_ns, error.reason
                )
            )
            return
        facts = PhotoFile(
            path=file.path,
            source=file.source,
            size_bytes=file.size_bytes,
            mtime_ns=file.mtime_ns,
            sha256=hashlib.sha256(content).hexdigest(),
            width_px=image.width,
            height_px=image.height,
        )
        self.photos.append(LoadedPhoto(facts, image))

    def is_full(self, batch_size: int) -> bool:
        """Say whether the model should get it now."""
        pixels = sum(photo.image.width * photo.image.height for photo in self.photos)
        return self.size >= batch_size or pixels >= MAX_BATCH_PIXELS


def batches(files: Iterable[FoundFile], batch_size: int) -> Iterator[Batch]:
    """Read files in order, at most `batch_size` (>= 1) at a time; no file is lost or read twice."""
    batch = Batch()
    for file in files:
        batch.read(file)
        if batch.is_full(batch_size):
            yield batch
            batch = Batch()
    if batch.size:
        yield batch
