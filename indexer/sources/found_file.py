"""What is found in a source: a file, or a photo in a shard."""

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
    """A photo of the index whose file, or metadata alone, is read again by a newer reader version.

    Attributes:
        image_id: its id.
        file: its facts in the index.
    """

    image_id: int
    file: PhotoFile


@dataclass(frozen=True)
class FoundFile:
    """A file, or a member of a shard, that may be a photo.

    Attributes:
        path: absolute, links not followed, so that a linked photo keeps the name people know.
        source: absolute path of the folder, or the shard, that it was found under.
        size_bytes: that of the target if the path is a link; `UNKNOWN_SIZE` if it is known only
            after reading.
        mtime_ns: when the file, or the shard of a member, was last written.
        shard: the open shard, if this is a member of one.
        member: which member.
        sidecars: its sidecar files, in order of precedence.
        known: the photo of the index that it is, if its content is unchanged and its pixels or
            metadata are read again.
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
        """Return its bytes, at most one more than `MAX_FILE_BYTES`, as it may have grown.

        Raises:
            UnreadableImage: its shard is damaged there, or the member has no photo.
            OSError: it cannot be read at the moment.
        """
        if self.shard is not None and self.member is not None:
            return self.shard.read(self.member)
        with open(self.path, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)

    @property
    def order(self) -> tuple[str, int]:
        """Sort key of the best order to read files: by path, or by place within a shard."""
        return (self.path, 0) if self.member is None else ("", self.member.place)


def members_of(file: FoundFile, shard: Shard) -> Iterator[FoundFile]:
    """Yield the members of an open shard, which was found as `file`, as files of their own."""
    for member in shard.members:
        path = member_path(file.path, member.name)
        yield FoundFile(path, file.source, member.size_bytes, file.mtime_ns, shard, member)
