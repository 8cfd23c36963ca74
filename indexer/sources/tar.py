"""WebDataset tars, read in place: `key.jpg` with `key.txt` or `key.json` beside it."""

from __future__ import annotations

import json
import posixpath
import tarfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO, cast

from indexer.decode import MAX_FILE_BYTES
from indexer.sources.folder import SUFFIXES
from indexer.sources.shard import Captions, Member
from store import SourceError, UnreadableImage

__all__ = ["TarShard", "check_tar", "read_member"]

BLOCK = tarfile.BLOCKSIZE
MOST_CAPTION_BYTES = 2**20
FIELDS = ("caption", "captions")
MOST_HEADER_BYTES = 2**20
"""Of one read while headers are gone through: a long name or PAX header is read whole."""

DAMAGED = (
    *(tarfile.TarError, ValueError, LookupError, OverflowError, EOFError),
    RecursionError,  # of headers that each go before another
)


class TarShard:
    """The photos of a tar; headers alone are read to list them.

    Of two members of one name the last one counts, as it does when a tar is unpacked. Links and
    sparse files are left out, and names that begin with a dot, as in folders.

    Args:
        place: its name, for messages.
        file: open, closed with this.

    Raises:
        SourceError: it is no tar.
    """

    def __init__(self, place: str, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        texts: dict[str, Captions] = {}
        self.damage = ""
        photos: dict[str, Member] = {}
        check_tar(place, file)
        for info in self._headers():
            name = _plain_name(info.name)
            if not info.isreg() or info.issparse() or not name:
                continue
            if name.lower().endswith(tuple(SUFFIXES)):
                photos[name] = Member(name, info.size, info.offset_data)
            elif name.lower().endswith((".txt", ".json")):
                texts[name] = self._said(name, info)
        self.members = sorted(photos.values(), key=lambda member: member.place)
        self._texts = _by_key(texts)

    def read(self, member: Member) -> bytes:
        """Give the bytes of a member; raises as `indexer.sources.shard.Shard` says."""
        with self._lock:
            return read_member(self._file, member)

    def captions(self) -> Iterator[tuple[str, Captions]]:
        """Give each photo's name and captions: those of the texts that share its key."""
        for member in self.members:
            yield member.name, self._texts.get(_key(member.name), ())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _at(self, offset: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def _headers(self) -> Iterator[tarfile.TarInfo]:
        """Give the headers one by one, up to the end or to where the tar is damaged."""
        self._file.seek(0)
        offset = 0
        try:
            headers = cast("BinaryIO", _Headers(self._file))
            with tarfile.open(fileobj=headers, mode="r:", errors="surrogateescape") as tar:
                while (info := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined] # it would hold all of them
                    if info.size < 0 or tar.offset <= offset:
                        raise tarfile.ReadError("a member ends before it begins")
                    yield info
                    offset = tar.offset
                offset = tar.offset
        except DAMAGED as error:
            self.damage = f"the tar file is damaged or cut off after {offset:,} bytes: {error}"
            return
        end = self._at(offset, BLOCK)
        if end != bytes(BLOCK):
            what = "damaged" if len(end) == BLOCK else "cut off, without the mark of its end,"
            self.damage = f"the tar file is {what} after {offset:,} bytes"

    def _said(self, name: str, info: tarfile.TarInfo) -> Captions:
        if info.size > MOST_CAPTION_BYTES:
            return ()
        text = self._at(info.offset_data, info.size).decode("utf-8", "replace")
        return _of_json(text) if name.lower().endswith(".json") else _lines(text)


class _Headers:
    """A file as `tarfile` reads headers from it, which believes what they claim of their sizes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Give bytes of the file, of which none asks for many."""
        if size > MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header claims {size:,} bytes")
        return self._file.read(size)


def read_member(file: BinaryIO, member: Member) -> bytes:
    """Give the bytes of a member of an open tar; raises as `indexer.sources.shard.Shard` says."""
    wanted = min(member.size_bytes, MAX_FILE_BYTES + 1)
    file.seek(member.place)
    content = file.read(wanted)
    if len(content) < wanted:
        raise UnreadableImage("the tar file ends in the middle of it")
    return content


def check_tar(place: str, file: BinaryIO) -> None:
    """Say whether a file begins as a tar does.

    Raises:
        SourceError: it does not.
    """
    file.seek(0)
    block = file.read(BLOCK)
    try:
        if block != bytes(BLOCK):  # which is an empty tar
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except DAMAGED as error:
        raise SourceError(f"{place} is no tar file: {error}") from error


def _plain_name(name: str) -> str:
    """Give a name without what leads out of the tar; empty where it is hidden, or no file's name.

    >>> _plain_name("./a//b.jpg"), _plain_name("../../c.jpg"), _plain_name("a/._b.jpg")
    ('a/b.jpg', 'c.jpg', '')
    """
    plain = posixpath.normpath("/" + name).lstrip("/")
    return "" if "\0" in plain or any(part.startswith(".") for part in plain.split("/")) else plain


def _key(name: str) -> str:
    """Give what the files of one sample share: all up to the first dot of the last part.

    >>> _key("a.b/000007.left.jpg")
    'a.b/000007'
    """
    folder, _, last = name.rpartition("/")
    return f"{folder}/{last.partition('.')[0]}"


def _by_key(texts: dict[str, Captions]) -> dict[str, Captions]:
    """Give key to what the texts of that say, each once, in their order.

    >>> _by_key({"a/7.txt": ("a dog",), "a/7.json": ("it runs", "a dog")})
    {'a/7': ('a dog', 'it runs')}
    """
    said: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name, captions in texts.items():
        said[_key(name)].update(dict.fromkeys(captions))
    return {key: tuple(captions) for key, captions in said.items()}


def _lines(text: str) -> Captions:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _of_json(text: str) -> Captions:
    """Give the captions of a sample's JSON; other programs' files are none of our business.

    >>> _of_json('{"caption": "a dog", "captions": ["a dog", "it runs"], "id": 7}')
    ('a dog', 'a dog', 'it runs')
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found: list[str] = []
    for field in FIELDS if isinstance(said, dict) else ():
        value = said.get(field)
        found += [
            item
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, str)
        ]
    return tuple(text.strip() for text in found if text.strip())
