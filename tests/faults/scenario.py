"""The runs under test: a folder of photos before and after people worked in it.

These functions run in children of the fork server: arguments and answers are JSON, and `tell`
says something that must be known even if the child is killed right after.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from indexer import build_index
from indexer.photos.decode import UnreadableImage, decode_bytes
from tests.fakes import ColourModel, paint
from tests.made_shards import painted, write_tar

__all__ = ["BATCH_SIZE", "Tell", "paint_after", "paint_before", "run", "truth"]

Tell = Callable[[Any], None]

BATCH_SIZE = 2  # several transactions from a handful of photos
NOTES = "captions.json"
FIRST_SECOND = 1_700_000_000

# Every photo has its own mix of colours, so that no vector can pass for another's.
BEFORE = {
    "breaks.png": ("red",),
    "changes.png": ("green",),
    "deleted.png": ("blue",),
    "kept.png": ("grey",),
    "moves.png": ("red", "green"),
    "touched.png": ("red", "blue"),
}
AFTER = {
    "changes.png": ("green", "green", "red"),
    "mends.png": ("green", "blue", "grey"),
    "sub/new-1.png": ("green", "grey"),
    "new-2.png": ("blue", "grey"),
    "sub/new-3.png": ("red", "red", "blue"),
    "new-4.png": ("red", "blue", "grey", "grey"),
    "new-5.png": ("green", "green", "blue", "blue", "grey"),
}
# Photos in a tar, which is read after all that are files of their own.
SHARD = "zz.tar"
SHARD_BEFORE = {
    "0-kept.png": painted("grey", "grey", "blue"),
    "0-kept.txt": b"a stone",
    "1-changes.png": painted("red", "grey", "blue"),
    "2-deleted.png": painted("blue", "blue", "green"),
    "3-moves.png": painted("green", "red", "red"),
}
SHARD_AFTER = {
    "0-kept.png": painted("grey", "grey", "blue"),
    "0-kept.txt": b"a stone in the sea",
    "1-changes.png": painted("red", "grey", "green"),
    "1-changes.txt": b"a roof",
    "4-moved.png": painted("green", "red", "red"),
    "5-bad.png": b"no photo",
    "6-new.png": painted("blue", "green", "green"),
    "7-new.png": painted("blue", "red", "red"),
    "7-new.txt": b"a tent",
    "8-new.png": painted("grey", "red", "red"),
}
CAPTIONS_BEFORE = {"kept.png": ["a wall", "grey"], "moves.png": ["a flag"], "breaks.png": ["fire"]}
CAPTIONS_AFTER = {
    "kept.png": ["a wall in the fog", "grey on grey"],
    "sub/moved.png": ["a flag in the wind"],
    "new-2.png": ["the sea", "a shore"],
}


def paint_before(_: Tell, *, root: str) -> None:
    """Make `photos` and their captions as they were when they were indexed last."""
    photos = Path(root) / "photos"
    (photos / "sub").mkdir(parents=True)
    for name, colours in BEFORE.items():
        paint(photos / name, *colours)
    (photos / "mends.png").write_text("not a photo yet", encoding="utf-8")
    write_tar(photos / SHARD, SHARD_BEFORE)
    _annotate(Path(root) / NOTES, CAPTIONS_BEFORE)
    _date(photos, FIRST_SECOND)


def paint_after(_: Tell, *, root: str) -> None:
    """Change, move, touch, delete, break and add photos."""
    photos = Path(root) / "photos"
    (photos / "moves.png").rename(photos / "sub" / "moved.png")
    (photos / "deleted.png").unlink()
    for name, colours in AFTER.items():
        paint(photos / name, *colours)
        _date(photos / name, FIRST_SECOND + 60)
    write_tar(photos / SHARD, SHARD_AFTER)
    _date(photos / SHARD, FIRST_SECOND + 60)
    (photos / "breaks.png").write_text("a shopping list", encoding="utf-8")
    (photos / "new-bad.png").write_text("another one", encoding="utf-8")
    (photos / "empty.png").touch()
    for name in ("breaks.png", "empty.png", "new-bad.png", "touched.png"):
        _date(photos / name, FIRST_SECOND + 60)
    _annotate(Path(root) / NOTES, CAPTIONS_AFTER)


def run(tell: Tell, *, root: str, index: str) -> None:
    """Bring the index up to date; tells how many files are done, and the last one's name."""
    build_index(
        index,
        [Path(root) / "photos"],
        ColourModel(),
        annotations=[Path(root) / NOTES],
        batch_size=BATCH_SIZE,
        progress=lambda done, _, last: tell([done, last]),
    )


def truth(_: Tell, *, root: str) -> dict[str, list[str]]:
    """Return sha256 to vector and nodes, as hex, that the index is to hold for that content."""
    known: dict[str, list[str]] = {}
    files = [file.read_bytes() for file in sorted((Path(root) / "photos").rglob("*.png"))]
    for content in (*files, *SHARD_BEFORE.values(), *SHARD_AFTER.values()):
        try:
            given = ColourModel().embed_images([decode_bytes(content)])
        except UnreadableImage:
            continue
        digest = hashlib.sha256(content).hexdigest()
        vector = given.vectors[0].astype(np.float16).astype(np.float32)  # as it is kept
        known[digest] = [vector.tobytes().hex(), given.packed[0].tobytes().hex()]
    return known


def _date(path: Path, second: int) -> None:
    for file in path.rglob("*") if path.is_dir() else [path]:
        os.utime(file, (second, second))


def _annotate(notes: Path, captions: dict[str, list[str]]) -> None:
    names = list(captions)
    content = {
        "images": [{"id": place, "file_name": name} for place, name in enumerate(names)],
        "annotations": [
            {"image_id": place, "caption": text, "category_id": 1}
            for place, name in enumerate(names)
            for text in captions[name]
        ],
        "categories": [{"id": 1, "name": "thing"}],
    }
    notes.write_text(json.dumps(content), encoding="utf-8")
