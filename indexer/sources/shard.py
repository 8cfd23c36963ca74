"""Files of many photos, as the rest sees them: a list of members, bytes of each, and captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from indexer.sources.places import facts_of, fetched, opened
from store import SourceError

__all__ = ["UNKNOWN_SIZE", "Captions", "Member", "Shard", "check_shard", "open_shard"]

UNKNOWN_SIZE = -1
"""The size of a member that only reading tells."""

Captions = tuple[str, ...]


class Member(NamedTuple):
    """A photo in a shard.

    Attributes:
        name: in the shard, unique.
        size_bytes: `UNKNOWN_SIZE` where only reading tells.
        place: where it is read from, which grows from one to the next.
    """

    name: str
    size_bytes: int
    place: int


class Shard(Protocol):
    """An open file of many photos, which threads may share.

    Attributes:
        damage: why there may be more that cannot be seen; empty where it is whole.
    """

    damage: str

    @property
    def members(self) -> Sequence[Member]:
        """Its photos in the order in which they are best read."""

    @property
    def passed_over(self) -> Mapping[str, int]:
        """What is in it and is not read, by kind, and how often."""

    def read(self, member: Member) -> bytes:
        """Give a photo's bytes, at most one more than `MAX_FILE_BYTES`.

        Raises:
            UnreadableImage: the shard is damaged there, or holds no photo.
            OSError: it cannot be read just now.
        """

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Give each member's name with what is said of it, in their order."""

    def close(self) -> None:
        """Let go of its file."""


def open_shard(place: str, *, whole: bool = False) -> Shard:
    """Open a file of many photos and list its members.

    Args:
        place: a path or an address.
        whole: all of it will be read: what lies elsewhere is fetched once.

    Raises:
        SourceError: it is no such file, or what would read it is not installed.
        OSError: it cannot be read just now.
    """
    from indexer.sources.parquet import ParquetShard
    from indexer.sources.tar import TarShard

    kind = ParquetShard if place.lower().endswith(".parquet") else TarShard
    file = (fetched if whole else opened)(place)
    try:
        return kind(place, file)
    except BaseException:
        file.close()
        raise


def check_shard(place: str) -> None:
    """Say whether a file that was asked for by name is one of many photos; reads its head alone.

    Raises:
        SourceError: it is not there, or no such file.
    """
    from indexer.sources.parquet_columns import check_parquet
    from indexer.sources.tar import check_tar

    try:
        facts_of(place)
        with opened(place) as file:
            (check_parquet if place.lower().endswith(".parquet") else check_tar)(place, file)
    except OSError as error:
        raise SourceError(f"{place} cannot be read: {error.strerror or error}") from error
