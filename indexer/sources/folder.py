"""A folder of photos, any depth, and the files of many photos that lie in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexer.sources.found import FoundFile
from store import SourceError
from store.members import is_shard

__all__ = ["SUFFIXES", "FolderSource"]

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"}
    | {".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Names that promise a photo, in lower case; whether they keep it is seen when it is decoded."""


@dataclass
class FolderSource:
    """The photos below a folder. Names that begin with a dot are left out, as the system means it.

    Attributes:
        root: the folder.
        unreadable: what the last `files` could not list or follow: folders, and links that lead
            nowhere, such as to a disk that is not there. What was in them is unknown, which is not
            the same as gone.
        mounts: folders below it that were disks of their own at the last `files`.
        shards: tar and Parquet files that the last `files` came by, sorted by path.
    """

    root: Path
    unreadable: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    shards: list[FoundFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = Path(os.path.abspath(self.root))  # not resolve(): links keep their name

    def files(self) -> list[FoundFile]:
        """Give every file with a photo's suffix, sorted by path.

        Raises:
            SourceError: the folder is missing, is no folder, cannot be listed, or holds no photo
                and no shard. The last is an error because an unmounted disk looks just like it, and
                nobody wants an index emptied by that.
        """
        self._check()
        self.unreadable, self.mounts = [], []
        found = sorted(self._walk(), key=lambda file: file.path)
        self.shards = [file for file in found if is_shard(file.path)]
        if not found:
            raise SourceError(
                f"{self.root} holds no photos; looked at any depth for names ending in "
                + ", ".join([*sorted(SUFFIXES), ".tar", ".parquet"])
            )
        return [file for file in found if not is_shard(file.path)]

    def _check(self) -> None:
        if not self.root.exists():
            raise SourceError(f"{self.root} is not there; expected a folder of photos")
        if not self.root.is_dir():
            raise SourceError(f"{self.root} is a file; expected the folder that holds the photos")
        try:
            os.scandir(self.root).close()
        except OSError as error:
            raise SourceError(f"{self.root} cannot be listed: {error.strerror}") from error

    def _walk(self) -> Iterator[FoundFile]:
        seen: set[tuple[int, int]] = set()  # a link may lead back to where we came from
        for folder, subfolders, names in os.walk(
            self.root, followlinks=True, onerror=self._remember
        ):
            subfolders[:] = [
                name
                for name in sorted(subfolders)
                if not name.startswith(".") and self._is_first(os.path.join(folder, name), seen)
            ]
            self.mounts += [
                os.path.join(folder, name)
                for name in subfolders
                if os.path.ismount(os.path.join(folder, name))
            ]
            for name in names:
                path = os.path.join(folder, name)
                if name.startswith("."):
                    continue
                if os.path.splitext(name)[1].lower() in SUFFIXES or is_shard(name):
                    yield from self._found(path)
                elif os.path.islink(path) and not os.path.exists(path):
                    self.unreadable.append(path)  # it may have led to a folder

    def _remember(self, error: OSError) -> None:
        self.unreadable.append(str(error.filename))

    def _is_first(self, folder: str, seen: set[tuple[int, int]]) -> bool:
        try:
            facts = os.stat(folder)
        except OSError as error:
            self._remember(error)
            return False
        identity = (facts.st_dev, facts.st_ino)
        if identity in seen:
            return False
        seen.add(identity)
        return True

    def _found(self, path: str) -> Iterator[FoundFile]:
        try:
            facts = os.stat(path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or os.path.islink(path):
                self.unreadable.append(path)
            return  # or it was deleted since it was listed
        if stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for ever
            yield FoundFile(path, str(self.root), facts.st_size, facts.st_mtime_ns)
