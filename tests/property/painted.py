"""What the state machine works with: painted photos, three models, and ways to cut a run off."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from indexer import decode
from store import Index
from tests.fakes import ColourModel, paint
from tests.property.truth import UNKNOWN

__all__ = ["EMBEDDED", "FILES", "MODELS", "PAINTED", "SHA256", "CutOff", "check_search", "cut_off"]

PAINTED = ("red", "green", "blue", "red green", "green red", "blue grey grey", "grey red blue")


class Backwards(ColourModel):
    """Another model: the shares in another order, and a number of its own."""

    dim = 5

    def embed_images(self, images: Any) -> Any:
        given = super().embed_images(images)
        more = np.full((len(images), 1), 0.25, dtype=np.float32)
        given.vectors = np.hstack([given.vectors[:, ::-1], more])
        given.packed = given.packed[:, ::-1] ^ np.uint8(1)
        return given


MODELS = {m.fingerprint: m for m in (ColourModel("aaa"), Backwards("bbb"), Backwards("ccc"))}


class CutOff(Exception):
    """Ends a run in its midst."""


def contents() -> tuple[dict[str, bytes], dict[tuple[str, str], Any]]:
    """Return the bytes of each painted photo, and what each model gives for it."""
    files: dict[str, bytes] = {}
    truth: dict[tuple[str, str], Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in PAINTED:
            path = paint(Path(folder) / "photo.png", *name.split())
            files[name] = path.read_bytes()
            for fingerprint, model in MODELS.items():
                truth[fingerprint, name] = model.embed_images([decode(path)])
    return files, truth


FILES, EMBEDDED = contents()
SHA256 = {hashlib.sha256(content).hexdigest(): name for name, content in FILES.items()} | {
    "": UNKNOWN
}


def check_search(index: Index) -> None:
    """Search is brute force over the vectors: by each single number, where products are exact."""
    with index.snapshot():
        ids = np.array(list(index.files()), dtype=np.int64)
        vectors = index.vectors(ids)
        for place, query in enumerate(np.eye(index.model.dim, dtype=np.float32)):
            for k in (2, len(ids) + 1):
                order = np.lexsort((ids, -vectors[:, place]))[:k]
                found, scores = index.search(query, k)
                assert found.tolist() == ids[order].tolist()
                assert scores.tolist() == vectors[order, place].tolist()


@contextmanager
def cut_off(fault: str, at: int, model: ColourModel) -> Iterator[None]:
    """End the run at the n-th call of something."""
    places: dict[str, tuple[Any, str]] = {
        "model": (model, "embed_images"),
        "write": (Index, "put_images"),
        "change": (Index, "_check_model"),
        "put": (Index, "writing"),
        "finish": (Index, "finish"),
        "switch": (Index, "take_over"),
    }
    if not fault:
        yield
        return
    target, name = places[fault]
    real: Callable[..., Any] = getattr(target, name)
    # The first transaction of embedding anew drops what a third model had.
    calls = itertools.count(0 if fault == "put" else 1)

    def stop(*arguments: Any, **named: Any) -> Any:
        if next(calls) == (1 if fault in {"finish", "switch"} else at):
            raise CutOff
        return real(*arguments, **named)

    with mock.patch.object(target, name, stop):
        yield
