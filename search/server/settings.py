"""What the server allows, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

__all__ = ["MAX_PICTURES", "MAX_PICTURE_PIXELS", "MAX_PICTURE_SIDE", "Settings"]

MAX_PICTURES = 8
"""Of one request."""

MAX_PICTURE_PIXELS = 60_000_000
"""Of all pictures of one request together; telephones make 12 and 48 million."""

MAX_PICTURE_SIDE = 65_535
"""The longest that a JPEG can have. A decoder also needs memory for each row, however short it is:
one pixel wide and 59,900,000 high, a picture took 3.4 GB."""


@dataclass(frozen=True)
class Settings:
    """How the server behaves.

    Attributes:
        folder: the index, absolute.
        several: indexes that answer as one, folders and addresses; none for a single one.
        index_seconds: how long each of them may take for one thing it is asked.
        vectors: the address of a database that holds the index in place of the folder; None if
            the folder does.
        key: what clients must show as `Authorization: Bearer KEY`; None asks for none.
        hosts: names that a request may call this server by, in small letters and without a port;
            None allows any. Checked on loopback, where a page of another site may have had its
            own name point here.
        body_bytes: of one request, however it arrives.
        held_bytes: of all bodies that are being received or answered at once.
        body_seconds: within which a body must have arrived.
        head_seconds: within which the head of a request must, from its first byte or the connection
            on.
        unread_seconds: after which an answer that a client does not read is given up.
        connections: at most so many, or fewer where fewer files may be open.
        answer_seconds: after which a client is told that it took too long.
        readers: searches at once; each holds the vectors of an exact index in memory.
        write_seconds: how long a change of the index waits for another process that writes.
        waiting: requests that wait for one of these, beyond which the next is turned away.
        thumbnail_bytes: of thumbnails kept in memory.
    """

    folder: Path
    key: str | None = None
    hosts: frozenset[str] | None = None
    body_bytes: int = 32 * 2**20
    held_bytes: int = 256 * 2**20
    body_seconds: float = 30.0
    head_seconds: float = 10.0
    unread_seconds: float = 30.0
    connections: int = 1000
    answer_seconds: float = 30.0
    readers: int = 2
    write_seconds: float = 0.0
    waiting: int = 256
    thumbnail_bytes: int = 64 * 2**20
    several: tuple[str, ...] = field(default=(), repr=False)  # for the same reason
    index_seconds: float = 5.0
    vectors: str | None = field(default=None, repr=False)  # it may hold a password

    @property
    def uploads(self) -> Path:
        """The folder of the index's own photos, a source like any other."""
        return self.folder / "uploads"

    def shared_by(self, workers: int) -> Self:
        """Return what each of so many processes may, which share memory and take turns to write."""
        return replace(
            self,
            held_bytes=max(self.body_bytes, self.held_bytes // workers),
            thumbnail_bytes=self.thumbnail_bytes // workers,
            write_seconds=10.0 if workers > 1 else self.write_seconds,
        )
