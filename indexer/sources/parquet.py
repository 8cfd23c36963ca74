"""Parquet files of photos: each row has a photo's bytes or the path of its file, and captions.

Columns are recognised by common names, in either case. pyarrow reads them.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, overload

from fusion.caption_files.name_spellings import spellings
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources.parquet_columns import (
    captions_of,
    column_of_photos,
    columns_of_captions,
    one_line,
    open_parquet,
)
from indexer.sources.places import beside, opened
from indexer.sources.shard import UNKNOWN_SIZE, Captions, Member
from indexer.sources.suffixes import is_photo_name
from store import SourceError, UnreadableImage
from store.photo_names import is_address, lies_below

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["ParquetShard"]

ROWS_AT_ONCE = 16
MANY_ROWS = 4096
MOST_ROWS = 10_000_000
"""Limit for one file; the index run keeps a record for each row while it reads the photos."""


class ParquetShard:
    """The photos of a Parquet file; a member's name is the number of its row, from 0.

    Args:
        place: its name; paths in it are relative to its folder.
        file: the open file, which is closed with this object.
        inside: folders that its paths must lead into, apart from its own; None allows any path.

    Raises:
        SourceError: it is not a Parquet file, claims too many rows, or pyarrow is not installed.
    """

    def __init__(self, place: str, file: BinaryIO, inside: Sequence[str] | None = None) -> None:
        self._place, self._file, self._inside = place, file, inside
        self._parquet = open_parquet(place, file)
        self._photos = column_of_photos(self._parquet)
        self._said = columns_of_captions(self._parquet)
        self._starts = [0, *accumulate(_row_counts(place, self._parquet))]
        count = self._starts[-1] if self._photos else 0
        self.members = _Rows(count)
        self.damage = ""
        self.passed_over: dict[str, int] = {}
        self._lock = threading.Lock()
        self._coming: Iterator[list[dict[str, object]]] = iter(())
        # The two batches read last: threads that read in order are a few rows apart.
        self._held: list[tuple[int, list[object]]] = []
        self._group, self._next = -1, 0
        # Row group to its first damaged row, and the reason.
        self._damaged: dict[int, tuple[int, str]] = {}

    def read(self, member: Member) -> bytes:
        """Return the bytes of a row's photo; raises as `indexer.sources.shard.Shard` says."""
        with self._lock:
            content, path = _content_and_path(self._value(member.place))
        if not content and path:
            return self._file_at(path)
        if not content:
            raise UnreadableImage("the row has no photo")
        return content[: MAX_FILE_BYTES + 1]

    def _file_at(self, path: str) -> bytes:
        place = self._place_of(path)
        if "\0" in place or not is_photo_name(place):
            raise UnreadableImage(f"{path!r} does not have the name of a photo")
        if is_address(place) and "::" in path:  # fsspec would follow it to another address
            raise UnreadableImage(f"{path} leads outside the folders of photos")
        if self._inside is not None:
            folders = [os.path.dirname(self._place), *self._inside]
            if not any(lies_below(_real(place), _real(folder)) for folder in folders):
                raise UnreadableImage(f"{path} leads outside the folders of photos")
        if not is_address(place) and os.path.exists(place) and not os.path.isfile(place):
            raise UnreadableImage(f"{path} is not a file")  # reading a pipe would block for ever
        with opened(place) as file:
            return file.read(MAX_FILE_BYTES + 1)

    def _place_of(self, path: str) -> str:
        """Return the place of a path: as written, or else the first spelling that is a file."""
        written = beside(self._place, path)
        if is_address(written) or "\0" in path or os.path.exists(written):
            return written
        others = (beside(self._place, each) for each in spellings(path))
        return next((p for p in others if not is_address(p) and os.path.isfile(p)), written)

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Yield each row's number and captions; only the caption columns are read."""
        if not self._said:
            yield from ((member.name, ()) for member in self.members)
            return
        row = 0
        try:
            for rows in self._rows(range(len(self._starts) - 1), MANY_ROWS, self._said):
                for captioned in rows:
                    yield str(row), captions_of(captioned)
                    row += 1
        except UnreadableImage as error:
            self.damage = f"{error.reason}, in the captions after row {row}"

    def close(self) -> None:
        """Close the file."""
        self._parquet.close()
        self._file.close()

    def _value(self, row: int) -> object:
        group = bisect_right(self._starts, row) - 1
        first_bad, reason = self._damaged.get(group, (row + 1, ""))
        while (value := self._at_hand(row)) is None:
            if row >= first_bad:
                raise UnreadableImage(reason)
            if row < self._next or group != self._group:
                self._group, self._next = group, self._starts[group]
                self._coming = self._rows([group], ROWS_AT_ONCE, [self._photos])
            try:
                rows = next(self._coming, None)
            except UnreadableImage as error:
                self._damaged[group] = (self._next, error.reason)
                raise
            if rows is None:
                raise UnreadableImage("the Parquet file has fewer rows than it claims")
            self._held = [*self._held[-1:], (self._next, [row[self._photos] for row in rows])]
            self._next += len(rows)
        return value[0]

    def _at_hand(self, row: int) -> tuple[object] | None:
        for first, values in self._held:
            if first <= row < first + len(values):
                return (values[row - first],)
        return None

    def _rows(
        self, groups: Sequence[int], most: int, columns: list[str]
    ) -> Iterator[list[dict[str, object]]]:
        """Yield the rows of some groups, at most `most` at a time."""
        try:
            for batch in self._parquet.iter_batches(
                most, row_groups=list(groups), columns=columns, use_threads=False
            ):
                yield batch.to_pylist()
        except Exception as error:  # pyarrow raises many kinds of errors for a damaged file
            self._group = -1
            if isinstance(error, OSError) and error.errno is not None:
                raise  # raised by the disk, not by pyarrow
            raise UnreadableImage(f"the Parquet file is damaged: {one_line(error)}") from error


