"""COCO annotation files: captions and instances, by the name of the photo that they describe."""

from __future__ import annotations

import os
from pathlib import Path

from fusion.caption_files.coco_entries import CocoError, CocoFile
from fusion.caption_files.entry_ids import Id
from store import SourceError

__all__ = ["CocoSource"]


class CocoSource:
    """What a COCO file says about its photos, as far as `coco_entries` of `fusion` accepts it.

    The file is read entry by entry, so that memory holds little more than what is kept of it; the
    outlines of objects, which make up most of a large file, are not kept.

    Args:
        path: a JSON file with `images` and `annotations` (and `categories` for instances).

    Attributes:
        path: the file, absolute.
        captions: file name to its captions, in the order of the file; a name that is listed under
            several ids gets those of all of them.
        categories: file name to the names of the categories annotated in it, sorted, each once.
        file_names: names of all photos that the file lists, each once, including those without
            annotations; photos that share an id are not included, as it is ambiguous.
        notes: what was left out of it, and why, and what kind of file it is if it has no captions,
            as lines for people to read.

    Raises:
        SourceError: the file cannot be read, is not JSON, or is not a COCO annotation file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(os.path.abspath(path))
        try:
            file = CocoFile(self.path)
            captions, categories = _grouped(file)
        except CocoError as error:
            raise SourceError(str(error)) from error
        self.captions: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, tuple[str, ...]] = {}
        for image_id, name in file.images.items():
            texts, seen = captions.get(image_id, ()), categories.get(image_id, ())
            if name in self.captions:
                texts = (*self.captions[name], *texts)
                seen = tuple(sorted({*self.categories[name], *seen}))
            self.captions[name], self.categories[name] = texts, seen
        self.file_names = list(self.captions)
        self.left_out = file.notes()
        self.kind = _kind(file, bool(captions), bool(categories))
        self.notes = (*self.left_out, *self.kind)


Texts = dict[Id, tuple[str, ...]]


def _grouped(file: CocoFile) -> tuple[Texts, Texts]:
    """Return image id to captions and to categories, of images that have any."""
    captions: Texts = {}
    categories: Texts = {}
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # most photos have the categories of others
    for annotation in file.annotations():
        if annotation.captions:
            texts = captions.get(annotation.image_id, ())
            captions[annotation.image_id] = (*texts, *annotation.captions)
        if annotation.categories:
            before = categories.get(annotation.image_id, ())
            names = tuple(sorted({*before, *annotation.categories}))
            categories[annotation.image_id] = same.setdefault(names, names)
    return captions, categories


def _kind(file: CocoFile, has_captions: bool, has_categories: bool) -> list[str]:
    """Return a note on what was used of a file without captions, such as a panoptic one."""
    if has_captions or not file.annotation_count:
        return []
    if has_categories:
        return [f"{file.path} has no captions; its categories were used"]
    return [f"{file.path} has neither captions nor categories for its photos"]
