"""COCO annotation files: captions and instances, checked before they are believed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from store import SourceError

__all__ = ["CocoSource"]


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
        content = _checked(self.path)
        groups = _grouped(content)
        names = {category["id"]: category["name"] for category in content.get("categories", ())}
        self.captions: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, tuple[str, ...]] = {}
        self.file_names: list[str] = []
        for image in content["images"]:
            file_name = image["file_name"].replace("\\", "/")
            about = groups.get(image["id"], ())
            captions = [str(item["caption"]).strip() for item in about if "caption" in item]
            found = {names[item["category_id"]] for item in about if "category_id" in item}
            self.file_names.append(file_name)
            self.captions[file_name] = tuple(caption for caption in captions if caption)
            self.categories[file_name] = tuple(sorted(found))


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
    _check_entries(path, content, "images", {"id": (int, str), "file_name": (str,)})
    _check_entries(path, content, "annotations", {"image_id": (int, str)})
    if "categories" in content:
        _check_entries(path, content, "categories", {"id": (int, str), "name": (str,)})
    _check_categories(path, content)
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


def _check_entries(
    path: Path, content: Mapping[str, Any], key: str, fields: Mapping[str, tuple[type, ...]]
) -> None:
    if key not in content:
        raise SourceError(f'{path} is no COCO file: it lacks "{key}"')
    entries = content[key]
    if not isinstance(entries, list):
        raise SourceError(f'{path} is no COCO file: its "{key}" is no list')
    for position, entry in enumerate(entries):
        for name, kinds in fields.items():
            if not isinstance(entry, dict) or not isinstance(entry.get(name), kinds):
                raise SourceError(
                    f'{path} is no COCO file: entry {position} of its "{key}" has no valid "{name}"'
                )


def _check_categories(path: Path, content: Mapping[str, Any]) -> None:
    known = {category["id"] for category in content.get("categories", ())}
    for entry in content["annotations"]:
        category = entry.get("category_id")
        if "category_id" in entry and (
            not isinstance(category, int | str) or category not in known
        ):
            raise SourceError(
                f"{path} is no COCO file: an annotation names category {category!r}, which its "
                '"categories" lack'
            )
