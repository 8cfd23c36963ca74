"""The interface of shards, files of many photos: a list of members, their bytes and captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["UNKNOWN_SIZE", "Captions", "Member", "Shard"]

UNKNOWN_SIZE = -1
"""The size of a member whose size is known only after reading it."""

Captions = tuple[str, ...]


class Member(NamedTuple):
    """A photo in a shard.

    Attributes:
        name: its name, unique in the shard.
        size_bytes: its size; `UNKNOWN_SIZE` if it is known only after reading.
        place: where it is read from, as an offset or a row; increases from member to member.
    """

    name: str
    size_bytes: int
    place: int


class Shard(Protocol):
    """An open file of many photos, which threads may share.

    Attributes:
        damage: why some members or captions may be missing; empty if the file is intact.
    """

    damage: str

    @property
    def members(self) -> Sequence[Member]:
        """Its photos, in the best order to read them."""

    @property
    def passed_over(self) -> Mapping[str, int]:
        """Number of members that are not read, by kind."""

    def read(self, member: Member) -> bytes:
        """Return a photo's bytes, at most one more than `MAX_FILE_BYTES`.

        Raises:
            UnreadableImage: the shard is damaged there, or has no photo there.
            OSError: it cannot be read at the moment.
        """

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Yield each member's name with its captions, in the order of the members."""

    def close(self) -> None:
        """Close its file."""
