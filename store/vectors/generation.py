"""The vector file next to the catalog: a cache, never the source of truth.

It is written under a temporary name, synced and renamed; its record (name, checksum, count, and the
revision of the catalog that it was built from) is written into the catalog last. An interruption in
between leaves a file without a record, and the next process that opens the index rebuilds it.

A recorded file is complete to the last byte, since it was synced first; a disk fault, or another
program, can still change it later. Opening it therefore checks size and head against the record,
and the whole of a file without lists against its checksum. A file with lists is too large for that:
each list is checked when it is first searched, and all of them by every indexing run and by
`crossgraph verify`.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from store.vectors.choose import Measured, load
from store.vectors.vector_file import check_sums, head_sha256
from store.vectors.vector_index import FileIndex
from store.whole_file import replaced

__all__ = [
    "Generation",
    "is_whole",
    "other_files",
    "read_generation",
    "remove_others",
    "write_generation",
]

PATTERN = "vectors-*"


@dataclass(frozen=True)
class Generation:
    """The catalog's record of a vector file.

    Attributes:
        name: the file's name, in the index's folder.
        sha256: SHA-256 of its head, which includes the checksums of the rest; hex.
        count: number of vectors in it.
        model_id: id of the model whose vectors these are.
        revision: the catalog's revision when they were read from it.
        last_id: the highest image id in it.
        measured: its kind, recall and times; see `store.vectors.choose.Measured`.
    """

    name: str
    sha256: str
    count: int
    model_id: int
    revision: int
    last_id: int
    measured: Measured

    @classmethod
    def from_record(cls, record: object) -> Generation | None:
        """Return the generation of a catalog's record; None if there is none, or it is invalid."""
        if not isinstance(record, dict):
            return None
        try:
            generation = cls(**{**record, "measured": Measured(**record["measured"])})
        except (KeyError, TypeError):
            return None
        return generation if _is_sound(generation) else None

    def to_record(self) -> dict[str, object]:
        """Return the record for the catalog."""
        return asdict(self)


def _is_sound(generation: Generation) -> bool:
    """Return whether the values have the expected types."""
    measured = generation.measured
    texts = (generation.name, generation.sha256, measured.kind)
    numbers = (generation.count, generation.model_id, generation.revision, generation.last_id)
    times = (measured.query_ms, measured.build_seconds, measured.recall_at_100 or 0)
    return (
        all(isinstance(text, str) for text in texts)
        and all(type(number) is int and 0 <= number < 2**63 for number in numbers)
        and all(isinstance(time, (int, float)) and math.isfinite(time) for time in times)
    )


def read_generation(folder: Path, recorded: Generation, dim: int) -> FileIndex | None:
    """Return the vectors from their file; None if it is missing, damaged or not as recorded."""
    file = folder / recorded.name
    if file.parent != folder:
        return None
    try:
        index = load(file, recorded.sha256)
    except (OSError, ValueError):
        return None
    return index if (index.dim, len(index)) == (dim, recorded.count) else None


def write_generation(
    folder: Path,
    index: FileIndex,
    measured: Measured,
    *,
    model_id: int,
    revision: int,
    last_id: int,
) -> Generation:
    """Write the vector file; it is used once the catalog has recorded the result.

    Args:
        folder: the index's folder.
        index: the vectors of `model_id` in the catalog at `revision`, up to the image `last_id`.
        measured: the measurements by which that index was chosen.
        model_id: see `Generation`, as the next two.
        revision: see there.
        last_id: see there.

    Raises:
        OSError: the file cannot be written; the error names it.
    """
    final = folder / f"vectors-{model_id}-{revision}.faiss"
    temporary = folder / f"{final.stem}.{os.getpid()}.tmp"
    try:
        with replaced(final, temporary, synced=True):
            index.save(temporary)
            checksum = head_sha256(temporary)
    except OSError as error:
        # The error of an interrupted write, such as on a full disk, names the temporary file.
        raise OSError(error.errno, error.strerror, str(final)) from error
    return Generation(final.name, checksum, len(index), model_id, revision, last_id, measured)


def remove_others(folder: Path, kept: str) -> None:
    """Remove the files of other generations, and those that interrupted writes left."""
    for file in other_files(folder, kept):
        with suppress(OSError):  # some systems lock files that a reader has open: removed next time
            file.unlink()


def other_files(folder: Path, kept: str) -> list[Path]:
    """Return the files of other generations, and those that interrupted writes left, by name."""
    return sorted(file for file in folder.glob(PATTERN) if file.name != kept)


def is_whole(folder: Path, recorded: Generation | None) -> bool:
    """Read the whole file and return whether it matches its record."""
    if recorded is None:
        return False
    file = folder / recorded.name
    try:
        check_sums(file)
        return head_sha256(file) == recorded.sha256
    except (OSError, ValueError):
        return False
