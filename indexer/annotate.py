"""What annotation files say, written beside the photos they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.match import PhotoFinder
from indexer.sources import CocoSource
from store import Index

__all__ = ["Annotated", "annotate"]


@dataclass(frozen=True)
class Annotated:
    """How many photos got something, and the names, sorted, that no single photo goes by."""

    annotated: int = 0
    missing: tuple[str, ...] = ()


def annotate(index: Index, described: Sequence[CocoSource], roots: Sequence[str]) -> Annotated:
    """Write captions and categories; reading the same file again replaces what it said before.

    Args:
        index: an open index that knows its photos.
        described: the annotation files.
        roots: the folders in which their photos are looked up.
    """
    if not described:
        return Annotated()
    finder = PhotoFinder(index.files(), roots)
    annotated: set[int] = set()
    missing: set[str] = set()
    for source in described:
        captions: dict[int, tuple[str, ...]] = {}
        categories: dict[int, tuple[str, ...]] = {}
        for file_name in source.file_names:
            image_id = finder.find(file_name)
            if image_id is None:
                missing.add(file_name)
                continue
            annotated.add(image_id)
            captions[image_id] = source.captions[file_name]
            categories[image_id] = source.categories[file_name]
        origin = str(source.path)
        index.put_captions(captions, origin=origin)
        index.put_categories(categories, origin=origin)
    return Annotated(len(annotated), tuple(sorted(missing)))