class _Rows(Sequence[Member]):
    """The rows of a file as members; created on access, because there may be many."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, row: int) -> Member: ...
    @overload
    def __getitem__(self, row: slice) -> list[Member]: ...
    def __getitem__(self, row: int | slice) -> Member | list[Member]:
        place = range(self._count)[row]
        return _row(place) if isinstance(place, int) else [_row(number) for number in place]


def _row(number: int) -> Member:
    return Member(str(number), UNKNOWN_SIZE, number)


def _row_counts(place: str, parquet: ParquetFile) -> list[int]:
    groups = parquet.num_row_groups
    counts = [int(parquet.metadata.row_group(group).num_rows) for group in range(groups)]
    if any(count < 0 for count in counts) or sum(counts) > MOST_ROWS:
        raise SourceError(
            f"{place} claims {sum(counts):,} rows; expected at most {MOST_ROWS:,} in a file"
        )
    return counts


def _real(place: str) -> str:
    return place if is_address(place) else os.path.realpath(place)


def _content_and_path(value: object) -> tuple[bytes | None, str | None]:
    """Return a photo's bytes and the path of its file, of which a row has one or both.

    If the value is a list of photos, the first one counts.
    """
    if isinstance(value, list) and value and not isinstance(value[0], int):
        return _content_and_path(value[0])
    parts = value if isinstance(value, dict) else {"bytes": value, "path": value}
    content, path = parts.get("bytes"), parts.get("path")
    if isinstance(content, list):
        content = _of_numbers(content)
    return (
        content if isinstance(content, bytes) else None,
        path if isinstance(path, str) else None,
    )


def _of_numbers(values: list[object]) -> bytes:
    """Return the bytes for a list of 8-bit numbers, signed or unsigned."""
    return bytes(value % 256 for value in values if isinstance(value, int))
