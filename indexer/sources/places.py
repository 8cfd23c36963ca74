"""Files on this machine, or at an address that fsspec knows (`s3://…`, `gs://…`).

fsspec is imported only for addresses. Any error at an address is raised as an `OSError`, as with
local files: what cannot be reached today may be there tomorrow.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import shutil
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from store import ReaderMissing
from store.photo_names import is_address, is_shard, separator

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = [
    "Facts",
    "beside",
    "facts_of",
    "fetched",
    "fitting",
    "opened",
    "place_of",
    "shards_at",
    "system_of",
]

READ_AHEAD_BYTES = 2**20
TIMES = ("mtime", "LastModified", "last_modified", "updated", "timeModified", "created")
TAGS = ("ETag", "etag", "md5Hash", "checksum")


@dataclass(frozen=True)
class Facts:
    """Facts of a file that show, without reading it, that it has not changed.

    Attributes:
        size_bytes: size of the file.
        mtime_ns: when it was last written; if only its tag (ETag) is known, a negative number
            derived from that; 0 if neither is known.
    """

    size_bytes: int
    mtime_ns: int


def place_of(source: str) -> str:
    """Return an absolute path, or an address as it is; `file://` is a path of this machine.

    >>> place_of("s3://bucket/shards/"), place_of("file:///photos/a.tar")
    ('s3://bucket/shards', '/photos/a.tar')
    """
    if source.lower().startswith("file://"):
        return os.path.abspath(url2pathname(urlsplit(source).path))
    return source.rstrip("/") if is_address(source) else os.path.abspath(source)


def facts_of(place: str) -> Facts:
    """Return the facts of a file.

    Raises:
        OSError: it is not there, cannot be reached, or is not a regular file: reading a pipe would
            block for ever.
        ReaderMissing: it is at an address that nothing installed can read.
    """
    if not is_address(place):
        status = os.stat(place)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a file", place)
        return Facts(status.st_size, status.st_mtime_ns)
    system, path = system_of(place)
    with _told_as_os_error(place):
        info = system.info(path)
        if info.get("type") == "directory" or info.get("size") is None:
            raise IsADirectoryError(f"{place} is not a file of a known size")
        return Facts(int(info["size"]), _version(info))


def opened(place: str) -> BinaryIO:
    """Open a file to read parts of it; raises the errors of `facts_of`."""
    if not is_address(place):
        return open(place, "rb")
    system, path = system_of(place)
    with _told_as_os_error(place):
        return cast(
            "BinaryIO",
            system.open(path, "rb", block_size=READ_AHEAD_BYTES, cache_type="readahead"),
        )


def fetched(place: str) -> BinaryIO:
    """Open a file to read all of it; one at an address is downloaded once to a temporary file."""
    if not is_address(place):
        return open(place, "rb")
    system, path = system_of(place)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        with _told_as_os_error(place), system.open(path, "rb") as far:
            shutil.copyfileobj(far, copy, READ_AHEAD_BYTES)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return cast("BinaryIO", copy)


def shards_at(folder: str) -> list[tuple[str, Facts]]:
    """Return the tar and Parquet files below an address, sorted; raises like `facts_of`."""
    system, path = system_of(folder)
    with _told_as_os_error(folder):
        entries = system.find(path, detail=True)
    return [
        (_addressed(folder, path, name), Facts(int(info.get("size") or 0), _version(info)))
        for name, info in sorted(entries.items())
        if is_shard(name)
    ]


def fitting(pattern: str) -> list[str]:
    """Return the addresses that match a pattern, sorted; raises like `facts_of`."""
    plain = pattern[: min(pattern.index(sign) for sign in "*?[" if sign in pattern)]
    folder = plain.rpartition("/")[0]
    system, path = system_of(folder)
    with _told_as_os_error(pattern):
        paths = system.glob(path.rstrip("/") + pattern[len(folder) :])
    return sorted(_addressed(folder, path, name) for name in paths)


def beside(place: str, name: str) -> str:
    """Return the place of a name that a file contains, resolved relative to the file's folder.

    The result has no `..` in it, which some file systems would follow.

    >>> beside("/photos/a.parquet", "b/1.jpg"), beside("s3://b/a.parquet", "1.jpg")
    ('/photos/b/1.jpg', 's3://b/1.jpg')
    >>> beside("s3://b/c/a.parquet", "../1.jpg"), beside("/a.parquet", "s3://b/c/%2e./1.jpg")
    ('s3://b/1.jpg', 's3://b/1.jpg')
    """
    if is_address(name):
        return _straight(place_of(name))
    apart = separator(place)
    if is_address(place):
        return _straight(f"{place.rpartition(apart)[0]}/{name.lstrip('/')}")
    return os.path.normpath(os.path.join(os.path.dirname(place), name))


def system_of(address: str) -> tuple[AbstractFileSystem, str]:
    """Return fsspec's file system for an address, and the path in it.

    Raises:
        ReaderMissing: fsspec, or the package it needs for such an address, is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise ReaderMissing(
            f'{address} needs fsspec, which is not installed: pip install "crossgraph[remote]"'
        ) from None
    try:
        system, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise ReaderMissing(f"{address} cannot be read by fsspec: {_line(error)}") from error
    return system, str(path)


def _addressed(folder: str, path: str, name: str) -> str:
    """Return the address of a name from fsspec, beginning with the folder's address as given."""
    return folder.rstrip("/") + name[len(path.rstrip("/")) :]


def _straight(place: str) -> str:
    """Return an address with `..` resolved; it cannot lead above the root."""
    kind, mark, path = place.partition("://")
    parts = [".." if ".." in unquote(part).split("/") else part for part in path.split("/")]
    if not mark or ".." not in parts:
        return place
    return kind + mark + posixpath.normpath("/" + "/".join(parts))[1:]


def _version(info: dict[str, object]) -> int:
    for name in TIMES:
        value = info.get(name)
        if isinstance(value, datetime):
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return int(moment.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
        if isinstance(value, str) and (digits := _parsed(value)) is not None:
            return digits
    tag = next((str(info[name]) for name in TAGS if info.get(name)), "")
    return -int(hashlib.sha256(tag.encode()).hexdigest()[:15], 16) if tag else 0


def _parsed(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e9)


@contextmanager
def _told_as_os_error(place: str) -> Generator[None]:
    # Each file system of fsspec raises its own errors: botocore's, aiohttp's, Google's.
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{place} cannot be reached: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
