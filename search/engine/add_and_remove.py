"""Adding photos to an index and removing them, for Python and HTTP alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, TypeVar

from indexer import BuildReport, build_index
from indexer.indexing_model import IndexingModel
from store import Index, IndexBusy, PhotoFile, QuarantinedFile, SourceError
from store.photo_names import address_of, is_address, is_shard
from store.types import Progress

__all__ = ["REMOVED", "WriteOptions", "add_photos", "left_out", "patiently", "remove_photos"]

REMOVED = "removed by request"
"""The quarantine reason of a removed photo, which keeps the next run from adding it again."""

SECONDS_BETWEEN = 0.1

T = TypeVar("T")


class WriteOptions(TypedDict, total=False):
    """The options of `SearchIndex.add`.

    Attributes:
        annotations: COCO captions or instances files, whose photos are looked up in the folders.
        batch_size: how many photos the model encodes together.
        retry_failed: whether files that could not be read before are read again, changed or not.
        progress: called with photos done, photos to do, and the name of the last one.
        wait_seconds: how long to wait for another process that writes, 10 unless given.
    """

    annotations: Sequence[Path | str]
    batch_size: int
    retry_failed: bool
    progress: Progress
    wait_seconds: float


def add_photos(
    folder: Path,
    paths: Iterable[str | Path],
    model: IndexingModel,
    *,
    wait_seconds: float = 10.0,
    **options: object,
) -> BuildReport:
    """Add folders and files to an index, or update them; raises as `build_index`.

    Args:
        folder: the index.
        paths: folders, tar or Parquet files, addresses; anything else is taken for a photo.
        model: the model that made the index.
        wait_seconds: how long to wait for another process that writes.
        **options: options of `build_index`.
    """
    if isinstance(paths, (str, Path)):
        raise SourceError(f"expected a list of paths, found {paths}: put it into a list")
    given = [path if isinstance(path, str) else address_of(path) for path in paths]
    folders = [path for path in given if _is_source(path)]
    files = [path for path in given if not _is_source(path)]
    if not given:
        return BuildReport()
    return patiently(
        lambda: build_index(folder, folders, model, files=files, **options),  # type: ignore[arg-type]
        wait_seconds,
    )


def _is_source(path: str) -> bool:
    return is_address(path) or is_shard(path) or os.path.isdir(path)


def remove_photos(folder: Path, image_ids: Iterable[int]) -> int:
    """Remove photos from an index and return how many were in it; their files stay as they are.

    The files are quarantined, so that no run adds them again before they change.

    Raises:
        IndexBusy: another process is writing.
        IndexDamaged: the catalog names a file outside its folders.
    """
    ids = list(dict.fromkeys(image_ids))
    with Index.open(folder) as index:
        index.begin_writing()
        records = index.photo_records(ids)
        index.quarantine([left_out(photo.file) for photo in records])
        index.finish()
    return len(records)


def left_out(file: PhotoFile) -> QuarantinedFile:
    """Return the record that keeps a photo's file, as it is now, out of the index."""
    as_indexed = QuarantinedFile(file.path, file.source, file.size_bytes, file.mtime_ns, REMOVED)
    try:
        now = os.stat(file.path)
    except OSError:
        return as_indexed  # in case it comes back
    return replace(as_indexed, size_bytes=now.st_size, mtime_ns=now.st_mtime_ns)


def patiently(work: Callable[[], T], seconds: float) -> T:
    """Do a piece of work, and retry it while another process is writing.

    A search that writes the vector file of a small index counts as one, for a moment.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return work()
        except IndexBusy:
            if time.monotonic() >= until:
                raise
            time.sleep(SECONDS_BETWEEN)
