"""An index of painted photos, some of which have captions and categories."""

from __future__ import annotations

from pathlib import Path

from indexer import build_index
from store import Index
from tests.integration.colours import ColourModel, paint

__all__ = ["make_index"]


def make_index(place: Path) -> Path:
    """Return the folder of an index of four photos."""
    photos = place / "photos"
    photos.mkdir(parents=True)
    for name, colours in {
        "red.png": ("red", "red"),
        "half.png": ("red", "blue"),
        "green.png": ("green", "green"),
        "grey.png": ("grey", "grey"),
    }.items():
        paint(photos / name, *colours)
    build_index(place / "index", [photos], ColourModel())
    with Index.open(place / "index") as index:
        ids = {Path(file.path).name: image_id for image_id, file in index.files().items()}
        index.put_captions({ids["red.png"]: ["a red wall", "paint"]}, origin="test")
        told = {ids["red.png"]: ["wall"], ids["half.png"]: ["sky", "wall"]}
        index.put_categories(told, origin="test")
    return place / "index"
