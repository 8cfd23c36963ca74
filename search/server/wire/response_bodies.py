"""What the index knows, as response bodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from search.details_record import full_details_record
from search.printable import printable, printable_lines
from search.result import SearchResult
from search.status.build_progress import Building
from search.status.index_status import Status, is_there
from store.types import Missing, PhotoRecord, TextLine

__all__ = ["image_answer", "index_answer", "partial", "search_answer"]


def search_answer(result: SearchResult) -> dict[str, Any]:
    """Return the `SearchAnswer` of a result."""
    record = result.to_dict()
    record["hits"] = [_hit(hit) for hit in record["hits"]]
    return record


def image_answer(
    photo: PhotoRecord, uploads: Path, lines: Sequence[TextLine] = ()
) -> dict[str, Any]:
    """Return the `ImageAnswer` of a photo and the text that was read in it."""
    file = photo.file
    return {
        "image_id": photo.image_id,
        "id": photo.image_id,
        "path": printable(file.path),
        "source": printable(file.source),
        "captions": [printable_lines(caption) for caption in photo.captions],
        "categories": [printable_lines(name) for name in photo.categories],
        "width_px": file.width_px,
        "height_px": file.height_px,
        "size_bytes": file.size_bytes,
        "modified": _moment(file.mtime_ns),
        "taken": None if file.taken is None else file.taken.isoformat(),
        "taken_guessed": file.is_guessed,
        "camera": None if file.camera is None else printable(file.camera),
        "sha256": file.sha256,
        "damage": printable(file.damage) or None,
        "uploaded": file.source == str(uploads),
        **full_details_record(photo.details, lines),
    }


def index_answer(
    status: Status,
    dim: int,
    categories: Sequence[tuple[str, int]],
    building: Building | None,
    missing: Sequence[Missing],
) -> dict[str, Any]:
    """Return the `IndexAnswer` of an index's state."""
    return {
        **partial(missing),
        "photos": status.counts.images,
        "captions": status.counts.captions,
        "left_out": status.counts.quarantined,
        "sources": [
            {"path": printable(root), "photos": photos, "there": is_there(root)}
            for root, photos in status.sources.items()
        ],
        "model": {
            "name": status.model,
            "fingerprint": status.fingerprint,
            "encoders": status.encoders,
            "dim": dim,
        },
        "search": status.search,
        "reembedding": status.reembedding,
        "categories": [
            {"name": printable_lines(name), "photos": count} for name, count in categories
        ],
        "building": None if building is None else building.to_dict(),
    }


def partial(missing: Sequence[Missing]) -> dict[str, Any]:
    """Return the fields that say whether all of several indexes answered."""
    lost = [{name: printable(text) for name, text in asdict(each).items()} for each in missing]
    return {"degraded": bool(missing), "missing": lost}


def _hit(hit: dict[str, Any]) -> dict[str, Any]:
    image_id = hit["image_id"]
    return {
        **hit,
        "id": image_id,
        "path": printable(hit["path"]),
        "duplicates": [_hit(each) for each in hit["duplicates"]],
    }


def _moment(nanoseconds: int) -> str:
    """Return a time in ISO 8601, UTC; empty if the calendar has no such day."""
    try:
        return datetime.fromtimestamp(nanoseconds // 10**9, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""
