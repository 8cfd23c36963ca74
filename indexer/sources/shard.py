"""Files of many photos, as the rest sees them: a list of members, bytes of each, and captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["UNKNOWN_SIZE", "Captions", "Member", "Shard"]

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
        """Return a photo's bytes, at most one more than `MAX_FILE_BYTES`.

        Raises:
            UnreadableImage: the shard is damaged there, or holds no photo.
            OSError: it cannot be read at the moment.
        """

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Return each member's name with what is said of it, in their order."""

    def close(self) -> None:
        """Let go of its file."""
