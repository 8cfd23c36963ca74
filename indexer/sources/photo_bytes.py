"""A photo's bytes by its name, for showing or embedding it: a file, or a member of a shard."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Self

from indexer.photos.decode import MAX_FILE_BYTES, refuse_large_file
from indexer.sources.found_file import FoundFile
from indexer.sources.open_shard import open_shard
from indexer.sources.parquet import ParquetShard
from indexer.sources.places import Facts, facts_of, opened
from indexer.sources.shard import UNKNOWN_SIZE, Member, Shard
from indexer.sources.tar import read_member
from store import PhotoFile, SourceError
from store.photo_names import PhotoName, address_of

__all__ = ["ShardsAtHand", "open_photo", "place_of_photo"]

MOST_LISTS = 64
"""Number of cached member lists, of the tars used last; they take about 200 bytes per photo."""

MOST_OPEN = 16
"""More than there are reader threads, so that none is reading from a shard that is closed."""


def open_photo(path: Path | str, inside: Sequence[str] | None = None) -> bytes:
    """Return the bytes of a photo by its name in an index.

    The members of a tar are listed for its first photo; later ones are read from their offset.

    Args:
        path: the name.
        inside: folders that a path in a Parquet file must lead into, apart from the file's own;
            None allows any path.

    Raises:
        UnreadableImage: it is too large, leads outside these folders, or its shard is damaged.
        OSError: it does not exist, or cannot be read at the moment.
    """
    name = address_of(path) if isinstance(path, Path) else path
    place = place_of_photo(name)
    if not place.member:
        refuse_large_file(os.stat(name).st_size)
        with open(name, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    try:
        return _content(*place, inside)
    except SourceError as error:
        raise OSError(str(error)) from error


def place_of_photo(path: str) -> PhotoName:
    """Split a photo's path into shard and member, unless a file of that very name exists."""
    name = PhotoName.of(path)
    return PhotoName(path) if name.member and os.path.lexists(path) else name


class ShardsAtHand:
    """Finds the files of indexed photos; best called roughly shard by shard.

    Use it as a context manager; the found files must be read before it ends.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[Shard, Mapping[str, Member], Facts]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for held in self._held.values():
            held[0].close()

    def find(self, file: PhotoFile) -> FoundFile:
        """Return a photo's file as it is now.

        Raises:
            OSError: it does not exist, or cannot be reached at the moment.
        """
        place = place_of_photo(file.path)
        if not place.member:
            facts = os.stat(file.path)
            return FoundFile(file.path, file.source, facts.st_size, facts.st_mtime_ns)
        shard, members, now = self._opened(place.file)
        member = members.get(place.member)
        if member is None:
            raise _not_there(*place)
        return FoundFile(file.path, file.source, member.size_bytes, now.mtime_ns, shard, member)

    def _opened(self, place: str) -> tuple[Shard, Mapping[str, Member], Facts]:
        if place not in self._held:
            try:
                facts = facts_of(place)
                shard = open_shard(place, whole=True)
            except SourceError as error:
                raise OSError(str(error)) from error
            members = {member.name: member for member in shard.members}
            self._held[place] = (shard, members, facts)
            if len(self._held) > MOST_OPEN:
                self._held.popitem(last=False)[1][0].close()
        self._held.move_to_end(place)
        return self._held[place]


class _List(NamedTuple):
    facts: Facts
    members: Mapping[str, Member]


_lists: OrderedDict[str, _List] = OrderedDict()
_lock = threading.Lock()


def _content(place: str, name: str, inside: Sequence[str] | None) -> bytes:
    if place.lower().endswith(".parquet"):
        with opened(place) as file, closing(ParquetShard(place, file, inside)) as shard:
            row = int(name) if name.isdecimal() and len(name) < 19 else len(shard.members)
            if row >= len(shard.members):
                raise _not_there(place, name)
            return shard.read(Member(name, UNKNOWN_SIZE, row))
    member = _members(place).get(name)
    if member is None:
        raise _not_there(place, name)
    refuse_large_file(member.size_bytes)
    with opened(place) as file:
        return read_member(file, member)


def _members(place: str) -> Mapping[str, Member]:
    """Return the members of a tar by name; they are listed again if the tar has changed."""
    facts = facts_of(place)
    with _lock:
        known = _lists.get(place)
        if known is not None and known.facts == facts:
            _lists.move_to_end(place)
            return known.members
    with closing(open_shard(place)) as shard:
        members_of_file = _List(facts, {member.name: member for member in shard.members})
    with _lock:
        _lists[place] = members_of_file
        _lists.move_to_end(place)
        while len(_lists) > MOST_LISTS:
            _lists.popitem(last=False)
    return members_of_file.members


def _not_there(place: str, name: str) -> FileNotFoundError:
    return FileNotFoundError(2, f"it no longer contains {name}", place)
