"""A captioned collection on disk: which photos there are and what is said of each."""

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
"""Reads a photo: its path, and the side in pixels below which neither of its sides need stay.

It gives mode RGB, upright, by the decoder that photos are indexed with, and raises CollectionError
where the file is no photo. Nothing in this package decodes files, so that a model is trained on the
pixels that it is later searched by.
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
    """For each caption the position of its photo in `paths`."""
    texts: list[str]
    notes: tuple[str, ...] = ()
    """What of the file was left out, in lines for people."""


def read_captions(annotations: Path, images_dir: Path) -> Collection:
    """Read the photos that exist and have a caption, in the file's order, and their captions.

    Entries that are odd are taken or left out as `fusion.caption_files.coco_entries` says. A photo
    that is listed twice is one photo. Ids are those of the file where all are different whole
    numbers, else counted from 1.

    Raises:
        CollectionError: it is no COCO captions file, or no photo that it names is in the folder.
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
    """Return what of collections, as folders of photos and captions files, is left out, in lines.

    Raises:
        CollectionError: as `read_captions`.
    """
    return [
        note
        for images_dir, annotations in dict.fromkeys(collections)
        for note in read_captions(annotations, images_dir).notes
    ]


def _photo_named(name: str, images_dir: Path) -> Path | None:
    """Return the file that a name means, in whichever Unicode form the disk has it."""
    for spelling in spellings(name):
        for form in dict.fromkeys([spelling, one_form(spelling), normalize("NFD", spelling)]):
            try:
                if (path := images_dir / form).is_file():
                    return path
            except OSError:  # it is too long for a name
                continue
    return None


def _numbers(ids: Sequence[Id | None]) -> list[int]:
    """Return ids as different numbers of 64 bits."""
    numbers = [number for number in ids if isinstance(number, int) and -(2**63) <= number < 2**63]
    return numbers if len(set(numbers)) == len(ids) else list(range(1, len(ids) + 1))
