"""The FAISS file beside the catalog: a cache, never the truth.

It is written under a temporary name, synced and renamed; its record (name, checksum, count, and the
state of the catalog that it holds) goes into the catalog last. An interruption in between leaves a
file without a record, and the next process that opens the index rebuilds it.

A recorded file is complete to the last byte, since it was synced before; a disk fault, or another
program, can still change it later. Opening it therefore checks size and head against the record,
and all of an exact index against its checksum; an approximate one is too large for that, so each
list is checked when it is first searched, and all of them by every indexing run and by `crossgraph
verify`.
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
        name: of the file, in the index's folder.
        sha256: of its head, in which the sums of the rest are, hex.
        count: how many vectors it holds.
        model_id: whose vectors these are.
        revision: the catalog's, when they were read from it.
        last_id: the highest image id in it.
        measured: its kind, and what that is worth; see `store.vectors.choose.Measured`.
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
        """Return it from the catalog's record; None if there is none, or one of another form."""
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
    """Return the vectors from their file, None where it is missing, damaged or not as recorded."""
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
    """Write the vector file; it counts once the catalog has recorded the result.

    Args:
        folder: the index's folder.
        index: what the catalog holds of `model_id` at `revision`, up to the image `last_id`.
        measured: how that index was chosen.
        model_id: see `Generation`, as the next two.
        revision: see there.
        last_id: see there.

    Raises:
        OSError: the file, which it names, cannot be written.
    """
    final = folder / f"vectors-{model_id}-{revision}.faiss"
    temporary = folder / f"{final.stem}.{os.getpid()}.tmp"
    try:
        with replaced(final, temporary, synced=True):
            index.save(temporary)
            checksum = head_sha256(temporary)
    except OSError as error:
        # A write that a full disk interrupts keeps its temporary name.
        raise OSError(error.errno, error.strerror, str(final)) from error
    return Generation(final.name, checksum, len(index), model_id, revision, last_id, measured)


def remove_others(folder: Path, kept: str) -> None:
    """Remove the files of other generations, and what an interrupted write left."""
    for file in other_files(folder, kept):
        with suppress(OSError):  # a reader where open files are locked; it goes next time
            file.unlink()


def other_files(folder: Path, kept: str) -> list[Path]:
    """Return the files of other generations, and what an interrupted write left, by name."""
    return sorted(file for file in folder.glob(PATTERN) if file.name != kept)


def is_whole(folder: Path, recorded: Generation | None) -> bool:
    """Read all of a file and return whether it matches its record."""
    if recorded is None:
        return False
    file = folder / recorded.name
    try:
        check_sums(file)
        return head_sha256(file) == recorded.sha256
    except (OSError, ValueError):
        return False
