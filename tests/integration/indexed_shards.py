"""What tests of tar and Parquet files have in common."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from indexer import BuildReport, build_index
from store import Index
from store.photo_names import base_name
from tests.fakes import ColourModel
from tests.made_shards import painted

RED, GREEN, BLUE, GREY = (painted(colour) for colour in ("red", "green", "blue", "grey"))


def build(where: Path, *sources: Path | str, **options: bool) -> BuildReport:
    return build_index(where, list(sources), ColourModel(), batch_size=2, **options)


def counts(report: BuildReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.moved, report.removed, report.unchanged


def known(where: Path) -> dict[str, int]:
    with Index.open(where) as index:
        return {base_name(file.path): image_id for image_id, file in index.files().items()}


def best(where: Path, colour: int) -> str:
    with Index.open(where) as index:
        ids, _ = index.search(np.eye(4, dtype=np.float32)[colour], 1)
        return index.photos(ids)[0].path


def said(where: Path) -> dict[str, tuple[str, ...]]:
    with Index.open(where) as index:
        return {base_name(photo.path): photo.captions for photo in index.photos(range(1, 20))}


def put(path: Path, colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(painted(colour))


def old(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))
