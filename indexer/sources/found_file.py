"""What a look at a source finds: a file, or a photo in a file of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from indexer.metadata.sidecar_files import SidecarFile
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources.shard import Member, Shard
from store import PhotoFile
from store.photo_names import member_path

__all__ = ["FoundFile", "KnownPhoto", "members_of"]


@dataclass(frozen=True)
class KnownPhoto:
    """A photo of the index whose file is read again to see whether a newer reader reads otherwise.

    Attributes:
        image_id: its id.
        file: what is known of it.
    """

    image_id: int
    file: PhotoFile


@dataclass(frozen=True)
class FoundFile:
    """A file that may be a photo, or a part of a shard that may be.

    Attributes:
        path: absolute, links not followed, so that a linked photo keeps the name people know.
        source: absolute path of the folder, or the shard, that it was found under.
        size_bytes: of the file itself where the path is a link; `UNKNOWN_SIZE` where only reading
            tells.
        mtime_ns: when that was last written; of a part, the shard.
        shard: open, where this is a part of one.
        member: which part.
        sidecars: files beside it that say something of it, those that count most first.
        known: the photo that it is, where its content is as before and its reader is not.
    """

    path: str
    source: str
    size_bytes: int
    mtime_ns: int
    shard: Shard | None = None
    member: Member | None = None
    known: KnownPhoto | None = None
    sidecars: tuple[SidecarFile, ...] = ()

    def content(self) -> bytes:
        """Return its bytes, at most one more than `MAX_FILE_BYTES`: it may have grown.

        Raises:
            UnreadableImage: the shard that it is in is damaged there.
            OSError: it cannot be read at the moment.
        """
        if self.shard is not None and self.member is not None:
            return self.shard.read(self.member)
        with open(self.path, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)

    @property
    def order(self) -> tuple[str, int]:
        """By which files are best read: parts of a shard as they lie in it."""
        return (self.path, 0) if self.member is None else ("", self.member.place)


def members_of(file: FoundFile, shard: Shard) -> Iterator[FoundFile]:
    """Return the members of an open shard, which was found as a file, as files of their own."""
    for member in shard.members:
        path = member_path(file.path, member.name)
        yield FoundFile(path, file.source, member.size_bytes, file.mtime_ns, shard, member)
