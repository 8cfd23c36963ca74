"""A folder of photos, at any depth, and the shards in it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.metadata.sidecar_files import SUFFIX, SidecarFile, sidecar_at, sidecar_names
from indexer.sources.found_file import FoundFile
from indexer.sources.suffixes import (
    RAW,
    SUFFIXES,
    is_photo_name,
    is_raw_name,
    kind_passed_over,
    split_suffix,
)
from indexer.sources.walk_rules import WASTE, Rules
from store import SourceError
from store.photo_names import is_shard

__all__ = ["FolderSource", "told_kinds"]


@dataclass
class FolderSource:
    """The photos below a folder. Names that begin with a dot are hidden and left out.

    Attributes:
        root: the folder.
        unreadable: folders and files that the last call of `files` could not read, and links that
            it could not follow, such as to a disk that is not there. Photos in them may still
            exist, so they are not gone.
        mounts: folders below it that were mount points in the last call of `files`.
        shards: tar and Parquet files that the last call of `files` found, sorted by path.
        rules: what is left out.
        passed_over: counts of what the last call of `files` found and did not return although
            somebody may look for it: by suffix, for images, videos and archives that are not read
            and for raw files next to their image, and by pattern (`@eaDir/`) or marker file, for
            folders that were left out without the user asking for it.
    """

    root: Path
    rules: Rules = field(default_factory=Rules)
    unreadable: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    shards: list[FoundFile] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.root = Path(os.path.abspath(self.root))  # not resolve(): links keep their name

    def files(self) -> list[FoundFile]:
        """Return every file with a photo's suffix, sorted by path.

        Raises:
            SourceError: the folder is missing, is not a folder, cannot be listed, or contains no
                photo and no shard. The last is an error because an unmounted disk looks just the
                same, and must not empty an index.
        """
        self._check()
        self.unreadable, self.mounts, self.passed_over = [], [], Counter()
        self._sidecars: dict[str, list[SidecarFile]] = {}
        files = sorted(self._walk(), key=lambda file: file.path)
        self.shards = [file for file in files if is_shard(file.path)]
        if not files:
            raise SourceError(
                f"{self.root} holds no photos; looked at any depth for names ending in "
                + ", ".join([*sorted(SUFFIXES), ".tar", ".parquet"])
                + told_kinds(self.passed_over, "; passed over: ")
            )
        alone = self._without_pairs([file for file in files if not is_shard(file.path)])
        return [self._with_sidecars(file) for file in alone]

    def _without_pairs(self, files: list[FoundFile]) -> list[FoundFile]:
        """Leave out raw files next to which the camera stored the same photo as a normal image."""
        pictures = {split_suffix(file.path)[0] for file in files if not is_raw_name(file.path)}
        kept = []
        for file in files:
            stem, suffix = split_suffix(file.path)
            if suffix in RAW and stem in pictures:
                self.passed_over[f"{suffix} beside its picture"] += 1
            else:
                kept.append(file)
        return kept

    def _with_sidecars(self, file: FoundFile) -> FoundFile:
        names = sidecar_names(file.path)
        beside = tuple(each for name in names for each in self._sidecars.get(name, ()))
        return replace(file, sidecars=beside) if beside else file

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
        root = str(self.root)
        seen: set[tuple[int, int]] = set()  # a link may lead back to a folder above
        self._is_first(root, seen)
        for folder, subfolders, names in os.walk(root, followlinks=True, onerror=self._remember):
            if why := self.rules.enter(root, folder, names):
                self.passed_over[why] += 1
                subfolders.clear()
                continue
            subfolders[:] = [
                name for name in sorted(subfolders) if self._is_entered(folder, name, seen)
            ]
            self.mounts += [
                os.path.join(folder, name)
                for name in subfolders
                if os.path.ismount(os.path.join(folder, name))
            ]
            for name in names:
                yield from self._named(folder, name)

    def _is_entered(self, folder: str, name: str, seen: set[tuple[int, int]]) -> bool:
        if name.startswith("."):
            return False
        if why := self.rules.left_out(str(self.root), folder, name, is_folder=True):
            if why in WASTE:  # what the user excluded is not reported
                self.passed_over[why] += 1
            return False
        return self._is_first(os.path.join(folder, name), seen)

    def _named(self, folder: str, name: str) -> Iterator[FoundFile]:
        if name.startswith("."):
            return
        path = os.path.join(folder, name)
        if name.lower().endswith(SUFFIX) and (sidecar := sidecar_at(path)) is not None:
            self._sidecars.setdefault(path[: -len(SUFFIX)], []).append(sidecar)
            return
        is_wanted = is_photo_name(name) or is_shard(name)
        kind = "" if is_wanted else kind_passed_over(name)
        if is_wanted or kind:
            if self.rules.left_out(str(self.root), folder, name, is_folder=False):
                return
            if kind:
                self.passed_over[kind] += 1
        if is_wanted:
            yield from self._photo_or_shard(path)
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

    def _photo_or_shard(self, path: str) -> Iterator[FoundFile]:
        try:
            facts = os.stat(path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or os.path.islink(path):
                self.unreadable.append(path)
            return  # or it was deleted since it was listed
        if stat.S_ISREG(facts.st_mode):  # opening a pipe would block for ever
            yield FoundFile(path, str(self.root), facts.st_size, facts.st_mtime_ns)


def told_kinds(counts: Mapping[str, int], before: str = "") -> str:
    """Return counts of kinds as text, the largest first; empty if there are none.

    >>> told_kinds({".dng": 1, ".cr3": 2}, "passed over: ")
    'passed over: 2 .cr3, 1 .dng'
    """
    some = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in some if count)
    return before + kinds if kinds else ""
