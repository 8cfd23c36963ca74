"""Reads the metadata of indexed photos again, without their pixels.

Each batch is one transaction, so an interrupted run keeps what it did.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import BinaryIO

from indexer.description import PhotoDescription, described
from indexer.metadata.embedded import embedded_values
from indexer.metadata.place_names import PLACES_AT_ONCE, PlaceNames
from indexer.photos.exif import Exif, read_exif
from indexer.photos.image_files import opened_image, quiet_decoders
from indexer.photos.raw_preview import RAW_HEAD_BYTES, may_be_raw, raw_as_jpeg
from indexer.sources import FoundFile
from store import Index, PhotoFile, UnreadableImage
from store.photo_names import base_name
from store.types import PhotoDetails, Progress

__all__ = ["describe", "name_places"]

AT_ONCE = 256


def describe(
    index: Index, files: Sequence[FoundFile], progress: Progress | None = None
) -> tuple[int, list[tuple[str, str]]]:
    """Read the metadata of files, which are known photos.

    Returns the number of photos whose metadata was read, and path and note of those of which
    something was left out. A photo that cannot be read at the moment is left for the next run.
    """
    quiet_decoders()
    read = done = 0
    noted: list[tuple[str, str]] = []
    waiting = iter(files)
    while batch := list(islice(waiting, AT_ONCE)):
        details: dict[int, PhotoDetails] = {}
        facts: dict[int, PhotoFile] = {}
        for image_id, before, description in _descriptions(batch):
            details[image_id] = description.details
            if description.details.note:
                noted.append((before.path, description.details.note))
            now = description.of(before)
            if now != before:
                facts[image_id] = now
        index.update_files(facts)
        index.put_details(details)
        read += len(details)
        done += len(batch)
        if progress is not None:
            progress(done, len(files), f"metadata of {base_name(batch[-1].path)}")
    return read, noted


def name_places(index: Index, names: PlaceNames) -> int:
    """Look up the places of photos with coordinates not looked up yet; return their number."""
    count = 0
    while batch := index.unplaced(PLACES_AT_ONCE):
        index.put_details(names.placed(batch))
        count += len(batch)
    return count


def _descriptions(files: Sequence[FoundFile]) -> Iterator[tuple[int, PhotoFile, PhotoDescription]]:
    for file in files:
        known = file.known
        if known is None:
            continue
        try:
            yield known.image_id, known.file, _description(file)
        except (OSError, UnreadableImage):
            continue


def _description(file: FoundFile) -> PhotoDescription:
    with ExitStack() as stack:
        opened: BinaryIO
        if file.shard is None:
            opened = stack.enter_context(open(file.path, "rb"))
            head = opened.read(RAW_HEAD_BYTES)
            opened.seek(0)
            if may_be_raw(head):
                content = file.content()
                opened = io.BytesIO(raw_as_jpeg(content) or content)
        else:
            content = file.content()
            opened = io.BytesIO(raw_as_jpeg(content) or content)
        try:
            image = stack.enter_context(opened_image(opened))
            exif, embedded = read_exif(image), embedded_values(image)
        except OSError as error:
            if error.errno is not None:  # raised by the disk, not by Pillow
                raise
            exif, embedded = Exif(), ()
        except Exception:  # the header is damaged; the sidecars still count
            exif, embedded = Exif(), ()
    return described(file.path, exif, embedded, file.sidecars)
