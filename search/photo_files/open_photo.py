"""Photo files, found through the index and opened only inside its folders."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from indexer import sources
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources.suffixes import SUFFIXES
from search.photo_files.photo_errors import PhotoForbidden, PhotoNotFound
from search.photo_files.uploads_folder import real_uploads
from search.photo_files.without_links import open_without_links
from store import IndexDamaged
from store.photo_names import is_address, lies_below
from store.searched_index import ServedIndex
from store.types import PhotoRecord

__all__ = ["OpenPhoto", "find_photo", "open_photo"]

CHUNK = 256 * 1024


def find_photo(index: ServedIndex, image_id: int) -> PhotoRecord:
    """Return what the index knows about a photo.

    Raises:
        PhotoNotFound: it has no photo with that id.
        PhotoForbidden: the catalog names a file outside its folders.
    """
    try:
        records = index.photo_records([image_id])
    except IndexDamaged as error:
        raise PhotoForbidden(str(error)) from None
    if not records:
        raise PhotoNotFound(f"the index has no photo {image_id}")
    return records[0]


@dataclass(frozen=True)
class OpenPhoto:
    """A photo's open file, which the receiver closes.

    Attributes:
        file: the file, at its start; empty if `part` is set.
        size_bytes: its size.
        tag: a short text that changes with the file.
        part: the name of a photo in a tar or Parquet file, which is not read yet: that may take
            long, and is not needed if its thumbnail is cached.
        inside: the index's folders.
    """

    file: BinaryIO
    size_bytes: int
    tag: str
    part: str = ""
    inside: tuple[str, ...] = ()

    def content(self) -> bytes:
        """Return the content, read up to a little more than the decoder's limit.

        Raises:
            UnreadableImage: it is in a file that is damaged, or it is too large.
            OSError: it cannot be read at the moment.
        """
        if self.part:
            return sources.open_photo(self.part, self.inside)
        return self.file.read(MAX_FILE_BYTES + 1)

    def fetched(self) -> OpenPhoto:
        """Return the same with the content of `part` as its file; raises as `content`."""
        content = self.content()
        return OpenPhoto(io.BytesIO(content), len(content), self.tag)

    def chunks(self) -> Iterator[bytes]:
        """Return the content, and close the file."""
        with self.file:
            while chunk := self.file.read(CHUNK):
                yield chunk


def open_photo(photo: PhotoRecord, folders: list[str], uploads: Path | None = None) -> OpenPhoto:
    """Open the file of a photo.

    Args:
        photo: the photo's record in the index.
        folders: the index's sources; a link that leads out of all of them is followed only to the
            content that was indexed.
        uploads: the one among them that belongs to the index itself; links in it are not followed.

    Raises:
        PhotoNotFound: the file does not exist.
        PhotoForbidden: it is elsewhere, or does not have a photo's name.
    """
    path = photo.file.path
    place = sources.place_of_photo(path)
    real = _real(place.file)
    if not any(lies_below(real, _real_folder(folder, uploads)) for folder in folders):
        if uploads is not None and lies_below(path, str(uploads)):
            raise PhotoForbidden(
                f"photo {photo.image_id} was uploaded, and its folder has become a link"
            )
        return _linked(photo, real)
    if place.member:
        # The hash of the indexed content: it is known without opening anything.
        return OpenPhoto(io.BytesIO(), 0, photo.file.sha256[:32], path, tuple(folders))
    if Path(path).suffix.lower() not in SUFFIXES or Path(real).suffix.lower() not in SUFFIXES:
        raise PhotoForbidden(f"photo {photo.image_id} does not have the name of a photo")
    try:
        number = open_without_links(real)
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise PhotoNotFound(f"the file of photo {photo.image_id} is missing: {reason}") from None
    file = os.fdopen(number, "rb")
    facts = os.fstat(number)
    if not stat.S_ISREG(facts.st_mode):
        file.close()
        raise PhotoNotFound(f"the file of photo {photo.image_id} is no longer a file")
    named = f"{facts.st_dev}-{facts.st_ino}-{facts.st_size}-{facts.st_mtime_ns}"
    return OpenPhoto(file, facts.st_size, hashlib.sha256(named.encode()).hexdigest()[:32])


def _linked(photo: PhotoRecord, real: str) -> OpenPhoto:
    """Open the photo that a link in the index's folders pointed to when it was indexed.

    Whoever writes to those folders may replace links, so the content must be the one that was
    indexed; all of it is read to check that.
    """
    elsewhere = PhotoForbidden(
        f"photo {photo.image_id} leads out of the index's folders of photos, to a file that is not "
        "the one that was indexed"
    )
    suffixes = {Path(photo.file.path).suffix.lower(), Path(real).suffix.lower()}
    if (
        is_address(real)
        or sources.place_of_photo(photo.file.path).member
        or not suffixes <= SUFFIXES
    ):
        raise elsewhere
    try:
        file = os.fdopen(open_without_links(real), "rb")
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise PhotoNotFound(f"the file of photo {photo.image_id} is missing: {reason}") from None
    with file:
        facts = os.fstat(file.fileno())
        size = photo.file.size_bytes
        if not stat.S_ISREG(facts.st_mode) or facts.st_size != size or size > MAX_FILE_BYTES:
            raise elsewhere
        content = file.read(size + 1)
    if hashlib.sha256(content).hexdigest() != photo.file.sha256:
        raise elsewhere
    return OpenPhoto(io.BytesIO(content), size, photo.file.sha256[:32])


def _real_folder(folder: str, uploads: Path | None) -> str:
    if uploads is not None and folder == str(uploads):
        return real_uploads(uploads)
    return _real(folder)


def _real(place: str) -> str:
    return place if is_address(place) else os.path.realpath(place)
