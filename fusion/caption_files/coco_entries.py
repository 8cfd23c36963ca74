"""COCO annotation files as programs really write them: each entry is validated on its own.

Ids come as integers, as strings and as 1.0, captions as null, categories without a name. A bad
entry is left out without affecting others; what is left out is counted and reported with an
example. A caption that may belong to the wrong photo, such as one with an id that two photos share,
is left out as well. Both indexing and training read files by this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fusion.caption_files.entry_ids import Id, by_number, known_id, plain_id
from fusion.caption_files.json_lists import Piece, load_object, pieces_of_loaded, pieces_of_object
from fusion.caption_files.name_spellings import one_form
from fusion.caption_files.packers import packer_of
from fusion.caption_files.text_values import texts_in
from fusion.fusion_error import FusionError

__all__ = ["Annotation", "CocoError", "CocoFile"]

NAME_FIELDS = ("file_name", "filename", "path", "coco_url", "url")
"""Fields with the name of a photo, in order of preference. LVIS has `coco_url` only, COCO Annotator
also has `path`."""

NEEDED = ("images", "annotations")

LARGE_BYTES = 32 * 2**20
"""A larger file is read entry by entry: loading it whole takes ten times its size in memory."""

LONGEST_EXAMPLE = 40


class CocoError(FusionError, ValueError):
    """A file is not a COCO file, or cannot be read; the message says which and why, in one line."""


class Annotation(NamedTuple):
    """One annotation of a photo.

    Attributes:
        image_id: the id of a photo that the file lists.
        captions: the captions, usually one or none.
        categories: the names of the categories in the photo.
        own_id: the annotation's own id as it is in the file; None if it has none.
    """

    image_id: Id
    captions: tuple[str, ...]
    categories: tuple[str, ...]
    own_id: object


class CocoFile:
    """One COCO file, read tolerantly; iterate over `annotations` for the captions and categories.

    Args:
        path: a JSON file with `images` and `annotations` (and `categories` for instances).

    Attributes:
        path: the file.
        images: maps ids to file names of the photos that the file lists, in its order, without
            those that share an id with another photo.
        categories: maps ids to names.
        problems: maps what was left out to the number of times and an example; complete once
            `annotations` is exhausted.
        annotation_count: the number of annotations, valid or not; complete when `problems` is.

    Raises:
        CocoError: the file cannot be read, is not JSON, or is not a COCO annotation file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: dict[str, tuple[int, str]] = {}
        self.images: dict[Id, str] = {}
        self.categories: dict[Id, str] = {}
        self._shared: set[Id] = set()
        self._image_numbers: dict[int, Id | None] = {}
        self._category_numbers: dict[int, Id | None] = {}
        self._kinds: dict[str, str] = {}  # types of the members, by name
        self._lists: dict[str, int] = {}  # number of lists by name; the last list of a name counts
        self.annotation_count = 0
        self._images_listed = 0
        self._encoding: str | None = None
        self._content: dict[str, object] | None = None  # the parsed file, unless it is large
        try:
            self._read_head()
        except UnicodeDecodeError:
            self._encoding = "cp1252"
            self._read_head()
        self._check_head()
        self._problems_of_head = dict(self.problems)

    def annotations(self) -> Iterator[Annotation]:
        """Return the annotations of photos that the file lists, one after the other.

        Raises:
            CocoError: the file cannot be read, or no annotation has an `image_id`.
        """
        self.problems = dict(self._problems_of_head)
        self.annotation_count, named, lists = 0, 0, 0
        for part in self._pieces():
            if part.key != "annotations":
                continue
            lists += part.kind == "list"
            if part.kind != "entry" or lists < self._lists["annotations"]:
                continue
            self.annotation_count += 1
            named += isinstance(part.value, dict) and "image_id" in part.value
            if (annotation := self._annotation(part.value)) is not None:
                yield annotation
        if self.annotation_count and not named:
            raise CocoError(
                f'{self.path} is no COCO file: none of its "annotations" has an "image_id"'
            )

    def notes(self) -> list[str]:
        """Return what was left out as one human-readable line; no line if all was valid."""
        if not self.problems:
            return []
        told = (
            f"{what}: {count:,}" + (f" (such as {example})" if example else "")
            for what, (count, example) in self.problems.items()
        )
        return [f"{self.path}: left out {'; '.join(told)}"]

    def _read_head(self) -> None:
        for name in ("problems", "images", "categories", "_kinds", "_lists"):
            getattr(self, name).clear()
        self._shared.clear()
        takes = {"images": self._image, "categories": self._category}
        for part in self._pieces():
            if part.kind == "entry":
                if part.key in takes:
                    takes[part.key](part.value)
                continue
            self._kinds[part.key] = type(part.value).__name__ if part.kind == "value" else "list"
            if part.kind == "list":
                self._lists[part.key] = self._lists.get(part.key, 0) + 1
                self._forget(part.key)
        for image_id in self._shared:
            self.images.pop(image_id, None)
        self.categories = {number: name for number, name in self.categories.items() if name}
        self._image_numbers = by_number([*self.images, *self._shared])
        self._category_numbers = by_number(self.categories)

    def _forget(self, key: str) -> None:
        """Discard an earlier list of the same name: of duplicate members the last one counts."""
        if key == "images":
            self.images.clear()
            self._shared.clear()
        elif key == "categories":
            self.categories.clear()

    def _check_head(self) -> None:
        for key in (*NEEDED, "categories"):
            kind = self._kinds.get(key)
            if kind is None and key in NEEDED:
                raise CocoError(f'{self.path} is no COCO file: it lacks "{key}"')
            if kind not in (None, "list", "NoneType" if key == "categories" else ""):
                raise CocoError(f'{self.path} is no COCO file: its "{key}" is no list')
        if self._images_listed and not self.images and not self._shared:
            raise CocoError(
                f'{self.path} is no COCO file: none of its "images" has a valid "id" and a '
                '"file_name"'
            )

    def _pieces(self) -> Iterator[Piece]:
        try:
            if self._content is None and self.path.stat().st_size <= LARGE_BYTES:
                self._content = load_object(self.path.read_bytes(), self._encoding)
            if self._content is not None:
                yield from pieces_of_loaded(self._content)
                return
            with self.path.open("rb") as file:
                yield from pieces_of_object(file, self._encoding)
        except OSError as error:
            raise CocoError(f"{self.path} cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError:
            raise
        except TypeError as error:
            raise CocoError(
                f"{self.path} is no COCO file: it holds a {error}, expected an object with "
                '"images" and "annotations"'
            ) from error
        except ValueError as error:
            if isinstance(error, CocoError):
                raise
            raise CocoError(f"{self.path} is no COCO file: {self._no_json(error)}") from error

    def _no_json(self, error: ValueError) -> str:
        with self.path.open("rb") as file:
            packer = packer_of(file.read(8))
        return (
            f"it is packed ({packer}): unpack it first" if packer else f"it is not JSON ({error})"
        )

    def _image(self, entry: object) -> None:
        self._images_listed += 1
        if not isinstance(entry, dict) or (image_id := plain_id(entry.get("id"))) is None:
            self._leave_out("images without a valid id", entry)
            return
        names = (entry.get(field) for field in NAME_FIELDS)
        name = next((name for name in names if isinstance(name, str) and name.strip()), None)
        if name is None:
            self._leave_out("images without a file name", entry)
        elif self.images.setdefault(image_id, name) != name:
            if image_id not in self._shared:
                self._leave_out("images that share an id", image_id, count=2)
            else:
                self._leave_out("images that share an id", image_id)
            self._shared.add(image_id)

    def _category(self, entry: object) -> None:
        number = plain_id(entry.get("id")) if isinstance(entry, dict) else None
        name = entry.get("name") if isinstance(entry, dict) else None
        text = one_form(next(texts_in(name), "")) if isinstance(name, str) else ""
        if number is None or not text:
            self._leave_out("categories without a valid id and a name", entry)
        elif self.categories.setdefault(number, text) not in (text, ""):
            self._leave_out("categories that share an id with one of another name", entry)
            self.categories[number] = ""  # ambiguous, so neither name is used

    def _annotation(self, entry: object) -> Annotation | None:
        image_id = plain_id(entry.get("image_id")) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or image_id is None:
            self._leave_out("annotations without a valid image_id", entry)
            return None
        image_id = known_id(image_id, self.images, self._image_numbers)
        if image_id not in self.images:
            self._leave_out(
                "annotations of an id that several images share"
                if image_id in self._shared
                else "annotations of images that it does not list",
                image_id,
            )
            return None
        captions: tuple[str, ...] = ()
        if "caption" in entry:
            captions = tuple(texts_in(entry["caption"]))
            if not captions:
                self._leave_out("captions that are no text", entry["caption"])
        return Annotation(image_id, captions, tuple(self._named(entry)), entry.get("id"))

    def _named(self, entry: dict[str, object]) -> Iterator[str]:
        """Return the names of an annotation's categories: one, or one per segment (panoptic)."""
        segments = entry.get("segments_info")
        for item in (entry, *(segments if isinstance(segments, list) else ())):
            if not isinstance(item, dict) or "category_id" not in item:
                continue
            number = plain_id(item["category_id"])
            if number is not None:
                number = known_id(number, self.categories, self._category_numbers)
            name = None if number is None else self.categories.get(number)
            if name is None:
                self._leave_out("categories that it does not name", item["category_id"])
            else:
                yield name

    def _leave_out(self, what: str, example: object, count: int = 1) -> None:
        before, first = self.problems.get(what, (0, ""))
        self.problems[what] = (before + count, first or _shown(example))


def _shown(value: object) -> str:
    """Return a value as a short example on one line."""
    try:
        text = json.dumps(value)
    except RecursionError:
        return "a value nested too deeply to be shown"
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 3]}..."
