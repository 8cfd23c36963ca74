"""What is done with the photos that were found, beside printing them: opened, or copied."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import typer

from search.result import Hit

__all__ = ["Copied", "copy_hits", "open_best"]


@dataclass(frozen=True)
class Copied:
    """What became of the hits of a search that were to be copied.

    Attributes:
        written: photo to its copy.
        there: photo to the file that was there already, the same to the byte.
        failed: photo to the reason.
    """

    written: dict[Path, Path]
    there: dict[Path, Path]
    failed: dict[Path, str]

    def lines(self, folder: Path) -> Iterator[str]:
        """Tell people, a line a copy that has another name or failed, and one that counts."""
        for photo, copy in self.written.items():
            if photo.name != copy.name:
                yield f"{photo} is {copy}, since another photo has its name"
        for photo, reason in self.failed.items():
            yield f"not copied: {photo}: {reason}"
        there = f", {len(self.there)} were there already" if self.there else ""
        failed = f", {len(self.failed)} could not be copied" if self.failed else ""
        yield f"{len(self.written)} photos copied to {folder}{there}{failed}"


def copy_hits(hits: Sequence[Hit], folder: Path) -> Copied:
    """Copy the photos of hits into a folder, which is made; what is there is never written over.

    A photo keeps its name; where another has it, a number comes behind: `dog-2.jpg`.

    Raises:
        OSError: the folder is none, or cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = Copied({}, {}, {})
    for hit in hits:
        try:
            copy, is_new = _copied(hit.path, folder)
        except OSError as error:
            done.failed[hit.path] = error.strerror or str(error)
        else:
            (done.written if is_new else done.there)[hit.path] = copy
    return done


def open_best(hits: Sequence[Hit]) -> str:
    """Show the first of some hits in the system's viewer; give what went wrong, or nothing."""
    path = hits[0].path
    if not path.is_file():
        return f"{path} is not there any more: `crossgraph index` brings the index up to date"
    if typer.launch(str(path)):
        return f"no viewer was found for {path}: expected one by xdg-open"
    return ""


def _copied(photo: Path, folder: Path) -> tuple[Path, bool]:
    """Give the copy of a photo, and whether it was made now."""
    with photo.open("rb") as source:
        for name in _names(photo):
            copy = folder / name
            try:
                target = copy.open("xb")  # whoever makes the file is the one who writes it
            except FileExistsError:
                if copy.is_file() and filecmp.cmp(photo, copy, shallow=False):
                    return copy, False
                continue
            try:
                with target:
                    shutil.copyfileobj(source, target)
            except BaseException:
                copy.unlink()
                raise
            with suppress(OSError):  # some disks keep no times
                os.utime(copy, ns=_times(photo))
            return copy, True
    raise AssertionError("there are names without end")


def _names(photo: Path) -> Iterator[str]:
    yield photo.name
    for number in count(2):
        yield f"{photo.stem}-{number}{photo.suffix}"


def _times(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_atime_ns, facts.st_mtime_ns
