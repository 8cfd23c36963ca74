"""The settings of the server, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

__all__ = ["MAX_PICTURES", "MAX_PICTURE_PIXELS", "MAX_PICTURE_SIDE", "Settings"]

MAX_PICTURES = 8
"""Limit on the pictures of one request."""

MAX_PICTURE_PIXELS = 60_000_000
"""Limit on the pixels of one request's pictures together; phones make 12 and 48 million."""

MAX_PICTURE_SIDE = 65_535
"""The longest side of a JPEG. A decoder also needs memory for each row, however short: a picture
one pixel wide and 59,900,000 high took 3.4 GB."""


@dataclass(frozen=True)
class Settings:
    """The server's settings.

    Attributes:
        folder: the index's absolute path.
        several: indexes that answer as one, folders and addresses; none for a single one.
        index_seconds: time limit for each of them for one request.
        vectors: the address of a database that holds the index in place of the folder; None if
            the folder does.
        key: what clients must send as `Authorization: Bearer KEY`; None requires none.
        hosts: names allowed in the Host header, in lower case and without a port; None allows any.
            They are checked on loopback, where a page of another site may have its own name point
            here (DNS rebinding).
        body_bytes: limit on the body of one request, however it arrives.
        held_bytes: limit on all bodies being received or answered at once.
        body_seconds: time within which a body must have arrived.
        head_seconds: time within which the head of a request must have arrived, from its first byte
            or from the connection.
        unread_seconds: time after which a response that a client does not read is dropped.
        connections: limit on connections; lower if fewer files may be open.
        answer_seconds: time after which a client is told that it took too long.
        readers: number of concurrent searches; each holds the vectors of an exact index in memory.
        write_seconds: how long a change of the index waits for another process that writes.
        waiting: number of requests that may wait for one of these; further ones are rejected.
        thumbnail_bytes: limit on the thumbnails kept in memory.
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
    several: tuple[str, ...] = field(default=(), repr=False)  # addresses may hold passwords
    index_seconds: float = 5.0
    vectors: str | None = field(default=None, repr=False)  # it may hold a password

    @property
    def uploads(self) -> Path:
        """The folder of uploaded photos, a source like any other."""
        return self.folder / "uploads"

    def shared_by(self, workers: int) -> Self:
        """Return the settings of each of several processes that share memory and turns to write."""
        return replace(
            self,
            held_bytes=max(self.body_bytes, self.held_bytes // workers),
            thumbnail_bytes=self.thumbnail_bytes // workers,
            write_seconds=10.0 if workers > 1 else self.write_seconds,
        )
