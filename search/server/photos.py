"""Files of photos: found through the index, opened only inside its folders of photos."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from indexer.decode import MAX_FILE_BYTES
from indexer.sources.folder import SUFFIXES
from search.server.errors import Refused
from store import IndexDamaged
from store.protocol import ServedIndex
from store.records import PhotoRecord

__all__ = ["HEAD_BYTES", "OpenPhoto", "content_type", "find_photo", "open_photo"]

CHUNK = 256 * 1024
HEAD_BYTES = 32

OCTETS = "application/octet-stream"


def find_photo(index: ServedIndex, image_id: int) -> PhotoRecord:
    """Give what the index knows of a photo.

    Raises:
        Refused: it knows none of that id, or the catalog names a file outside its folders.
    """
    try:
        found = index.photo_records([image_id])
    except IndexDamaged as error:
        raise Refused(403, str(error)) from None
    if not found:
        raise Refused(404, f"the index has no photo {image_id}")
    return found[0]


@dataclass(frozen=True)
class OpenPhoto:
    """A photo's open file, which whoever gets this closes.

    Attributes:
        file: at its start.
        size_bytes: of it.
        tag: changes with the file.
    """

    file: BinaryIO
    size_bytes: int
    tag: str

    def content(self) -> bytes:
        """Give the whole content, a little more than may be decoded at most."""
        return self.file.read(MAX_FILE_BYTES + 1)

    def chunks(self) -> Iterator[bytes]:
        """Give the content, and close the file."""
        with self.file:
            while chunk := self.file.read(CHUNK):
                yield chunk


def open_photo(photo: PhotoRecord, sources: list[str]) -> OpenPhoto:
    """Open the file of a photo.

    Args:
        photo: from the index.
        sources: the index's folders; links that lead out of all of them are not followed.

    Raises:
        Refused: it is not there, or lies elsewhere, or has not a photo's name.
    """
    path = photo.file.path
    real = os.path.realpath(path)
    roots = [os.path.realpath(source) for source in sources]
    if not any(real.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        raise Refused(403, f"photo {photo.image_id} leads out of the index's folders of photos")
    if Path(path).suffix.lower() not in SUFFIXES or Path(real).suffix.lower() not in SUFFIXES:
        raise Refused(403, f"photo {photo.image_id} has not the name of a photo")
    try:
        # Neither a link that took its place just now, nor a pipe that nobody writes to.
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        number = os.open(real, os.O_RDONLY | flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise Refused(404, f"the file of photo {photo.image_id} is not there: {reason}") from None
    file = os.fdopen(number, "rb")
    facts = os.fstat(number)
    if not stat.S_ISREG(facts.st_mode):
        file.close()
        raise Refused(404, f"the file of photo {photo.image_id} is no file any more")
    named = f"{facts.st_dev}-{facts.st_ino}-{facts.st_size}-{facts.st_mtime_ns}"
    return OpenPhoto(file, facts.st_size, hashlib.sha256(named.encode()).hexdigest()[:32])


def content_type(head: bytes) -> str:
    r"""Give the type of a file by its first bytes; what is no picture is octets.

    >>> content_type(b"\xff\xd8\xff\xe0"), content_type(b"<svg/>")
    ('image/jpeg', 'application/octet-stream')
    """
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brands = {b"avif": "image/avif", b"avis": "image/avif"}
        known = {b"heic", b"heix", b"mif1", b"heim", b"heis", b"hevc", b"hevx"}
        return brands.get(head[8:12], "image/heic" if head[8:12] in known else OCTETS)
    return OCTETS
