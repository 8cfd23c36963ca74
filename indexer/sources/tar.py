"""Tars of photos as in WebDataset, read in place: `7.jpg` with its `7.txt` or `7.json`."""

from __future__ import annotations

import posixpath
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, cast

from fusion.caption_files.packers import packer_of
from fusion.caption_files.text_values import decoded, texts_of_json
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources.shard import Captions, Member
from indexer.sources.sidecars import TEXT_SUFFIXES, Sidecars
from indexer.sources.suffixes import is_photo_name, kind_passed_over
from indexer.sources.walk_rules import wasted
from store import SourceError, UnreadableImage

__all__ = ["TarShard", "check_tar", "read_member"]

BLOCK = tarfile.BLOCKSIZE
MOST_CAPTION_BYTES = 2**20
LARGE_TEXT = f"text above {MOST_CAPTION_BYTES // 2**20} MiB"
TEXT_ALONE = "text without its photo"

MOST_HEADER_BYTES = 2**20
"""Limit of one read while headers are listed: a long name or PAX header is read as a whole."""

DAMAGED = (
    *(tarfile.TarError, ValueError, LookupError, OverflowError, EOFError),
    RecursionError,  # from a long chain of headers that each precede another
)


class TarShard:
    """The photos of a tar; only headers and texts are read to list them.

    Of two members with the same name the last one counts, as when a tar is unpacked. Links and
    sparse files are left out, and names that begin with a dot, as in folders, and what other
    programs leave behind (`__MACOSX`).

    Args:
        place: its name, for messages.
        file: the open file, which is closed with this object.

    Raises:
        SourceError: it is not a tar.
    """

    def __init__(self, place: str, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        texts: dict[str, Captions] = {}
        self.damage = ""
        self.passed_over: Counter[str] = Counter()
        self._waste: dict[str, str] = {}
        photos: dict[str, Member] = {}
        check_tar(place, file)
        for info in self._headers():
            name = _plain_name(info.name)
            if not info.isreg() or info.issparse() or not name or self._is_waste(name):
                continue
            if is_photo_name(name):
                photos[name] = Member(name, info.size, info.offset_data)
            elif name.lower().endswith(TEXT_SUFFIXES):
                texts[name] = self._captions_beside(name, info)
            elif kind := kind_passed_over(name):
                self.passed_over[kind] += 1
        self.members = sorted(photos.values(), key=lambda member: member.place)
        self._sidecars = Sidecars(texts, photos)

    def read(self, member: Member) -> bytes:
        """Return the bytes of a member; raises as `indexer.sources.shard.Shard` says."""
        with self._lock:
            return read_member(self._file, member)

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Yield each photo's name and captions, as `indexer.sources.sidecars` matches them.

        At the end, texts that belong to no photo are counted in `passed_over`.
        """
        for member in self.members:
            yield member.name, self._sidecars.captions(member.name)
        if left_over := self._sidecars.left_over:
            self.passed_over[TEXT_ALONE] = left_over

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _at(self, offset: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def _headers(self) -> Iterator[tarfile.TarInfo]:
        """Yield the headers one by one, up to the end or to where the tar is damaged."""
        self._file.seek(0)
        offset = 0
        try:
            headers = cast("BinaryIO", _Headers(self._file))
            with tarfile.open(fileobj=headers, mode="r:", errors="surrogateescape") as tar:
                while (info := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined] # or it keeps them all
                    if info.size < 0 or tar.offset <= offset:
                        raise tarfile.ReadError("a member ends before it begins")
                    yield info
                    offset = tar.offset
                offset = tar.offset
        except DAMAGED as error:
            self.damage = f"the tar file is damaged or truncated after {offset:,} bytes: {error}"
            return
        end = self._at(offset, BLOCK)
        if end != bytes(BLOCK):
            what = "damaged" if len(end) == BLOCK else "truncated, without an end marker,"
            self.damage = f"the tar file is {what} after {offset:,} bytes"

    def _captions_beside(self, name: str, info: tarfile.TarInfo) -> Captions:
        if info.size > MOST_CAPTION_BYTES:
            self.passed_over[LARGE_TEXT] += 1
            return ()
        text = decoded(self._at(info.offset_data, info.size))
        return tuple(texts_of_json(text)) if name.lower().endswith(".json") else _lines(text)

    def _is_waste(self, name: str) -> bool:
        """Return whether a member is in a folder that a walk would leave out."""
        folder = posixpath.dirname(name)
        if folder not in self._waste:
            self._waste[folder] = wasted(folder)
            if self._waste[folder]:
                self.passed_over[self._waste[folder]] += 1
        return bool(self._waste[folder])


class _Headers:
    """A file from which `tarfile`, which trusts the sizes that headers claim, reads the headers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Return bytes of the file; raises ReadError for more than `MOST_HEADER_BYTES`."""
        if size > MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header claims {size:,} bytes")
        return self._file.read(size)


def read_member(file: BinaryIO, member: Member) -> bytes:
    """Return the bytes of a member of an open tar; raises as `indexer.sources.shard.Shard` says."""
    wanted = min(member.size_bytes, MAX_FILE_BYTES + 1)
    file.seek(member.place)
    content = file.read(wanted)
    if len(content) < wanted:
        raise UnreadableImage("the tar file ends in the middle of it")
    return content


def check_tar(place: str, file: BinaryIO) -> None:
    """Check that a file begins as a tar does.

    Raises:
        SourceError: it does not.
    """
    file.seek(0)
    block = file.read(BLOCK)
    try:
        if block != bytes(BLOCK):  # a block of zeros is an empty tar
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except DAMAGED as error:
        if packer := packer_of(block):
            raise SourceError(
                f"{place} is compressed ({packer}), so no photo in it can be read without "
                "unpacking everything before it: unpack it to a plain .tar, or a folder, first"
            ) from error
        raise SourceError(f"{place} is no tar file: {error}") from error


def _plain_name(name: str) -> str:
    """Return a name that cannot lead out of the tar; empty if it is hidden or not a valid name.

    >>> _plain_name("./a//b.jpg"), _plain_name("../../c.jpg"), _plain_name("a/._b.jpg")
    ('a/b.jpg', 'c.jpg', '')
    """
    plain = posixpath.normpath("/" + name).lstrip("/")
    return "" if "\0" in plain or any(part.startswith(".") for part in plain.split("/")) else plain


def _lines(text: str) -> Captions:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
