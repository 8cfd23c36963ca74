"""Converts facts about files to Parquet columns and back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from store import PhotoFile, QuarantinedFile
from store.columns.codec import row_to_time, text_to_row, time_to_row

__all__ = ["files_of", "photo_columns", "quarantine_columns", "quarantined_of"]

Columns = dict[str, list[object]]
Row = Mapping[str, Any]
"""Cells by column name."""

FIRST_READER = 0
"""The reader version of photos in shards that do not record it."""


def photo_columns(files: Sequence[PhotoFile]) -> Columns:
    """Return the columns of photos, without their embeddings and captions."""
    columns = _placed(files)
    columns["sha256"] = [bytes.fromhex(file.sha256) for file in files]
    columns["camera"] = [
        None if file.camera is None else text_to_row(file.camera) for file in files
    ]
    columns["taken_s"] = [None if file.taken is None else time_to_row(file.taken) for file in files]
    columns["look"] = [file.perceptual_hash for file in files]
    for name in ("width_px", "height_px", "reader", "damage", "is_guessed"):
        columns[name] = [getattr(file, name) for file in files]
    return columns


def quarantine_columns(files: Sequence[QuarantinedFile]) -> Columns:
    """Return the columns of quarantined files; all other columns are empty for them."""
    return {
        **_placed(files),
        "reason": [text_to_row(file.reason) for file in files],
        "reader": [file.reader for file in files],
    }


def files_of(rows: Iterable[Row]) -> list[PhotoFile]:
    """Return the photos of rows.

    Raises:
        ValueError: a row lacks a value that every photo has, such as its path or sha256.
    """
    return [
        PhotoFile(
            **_place(row),
            sha256=_given(row["sha256"]).hex(),
            width_px=_given(row["width_px"]),
            height_px=_given(row["height_px"]),
            taken=None if row["taken_s"] is None else row_to_time(row["taken_s"]),
            camera=row["camera"],
            perceptual_hash=row["look"],
            reader=row.get("reader", FIRST_READER),
            damage=row.get("damage") or "",
            is_guessed=bool(row.get("is_guessed")),
        )
        for row in rows
    ]


def quarantined_of(rows: Iterable[Row]) -> list[QuarantinedFile]:
    """Return the quarantined files of rows; raises like `files_of`."""
    return [
        QuarantinedFile(**_place(row), reason=row["reason"], reader=row.get("reader", FIRST_READER))
        for row in rows
    ]


def _placed(files: Sequence[PhotoFile] | Sequence[QuarantinedFile]) -> Columns:
    return {
        "path": [os.fsencode(file.path) for file in files],
        "source": [os.fsencode(file.source) for file in files],
        "size_bytes": [file.size_bytes for file in files],
        "mtime_ns": [file.mtime_ns for file in files],
    }


def _place(row: Row) -> dict[str, Any]:
    return {
        "path": os.fsdecode(_given(row["path"])),
        "source": os.fsdecode(_given(row["source"])),
        "size_bytes": _given(row["size_bytes"]),
        "mtime_ns": _given(row["mtime_ns"]),
    }


def _given(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    if value is None:
        raise ValueError("a row lacks a value that every photo has")
    return value
