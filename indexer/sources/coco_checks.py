"""What must hold of the entries of a COCO file before they are believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from store import SourceError

__all__ = ["FIELDS", "check_category", "check_entry", "is_lacking", "no_list"]

FIELDS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "images": {"id": (int, str), "file_name": (str,)},
    "annotations": {"image_id": (int, str)},
    "categories": {"id": (int, str), "name": (str,)},
}
"""What is needed of each entry of a list, and of which types."""


def check_entry(path: Path, key: str, position: int, entry: object) -> None:
    """Raise a SourceError where an entry lacks what is needed of it."""
    for name, kinds in FIELDS[key].items():
        if not isinstance(entry, dict) or not isinstance(entry.get(name), kinds):
            raise SourceError(
                f'{path} is no COCO file: entry {position} of its "{key}" has no valid "{name}"'
            )


def check_category(path: Path, entry: Mapping[str, object], known: Collection[object]) -> None:
    """Raise a SourceError where an annotation names a category that is none."""
    category = entry.get("category_id")
    if "category_id" in entry and (not isinstance(category, int | str) or category not in known):
        raise SourceError(
            f"{path} is no COCO file: an annotation names category {category!r}, which its "
            '"categories" lack'
        )


def is_lacking(path: Path, key: str) -> SourceError:
    """Give the error of a file without one of its lists."""
    return SourceError(f'{path} is no COCO file: it lacks "{key}"')


def no_list(path: Path, key: str) -> SourceError:
    """Give the error of a file in which something else stands for one of its lists."""
    return SourceError(f'{path} is no COCO file: its "{key}" is no list')
