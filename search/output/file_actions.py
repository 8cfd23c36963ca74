"""Opening and copying the photos of hits."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

import typer

from search.output.media_types import HEAD_BYTES, SUFFIX_OF, content_type
from search.result import Hit
from store.photo_names import PhotoName, base_name

__all__ = ["Copied", "copy_hits", "open_best"]

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Copied:
    """The result of copying hits.

    Attributes:
        written: a photo's name to its copy.
        there: photo to the existing file with the same bytes.
        failed: photo to the reason.
    """

    written: dict[str, Path]
    there: dict[str, Path]
    failed: dict[str, str]

    def lines(self, folder: Path) -> Iterator[str]:
        """Return one line per copy that has another name or failed, and one with totals."""
        for photo, copy in self.written.items():
            if copy.stem != _stem(photo):
                yield f"{photo} is {copy}, since another photo has its name"
        for photo, reason in self.failed.items():
            yield f"not copied: {photo}: {reason}"
        there = f", {len(self.there)} were there already" if self.there else ""
        failed = f", {len(self.failed)} could not be copied" if self.failed else ""
        yield f"{len(self.written)} photos copied to {folder}{there}{failed}"


def copy_hits(hits: Sequence[Hit], folder: Path) -> Copied:
    """Copy the photos of hits into a folder, created if missing; nothing is overwritten.

    A photo keeps its name; if another has it, a number is appended: `dog-2.jpg`. A row of a Parquet
    file is named after the file and its number: `part-0-17.jpg`.

    Raises:
        OSError: the path is not a folder, or the folder cannot be created.
    """
    from store import UnreadableImage

    folder.mkdir(parents=True, exist_ok=True)
    done = Copied({}, {}, {})
    for hit in hits:
        try:
            copy, is_new = _copied(hit, folder)
        except OSError as error:
            done.failed[hit.name] = error.strerror or str(error)
        except UnreadableImage as error:
            done.failed[hit.name] = error.reason
        except ValueError as error:  # a name in a tar may contain what no file name can
            done.failed[hit.name] = f"its name cannot be a file's: {error}"
        else:
            (done.written if is_new else done.there)[hit.name] = copy
    return done


def open_best(hits: Sequence[Hit]) -> str:
    """Show the first hit in the system's viewer; return what went wrong, or nothing."""
    from store import UnreadableImage

    best = hits[0]
    try:
        path = best.path if _is_file(best) else _unpacked(best)
    except (OSError, UnreadableImage) as error:
        return f"{best.name} cannot be read: {error}"
    if not path.is_file():
        return f"{path} no longer exists: `crossgraph index` brings the index up to date"
    if typer.launch(str(path)):
        return f"no viewer was found for {path}: expected xdg-open to find one"
    return ""


def _copied(hit: Hit, folder: Path) -> tuple[Path, bool]:
    """Return the copy of a photo, and whether it is new."""
    with _opened(hit) as source:
        suffix = SUFFIX_OF.get(content_type(source.read(HEAD_BYTES)), "")
        for name in _names(_stem(hit.name), base_name(hit.name), suffix):
            copy = folder / name
            try:
                target = copy.open("xb")  # only the process that creates the file writes it
            except FileExistsError:
                if copy.is_file() and _is_same(source, copy):
                    return copy, False
                continue
            try:
                with target:
                    source.seek(0)
                    shutil.copyfileobj(source, target)
            except BaseException:
                copy.unlink()
                raise
            with suppress(OSError):  # some disks store no times, and members of shards have none
                os.utime(copy, ns=_times(hit.path))
            return copy, True
    raise AssertionError("the search for a free name does not end")


def _is_file(hit: Hit) -> bool:
    """Return whether a hit is a file of its own, not a member of a tar or Parquet file."""
    return not PhotoName.of(hit.name).member or hit.path.exists()


def _opened(hit: Hit) -> BinaryIO:
    if _is_file(hit):
        return hit.path.open("rb")
    from indexer.sources import open_photo

    return io.BytesIO(open_photo(hit.name))


def _unpacked(hit: Hit) -> Path:
    """Return a temporary file with the photo, for a viewer; the system cleans it up."""
    return _copied(hit, Path(tempfile.mkdtemp(prefix="crossgraph-")))[0]


def _is_same(source: BinaryIO, copy: Path) -> bool:
    source.seek(0)
    with copy.open("rb") as other:
        while True:
            one, two = source.read(CHUNK), other.read(CHUNK)
            if one != two:
                return False
            if not one:
                return True


def _stem(name: str) -> str:
    """Return the name of a photo's copy, without suffix; a row is named by its number.

    >>> _stem("/photos/dog.jpg"), _stem("/photos/part-0.parquet!17")
    ('dog', 'part-0-17')
    """
    file, member = PhotoName.of(name)
    is_row = bool(member) and file.lower().endswith(".parquet")
    return f"{Path(file).stem}-{member}" if is_row else Path(base_name(name)).stem


def _names(stem: str, name: str, suffix: str) -> Iterator[str]:
    # A row's suffix follows its photo's format; a file keeps its own, whatever it holds.
    ending = Path(name).suffix if Path(name).stem == stem else suffix
    yield f"{stem}{ending}"
    for number in count(2):
        yield f"{stem}-{number}{ending}"


def _times(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_atime_ns, facts.st_mtime_ns
