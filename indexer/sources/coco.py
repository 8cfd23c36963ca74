"""COCO annotation files: captions and instances, by the name of the photo that they are of."""

from __future__ import annotations

import os
from pathlib import Path

from fusion.caption_files.coco_entries import CocoError, CocoFile
from fusion.caption_files.entry_ids import Id
from store import SourceError

__all__ = ["CocoSource"]


class CocoSource:
    """What a COCO file says of its photos, so far as it is believed, by `coco_entries` of `fusion`.

    The file is read entry by entry, so that in memory there is little more than what is kept of it,
    which outlines, most of a large file, are not.

    Args:
        path: a JSON file with `images` and `annotations` (and `categories` for instances).

    Attributes:
        path: the file, absolute.
        captions: file name to its captions, in the order of the file; of a name that is listed
            under several ids those of all.
        categories: file name to the names of what is annotated in it, sorted, each once.
        file_names: of all photos that the file lists, each once, also those that nothing is said
            of; not those of which nobody knows which is meant, as two have one id.
        notes: what was left out of it, and why, and what it is where it has no captions, in lines
            for people.

    Raises:
        SourceError: the file cannot be read, is no JSON, or is no COCO annotation file.
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
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # most photos share theirs with others
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
    """Say of a file of another kind, such as panoptic or of keypoints, what came of it."""
    if has_captions or not file.annotation_count:
        return []
    if has_categories:
        return [f"{file.path} has no captions; its categories were used"]
    return [f"{file.path} has neither captions nor categories for its photos"]
