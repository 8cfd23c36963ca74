"""Names of photos inside a file of many photos: `/photos/part-0.tar!000007.jpg`.

A file of many photos (a shard) is a tar or Parquet file, on this machine or at an address such as
`s3://bucket/part-0.tar`. Only this module knows the form of such names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple, Self

__all__ = [
    "MARK",
    "PhotoName",
    "address_of",
    "base_name",
    "is_address",
    "is_shard",
    "lies_below",
    "member_path",
    "separator",
]

MARK = "!"
SUFFIXES = (".tar", ".parquet")

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ONE_SLASH = re.compile(r"([a-z][a-z0-9+.-]+):/(?!/)", re.IGNORECASE)
_MEMBER = re.compile(r"(.*?\.(?:tar|parquet))!([^/].*)", re.IGNORECASE | re.DOTALL)


class PhotoName(NamedTuple):
    """The location of a photo, parsed from its path.

    Attributes:
        file: its own file, or the shard that contains it.
        member: its name in the shard; empty for a file of its own.
    """

    file: str
    member: str = ""

    @classmethod
    def of(cls, path: str) -> Self:
        """Read a path.

        A plain file may have a name like a photo in a shard: when opening, check for that file
        first.

        >>> PhotoName.of("/photos/part-0.tar!a/7!.jpg")
        PhotoName(file='/photos/part-0.tar', member='a/7!.jpg')
        >>> PhotoName.of("/photos/hello!.jpg").member, PhotoName.of("/photos/old.tar!/7.jpg").member
        ('', '')
        """
        match = _MEMBER.fullmatch(path) if MARK in path else None
        return cls(path) if match is None else cls(match[1], match[2])


def is_address(place: str) -> bool:
    """Return whether a place is a remote address, not a path of this machine.

    >>> is_address("s3://bucket/a.tar"), is_address("/photos/a.tar"), is_address("C:/a.tar")
    (True, False, False)
    """
    return "://" in place and _ADDRESS.match(place) is not None


def is_shard(place: str) -> bool:
    """Return whether a name is that of a file of many photos."""
    return place.lower().endswith(SUFFIXES)


def separator(place: str) -> str:
    """Return the separator of names in a path: addresses have a slash on every system."""
    return "/" if is_address(place) else os.sep


def member_path(shard: str, member: str) -> str:
    """Return the path of a photo in a shard; its name there must not begin with a slash.

    >>> member_path("/photos/part-0.tar", "a/7.jpg")
    '/photos/part-0.tar!a/7.jpg'
    """
    return f"{shard}{MARK}{member}"


def base_name(path: str) -> str:
    """Return the last part of a photo's path, without the shard if it is in one.

    >>> base_name("/photos/part-0.tar!7.jpg"), base_name("/photos/a/7.jpg")
    ('7.jpg', '7.jpg')
    """
    name = PhotoName.of(path)
    return name.member.rpartition("/")[2] if name.member else os.path.basename(path)


def lies_below(path: str, folder: str) -> bool:
    """Return whether a path is a folder or shard, or is in it at any depth; both absolute.

    >>> lies_below("/photos/a/b.jpg", "/photos"), lies_below("/photos2/b.jpg", "/photos")
    (True, False)
    >>> lies_below("/a.tar!b.jpg", "/a.tar")
    True
    """
    if path == folder or path.startswith(folder.rstrip(separator(folder)) + separator(folder)):
        return True
    return is_shard(folder) and path.startswith(folder + MARK)


def address_of(path: Path) -> str:
    """Return the address that a path was made from: `Path` keeps only one of its two slashes.

    >>> address_of(Path("s3://bucket/a.tar!7.jpg")), address_of(Path("/photos/7.jpg"))
    ('s3://bucket/a.tar!7.jpg', '/photos/7.jpg')
    """
    text = str(path)
    match = _ONE_SLASH.match(text.replace(os.sep, "/"))
    return text if match is None else f"{match[1]}://{text[match.end() :].replace(os.sep, '/')}"
