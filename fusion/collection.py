"""A captioned collection on disk: which photos there are and what is said of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from PIL import Image

__all__ = ["Collection", "CollectionError", "ReadPhoto", "read_captions"]

ReadPhoto: TypeAlias = Callable[[Path, int], Image.Image]
"""Reads a photo: its path, and the side in pixels below which neither of its sides need stay.

It gives mode RGB, upright, by the decoder that photos are indexed with, and raises CollectionError
where the file is no photo. Nothing in this package decodes files, so that a model is trained on the
pixels that it is later searched by.
"""


class CollectionError(ValueError):
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


def read_captions(annotations: Path, images_dir: Path) -> Collection:
    """Read the photos that exist and have a caption, in the file's order, and their captions.

    Raises:
        CollectionError: it is no COCO captions file, or no photo that it names is in the folder.
    """
    try:
        content = json.loads(annotations.read_text(encoding="utf-8"))
        named = {int(image["id"]): images_dir / image["file_name"] for image in content["images"]}
        captions = [
            (int(c["id"]), int(c["image_id"]), str(c["caption"])) for c in content["annotations"]
        ]
    except OSError as error:
        raise CollectionError(f"{annotations}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CollectionError(f"{annotations}: not a COCO captions file ({error!r})") from error
    captioned = {image_id for _, image_id, _ in captions}
    rows: dict[int, int] = {}
    for image_id, path in named.items():
        if image_id in captioned and path.is_file():
            rows[image_id] = len(rows)
    if not rows:
        raise CollectionError(
            f"{images_dir}: holds none of the {len(named)} photos that {annotations} names"
        )
    kept = [caption for caption in captions if caption[1] in rows]
    return Collection(
        image_ids=list(rows),
        paths=[named[image_id] for image_id in rows],
        caption_ids=[caption_id for caption_id, _, _ in kept],
        photo_rows=[rows[image_id] for _, image_id, _ in kept],
        texts=[text for _, _, text in kept],
    )
