"""The lists of an approximate index, memory-mapped in their file (FAISS `OnDiskInvertedLists`).

The file is mapped: a search has in memory only the vectors that it reads, which the system shares
between processes and drops when memory is short. FAISS gets the position of each list, and does not
parse the file. Only the file's head has been checked by then, so a list is checked against its sum
before it is first searched; after that it is trusted.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from store.vectors.vector_file import DamagedVectors, read_part
from store.vectors.vector_head import ID_BYTES, Head

__all__ = ["MappedLists"]


class MappedLists:
    """The lists of one file, each checked before it is first searched.

    Args:
        file: the file with the lists.
        stream: the same file, open.
        head: its head.

    Attributes:
        held: FAISS's object for the lists.

    Raises:
        ValueError: they cannot be mapped, for example since the file was replaced meanwhile.
    """

    def __init__(self, file: Path, stream: BinaryIO, head: Head) -> None:
        self._head = head
        self._unchecked = np.ones(head.header.lists, dtype=np.bool_)
        # FAISS cannot map lists on Windows, where the whole file is read into memory instead.
        mappable = hasattr(faiss, "OnDiskInvertedLists") and head.header.count > 0
        self.held: Any = _mapped(file, stream, head) if mappable else _read(stream, head)
        if not mappable:
            self._unchecked[:] = False

    @property
    def all_checked(self) -> bool:
        """Whether there is nothing left to check."""
        return not self._unchecked.any()

    def check(self, numbers: NDArray[np.int64] | None = None) -> None:
        """Check lists, or all if `numbers` is None, against their sums, unless done before.

        Raises:
            DamagedVectors: one does not match its sum.
        """
        list_numbers = np.arange(len(self._unchecked)) if numbers is None else numbers
        row_bytes = self._head.header.code_bytes + ID_BYTES
        for number in list_numbers[self._unchecked[list_numbers]].tolist():
            size = int(self._head.sizes[number]) * row_bytes
            # The ids follow directly after the codes.
            codes: Any = faiss.rev_swig_ptr(self.held.get_codes(number), size) if size else b""
            if zlib.crc32(codes) != self._head.sums[number]:
                raise DamagedVectors(f"list {number} of the vector file is damaged")
            self._unchecked[number] = False


def _mapped(file: Path, stream: BinaryIO, head: Head) -> Any:  # noqa: ANN401 - FAISS's classes have no types
    lists = faiss.OnDiskInvertedLists()
    lists.nlist, lists.code_size = head.header.lists, head.header.code_bytes
    lists.filename, lists.totsize = os.fspath(file), head.header.file_bytes
    lists.read_only = True
    lists.prefetch_nthread = 0  # a list was read just before its first search, to check it
    table: Any = lists.lists
    table.resize(head.header.lists)
    # Size, capacity and offset of each.
    places = np.stack([head.sizes, head.sizes, head.offsets], axis=1).astype(np.uint64)
    faiss.memcpy(table.data(), faiss.swig_ptr(places), places.nbytes)
    try:
        lists.do_mmap()
    except RuntimeError as error:
        raise ValueError(f"{file} cannot be mapped: {error}") from error
    if not os.path.samestat(os.fstat(stream.fileno()), file.stat()):
        raise ValueError(f"{file} was replaced while it was being opened")
    return lists


def _read(stream: BinaryIO, head: Head) -> Any:  # noqa: ANN401 - as above
    lists = faiss.ArrayInvertedLists(head.header.lists, head.header.code_bytes)
    for number in np.flatnonzero(head.sizes).tolist():
        for codes, ids in read_part(stream, head, number):
            lists.add_entries(number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    return lists
