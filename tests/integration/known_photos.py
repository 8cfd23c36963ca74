"""An index of plain photos of which something is known: people, places, dates, a camera."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from indexer import build_index
from store import Index
from store.types import PhotoDetails
from tests.integration.colours import COLOURS, ColourModel

__all__ = ["KnownPhoto", "make_known_index"]

DATE_TAKEN, MAKE, MODEL = 0x9003, 0x010F, 0x0110
KnownPhoto = tuple[str, str | None, PhotoDetails]
"""Its colour, when it was taken as EXIF writes it (by one camera), and what else is known."""


def make_known_index(place: Path, photos: Mapping[str, KnownPhoto]) -> Path:
    """Return the folder of an index of these photos, which lie in `place / "photos"`."""
    folder = place / "photos"
    for name, (colour, taken, _) in photos.items():
        exif = Image.Exif()
        if taken:
            exif[MAKE], exif[MODEL] = "Apple", "Apple iPhone 13"
            exif.get_ifd(0x8769)[DATE_TAKEN] = taken
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), COLOURS[colour]).save(folder / name, exif=exif)
    build_index(place / "index", [folder], ColourModel())
    with Index.open(place / "index") as index:
        files = {file.path: image_id for image_id, file in index.files().items()}
        details = {files[str(folder / name)]: known for name, (_, _, known) in photos.items()}
        index.put_details(details)
        index.finish()
    return place / "index"
