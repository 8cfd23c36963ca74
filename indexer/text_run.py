"""Runs text recognition on the photos of an index that have not been through it yet.

Each batch is one transaction, so an interrupted run keeps what it did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from indexer.photos.decode import UnreadableImage, decode_photo
from indexer.sources.photo_bytes import ShardsAtHand
from indexer.text.line_reader import ENOUGH_PX, TEXT_READER, LineReader
from store import Index
from store.photo_names import base_name
from store.types import Progress, TextLine

__all__ = ["TextReport", "read_text"]

AT_ONCE = 16


@dataclass(frozen=True)
class TextReport:
    """What a run did.

    Attributes:
        read: photos that were searched for text.
        with_text: those of them in which text was found.
        unread: photos that cannot be reached at the moment, which the next run tries again.
        seconds: how long it took.
    """

    read: int = 0
    with_text: int = 0
    unread: int = 0
    seconds: float = 0.0


def read_text(
    folder: Path | str,
    reader: LineReader | None = None,
    *,
    progress: Progress | None = None,
) -> TextReport:
    """Read the text in all photos of an index that have not been searched for it; embeds nothing.

    Args:
        folder: the index.
        reader: reads the text; None to load the default reader.
        progress: called with photos done, photos to do, and the name of the last one.

    Raises:
        ExtraMissing: RapidOCR is not installed.
        IndexNotFound: there is no index.
        IndexBusy: another process is writing it.
    """
    started = time.monotonic()
    reader = LineReader() if reader is None else reader
    done = read = with_text = 0
    with Index.open(Path(folder)) as index, ShardsAtHand() as photos:
        index.begin_writing()
        ids = index.ids_without_text(TEXT_READER)
        for start in range(0, len(ids), AT_ONCE):
            texts: dict[int, tuple[TextLine, ...]] = {}
            name = ""
            for record in index.photo_records(ids[start : start + AT_ONCE]):
                done += 1
                name = base_name(record.file.path)
                try:
                    content = photos.find(record.file).content()
                    texts[record.image_id] = reader.read(decode_photo(content, ENOUGH_PX).image)
                except UnreadableImage:
                    texts[record.image_id] = ()
                except OSError:
                    continue
            index.put_lines(texts, TEXT_READER)
            read += len(texts)
            with_text += sum(map(bool, texts.values()))
            if progress is not None:
                progress(done, len(ids), name)
    return TextReport(read, with_text, done - read, time.monotonic() - started)
