"""Photos as COCO files: a captions file, and one with categories if there are any.

There are two files, as in COCO, since its readers expect a category in every annotation of a file
with categories. The second is `NAME.categories.json`; its annotations have no boxes, since it is
unknown where in the photo a thing is. Images also have the known metadata (taken, camera, title,
tags, people, place and so on). `file_name` is relative to the photo's source, or absolute if two
sources have a photo of that name. Hits also have rank, score and probability.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from search.export.export_file import written_whole
from search.export.metadata import metadata_of
from search.result import Hit

if TYPE_CHECKING:
    from store import IndexReader
    from store.types import PhotoRecord, Progress

__all__ = ["categories_file", "write_coco"]

Entry = dict[str, object]


def write_coco(
    index: IndexReader,
    out: Path,
    hits: Sequence[Hit] | None,
    query: str,
    progress: Progress | None = None,
) -> tuple[int, list[Path]]:
    """Write photos, or only hits; return how many, and the files.

    Args:
        index: open, in a snapshot.
        out: the captions file; an existing one is replaced.
        hits: as in `search.export.write_photos.export`.
        query: the query that they answer.
        progress: as in `search.export.write_photos.export`.
    """
    photos = _Photos(index, hits, progress)
    info: Entry = {
        "description": f"photos of the index {index.folder.name}",
        "model": index.model.name,
        "fingerprint": index.model.fingerprint,
        **({} if hits is None else {"query": query}),
    }
    beside = categories_file(out)
    with written_whole(out) as temporary:
        count = _write(temporary, info, photos, photos.captions())
        numbers = photos.categories()
        files = [out]
        # A file left by an earlier export would describe other photos.
        if numbers or beside.exists():
            with written_whole(beside) as second:
                _write(second, info, photos, photos.annotated(numbers), numbers)
            files.append(beside)
    return count, files


def categories_file(out: Path) -> Path:
    """Return the name of the second file.

    >>> categories_file(Path("photos.json")).name
    'photos.categories.json'
    """
    return out.with_name(f"{out.stem}.categories{out.suffix}")


class _Photos:
    """The photos as entries of a COCO file; each method reads them from the index again.

    Args:
        index: open, in a snapshot.
        hits: these only; None is all.
        progress: called in each pass over the photos.
    """

    def __init__(
        self,
        index: IndexReader,
        hits: Sequence[Hit] | None,
        progress: Progress | None,
    ) -> None:
        from store.record_stream import shared_paths

        self._index = index
        self._progress = progress
        self._hits = None if hits is None else {hit.image_id: hit for hit in hits}
        self._shared = shared_paths(index)

    def images(self) -> Iterator[Entry]:
        for photo in self._records("photos"):
            shared = photo.relative_path in self._shared
            entry: Entry = {
                "id": photo.image_id,
                "file_name": photo.file.path if shared else photo.relative_path,
                "width": photo.file.width_px,
                "height": photo.file.height_px,
            }
            said = metadata_of(photo).items()
            entry |= {name: value for name, value in said if value not in (None, "", [])}
            if self._hits is not None:
                hit = self._hits[photo.image_id]
                entry |= {"rank": hit.rank, "score": hit.score, "probability": hit.probability}
            yield entry

    def captions(self) -> Iterator[Entry]:
        number = 0
        for photo in self._records("captions"):
            for text in photo.captions:
                number += 1
                yield {"id": number, "image_id": photo.image_id, "caption": text}

    def categories(self) -> dict[str, int]:
        """Return the names, sorted, with their ids from 1."""
        names = {name for photo in self._records("names") for name in photo.categories}
        return {name: number for number, name in enumerate(sorted(names), start=1)}

    def annotated(self, numbers: dict[str, int]) -> Iterator[Entry]:
        number = 0
        for photo in self._records("categories"):
            for name in photo.categories:
                number += 1
                category = numbers[name]
                yield {"id": number, "image_id": photo.image_id, "category_id": category}

    def _records(self, what: str) -> Iterator[PhotoRecord]:
        from store.record_stream import records

        wanted = None if self._hits is None else list(self._hits)
        done, total = 0, len(self._index) if wanted is None else len(wanted)
        for block in records(self._index, wanted, vectors=False):
            yield from block
            done += len(block)
            if self._progress is not None:
                self._progress(done, total, what)


def _write(
    file: Path,
    info: Entry,
    photos: _Photos,
    annotations: Iterable[Entry],
    categories: dict[str, int] | None = None,
) -> int:
    """Write a file, one entry per line; return how many images are in it."""
    # Everything but ASCII is escaped, which preserves names that are not valid Unicode.
    with file.open("w", encoding="ascii") as stream:
        stream.write(f'{{"info": {json.dumps(info)},\n"images": [')
        count = _write_entries(stream, photos.images())
        stream.write('],\n"annotations": [')
        _write_entries(stream, annotations)
        if categories is not None:
            stream.write('],\n"categories": [')
            named = ({"id": number, "name": name} for name, number in categories.items())
            _write_entries(stream, named)
        stream.write("]}\n")
    return count


def _write_entries(stream: TextIO, entries: Iterable[Entry]) -> int:
    count = 0
    for entry in entries:
        stream.write(f"{',' if count else ''}\n{json.dumps(entry)}")
        count += 1
    return count
