"""COCO annotation files: captions and instances, checked before they are believed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexer.sources.coco_checks import check_category, check_entry, is_lacking, no_list
from indexer.sources.coco_stream import StreamedCoco
from store import SourceError

__all__ = ["CocoSource"]

LARGE_BYTES = 64 * 2**20
"""A file above this is read entry by entry: loaded whole it takes ten times its size in memory."""


class CocoSource:
    """What one COCO file says of its photos.

    pycocotools groups the annotations; it answers a malformed file with a KeyError from its depths
    and prints to stdout, so the file is checked first and the printing kept away.

    Args:
        path: a JSON file with `images` and `annotations` (and `categories` for instances).

    Attributes:
        path: the file, absolute.
        captions: file name to its captions, in the order of the file.
        categories: file name to the names of what is annotated in it, sorted, each once.
        file_names: of all photos that the file lists, also those that nothing is said of.

    Raises:
        SourceError: the file cannot be read, is no JSON, or is no COCO annotation file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(os.path.abspath(path))
        images, captions, categories = _found(self.path)
        self.captions: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, tuple[str, ...]] = {}
        self.file_names: list[str] = []
        for image_id, name in images:
            file_name = name.replace("\\", "/")
            self.file_names.append(file_name)
            self.captions[file_name] = captions.get(image_id, ())
            self.categories[file_name] = categories.get(image_id, ())


Id = int | str
Texts = Mapping[Id, tuple[str, ...]]
Found = tuple[list[tuple[Id, str]], Texts, Texts]


def _found(path: Path) -> Found:
    if not _is_large(path):
        return _loaded(_checked(path))
    streamed = StreamedCoco(path)
    return streamed.images, streamed.captions, streamed.categories


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > LARGE_BYTES
    except OSError:
        return False  # which reading it will tell


def _loaded(content: Mapping[str, Any]) -> Found:
    """Give the images, their captions, and the names of their categories, by id."""
    groups = _grouped(content)
    names = {category["id"]: category["name"] for category in content.get("categories", ())}
    images = [(image["id"], image["file_name"]) for image in content["images"]]
    captions: dict[Id, tuple[str, ...]] = {}
    categories: dict[Id, tuple[str, ...]] = {}
    for image_id, _ in images:
        about = groups.get(image_id, ())
        said = (str(item["caption"]).strip() for item in about if "caption" in item)
        captions[image_id] = tuple(caption for caption in said if caption)
        found = {names[item["category_id"]] for item in about if "category_id" in item}
        categories[image_id] = tuple(sorted(found))
    return images, captions, categories


def _grouped(content: Mapping[str, Any]) -> Mapping[Any, list[dict[str, Any]]]:
    """Give image id to its annotations."""
    # Imported here: it loads a compiled extension that folders without annotations never need.
    from pycocotools.coco import COCO

    coco = COCO()
    # It asks for ids of annotations, which some files lack or have wrong and nothing here needs,
    # and with categories for one in every annotation, which not every file with captions gives.
    numbered = [{**entry, "id": number} for number, entry in enumerate(content["annotations"])]
    coco.dataset = {"images": content["images"], "annotations": numbered}
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    groups: Mapping[Any, list[dict[str, Any]]] = coco.imgToAnns
    return groups


def _checked(path: Path) -> dict[str, Any]:
    content = _json(path)
    if not isinstance(content, dict):
        raise SourceError(
            f"{path} is no COCO file: it holds a {type(content).__name__}, expected an object "
            'with "images" and "annotations"'
        )
    for key in ("images", "annotations", "categories"):
        _check_entries(path, content, key)
    known = {category["id"] for category in content.get("categories", ())}
    for entry in content["annotations"]:
        check_category(path, entry, known)
    return content


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is no COCO file: it is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # also of a number with too many digits
        raise SourceError(f"{path} is no COCO file: it is not JSON ({error})") from error


def _check_entries(path: Path, content: Mapping[str, Any], key: str) -> None:
    if key not in content:
        if key == "categories":
            return
        raise is_lacking(path, key)
    entries = content[key]
    if not isinstance(entries, list):
        raise no_list(path, key)
    for position, entry in enumerate(entries):
        check_entry(path, key, position, entry)
