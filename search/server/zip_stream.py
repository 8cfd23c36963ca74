"""Photos as one zip file, written while it is sent, without keeping it in memory or on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, cast

from search.photo_files.open_photo import OpenPhoto
from search.photo_files.photo_errors import PhotoForbidden, PhotoNotFound
from search.printable import printable
from store import UnreadableImage
from store.photo_names import base_name
from store.types import PhotoRecord

__all__ = ["LEFT_OUT_NAME", "zip_of"]

LEFT_OUT_NAME = "left out.txt"
_FORBIDDEN = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
_LONGEST = 120
_WHEN = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can store


def zip_of(
    photos: Sequence[PhotoRecord], opened: Callable[[PhotoRecord], OpenPhoto]
) -> Iterator[bytes]:
    """Yield the pieces of a zip file with photos unchanged, under their own names.

    Photos are stored uncompressed, since their files are already compressed. Those that cannot be
    read are listed in a text file at the end.

    Args:
        photos: at least one photo; the second of two with the same name is called `name (2)`.
        opened: opens a photo's file.
    """
    sink = _Sink()
    taken: set[str] = set()
    missing: list[str] = []
    with zipfile.ZipFile(
        cast(IO[bytes], sink), "w", zipfile.ZIP_STORED, allowZip64=True
    ) as archive:
        for photo in photos:
            try:
                content = opened(photo).fetched() if _is_member(photo) else opened(photo)
            except (PhotoForbidden, PhotoNotFound, UnreadableImage, OSError) as error:
                missing.append(f"{printable(photo.file.path)}: {printable(str(error))}")
                continue
            with archive.open(_entry(photo, taken), "w", force_zip64=True) as entry:
                for chunk in content.chunks():
                    entry.write(chunk)
                    yield sink.taken()
        if missing:
            archive.writestr(zipfile.ZipInfo(LEFT_OUT_NAME, _WHEN), "\n".join(missing) + "\n")
    yield sink.taken()


def _is_member(photo: PhotoRecord) -> bool:
    """Return whether a photo is in a tar or Parquet file."""
    from indexer import sources

    return bool(sources.place_of_photo(photo.file.path).member)


def _entry(photo: PhotoRecord, taken: set[str]) -> zipfile.ZipInfo:
    name = unique_name(base_name(photo.file.path), taken)
    when = photo.file.taken
    moment = _WHEN
    if when is not None and 1980 <= when.year < 2108:
        moment = (when.year, when.month, when.day, when.hour, when.minute, when.second)
    return zipfile.ZipInfo(name, moment)


def unique_name(name: str, taken: set[str]) -> str:
    """Return a name that every system can unpack and that is not taken yet, and reserve it.

    >>> taken = set()
    >>> [unique_name(name, taken) for name in ("a.jpg", "A.jpg", "b/c.jpg")]
    ['a.jpg', 'A (2).jpg', 'b_c.jpg']
    """
    plain = printable(name).translate(_FORBIDDEN).strip(" .") or "photo"
    stem, dot, suffix = plain.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (plain, "")
    stem = stem[:_LONGEST]
    name, number = f"{stem}{suffix}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(name.casefold())
    return name


class _Sink:
    """The target of a zip file; not seekable, and emptied as it goes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content
