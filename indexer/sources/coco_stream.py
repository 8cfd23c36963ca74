"""Large COCO files, read entry by entry: what is drawn around things is most of them, and no use.

The file is gone through once for each of its lists, so that in memory there is no more than what is
kept of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from indexer.sources.coco_checks import check_category, check_entry, is_lacking, no_list
from store import SourceError

__all__ = ["StreamedCoco"]

BOM = b"\xef\xbb\xbf"


class StreamedCoco:
    """What `indexer.sources.coco.CocoSource` keeps of a file, without holding all of that.

    Args:
        path: the file.

    Attributes:
        images: id and file name, in the order of the file.
        captions: id of an image to its captions, in the order of the file.
        categories: id of an image to the names of what is annotated in it, sorted, each once.

    Raises:
        SourceError: it cannot be read, is no JSON, or is no COCO file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.images = [(entry["id"], entry["file_name"]) for entry in self._entries("images")]
        names = {entry["id"]: entry["name"] for entry in self._entries("categories")}
        self.captions: dict[int | str, tuple[str, ...]] = {}
        self.categories: dict[int | str, tuple[str, ...]] = {}
        same: dict[tuple[str, ...], tuple[str, ...]] = {}  # most photos share theirs with others
        known = {image_id for image_id, _ in self.images}
        for entry in self._entries("annotations"):
            check_category(path, entry, names)
            image_id = entry["image_id"]
            if image_id not in known:
                continue
            if "caption" in entry and (said := str(entry["caption"]).strip()):
                self.captions[image_id] = (*self.captions.get(image_id, ()), said)
            if "category_id" in entry:
                before = self.categories.get(image_id, ())
                found = tuple(sorted({*before, names[entry["category_id"]]}))
                self.categories[image_id] = same.setdefault(found, found)

    def _entries(self, key: str) -> Iterator[dict[str, Any]]:
        position = -1
        for position, entry in enumerate(self._parsed("items", f"{key}.item")):
            check_entry(self._path, key, position, entry)
            yield entry
        if position < 0:
            self._check_shape(key)

    def _check_shape(self, key: str) -> None:
        """Say why a list has no entry, where it is not merely empty."""
        with closing(self._parsed("parse")) as events:
            for prefix, event, _ in events:
                if prefix == "" and event not in ("start_map", "map_key", "end_map"):
                    raise SourceError(
                        f"{self._path} is no COCO file: it holds no object, expected one with "
                        '"images" and "annotations"'
                    )
                if prefix == key:
                    if event != "start_array":
                        raise no_list(self._path, key)
                    return
        if key != "categories":
            raise is_lacking(self._path, key)

    def _parsed(self, how: str, *prefix: str) -> Generator[Any]:
        import ijson  # its C library is loaded for large files alone

        try:
            with self._path.open("rb") as file:
                _skip_mark(file)
                yield from getattr(ijson, how)(file, *prefix, use_float=True)
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read: {error.strerror}") from error
        except (ijson.JSONError, ValueError) as error:
            # Its second line points into the first.
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SourceError(f"{self._path} is no COCO file: it is not JSON ({reason})") from error


def _skip_mark(file: BinaryIO) -> None:
    if file.read(len(BOM)) != BOM:
        file.seek(0)
