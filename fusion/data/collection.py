"""A captioned collection on disk: its photos and the captions of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from unicodedata import normalize

from PIL import Image

from fusion.caption_files.coco_entries import CocoError, CocoFile
from fusion.caption_files.entry_ids import Id, plain_id
from fusion.caption_files.name_spellings import one_form, spellings
from fusion.fusion_error import FusionError

__all__ = ["Collection", "CollectionError", "ReadPhoto", "left_out_of", "read_captions"]

ReadPhoto: TypeAlias = Callable[[Path, int], Image.Image]
"""Reads a photo, given its path and a length in pixels: the photo may be reduced, as long as both
its sides keep at least that length.

It returns an upright image in mode RGB, by the decoder that photos are indexed with, and raises
CollectionError if the file is not a photo. Nothing in this package decodes files itself, so that a
model is trained on exactly the pixels that are indexed later.
"""


class CollectionError(FusionError, ValueError):
    """A captioned collection cannot be read: its captions file, or a photo of it."""


@dataclass(frozen=True)
class Collection:
    """The usable part of a COCO captions file."""

    image_ids: list[int]
    paths: list[Path]
    caption_ids: list[int]
    photo_rows: list[int]
    """For each caption, the position of its photo in `paths`."""
    texts: list[str]
    notes: tuple[str, ...] = ()
    """What was left out of the file, as human-readable lines."""


def read_captions(annotations: Path, images_dir: Path) -> Collection:
    """Read the photos that exist and have a caption, in the file's order, and their captions.

    Malformed entries are accepted or left out as described in `fusion.caption_files.coco_entries`.
    A photo that is listed twice counts once. Ids are those of the file if they are all distinct
    integers of 64 bits; otherwise they are counted from 1.

    Raises:
        CollectionError: the file is no COCO captions file, or no photo that it names is in the
            folder.
    """
    try:
        file = CocoFile(annotations)
        captions = [
            (annotation.own_id, annotation.image_id, text)
            for annotation in file.annotations()
            for text in annotation.captions
        ]
    except CocoError as error:
        raise CollectionError(str(error)) from error
    captioned = {image_id for _, image_id, _ in captions}
    ids: dict[Path, Id] = {}
    at: dict[Id, Path] = {}
    for image_id, name in file.images.items():
        if image_id in captioned and (path := _photo_named(name, images_dir)) is not None:
            ids.setdefault(path, image_id)
            at[image_id] = path
    if not ids:
        raise CollectionError(
            f"{images_dir}: holds none of the {len(file.images)} photos that {annotations} names"
        )
    rows = {path: row for row, path in enumerate(ids)}
    kept = [caption for caption in captions if caption[1] in at]
    notes = file.notes()
    if away := [name for each, name in file.images.items() if each in captioned and each not in at]:
        notes.append(
            f"{annotations}: {len(away):,} photos are not in {images_dir}, such as {away[0]}"
        )
    return Collection(
        image_ids=_numbers(list(ids.values())),
        paths=list(ids),
        caption_ids=_numbers([plain_id(own_id) for own_id, _, _ in kept]),
        photo_rows=[rows[at[image_id]] for _, image_id, _ in kept],
        texts=[text for _, _, text in kept],
        notes=tuple(notes),
    )


def left_out_of(collections: Iterable[tuple[Path, Path]]) -> list[str]:
    """Return what is left out of collections (folders of photos and captions files), as lines.

    Raises:
        CollectionError: as `read_captions`.
    """
    return [
        note
        for images_dir, annotations in dict.fromkeys(collections)
        for note in read_captions(annotations, images_dir).notes
    ]


def _photo_named(name: str, images_dir: Path) -> Path | None:
    """Return the file that a name refers to, in whichever Unicode form the disk has its name."""
    for spelling in spellings(name):
        for form in dict.fromkeys([spelling, one_form(spelling), normalize("NFD", spelling)]):
            try:
                if (path := images_dir / form).is_file():
                    return path
            except OSError:  # such as a name that is too long
                continue
    return None


def _numbers(ids: Sequence[Id | None]) -> list[int]:
    """Return the ids if they are distinct integers of 64 bits; otherwise count them from 1."""
    numbers = [number for number in ids if isinstance(number, int) and -(2**63) <= number < 2**63]
    return numbers if len(set(numbers)) == len(ids) else list(range(1, len(ids) + 1))
