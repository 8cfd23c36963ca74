from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from indexer.annotations import recall_queries


class Few:
    """An index with so many photos and so many captions."""

    def __init__(self, photos: int, captions: int, *, kept: bool = False) -> None:
        self.photos, self.captions, self.kept = photos, captions, kept
        self.given: list[np.ndarray] = []

    def __len__(self) -> int:
        return self.photos

    def has_recall_queries(self) -> bool:
        return self.kept

    def some_captions(self, most: int) -> list[str]:
        return [str(number) for number in range(min(most, self.captions))]

    def put_recall_queries(self, vectors: np.ndarray) -> None:
        self.given.append(vectors)


class Counting:
    """A model that embeds a text as the number it spells; its training captions are negative."""

    def embed_queries(self, texts: list[str]) -> SimpleNamespace:
        return SimpleNamespace(vectors=np.array([[float(text)] for text in texts]))

    def recall_queries(self) -> np.ndarray:
        return -np.arange(1.0, 1000.0)[:, None]


def kept(index: Few, keeper: Few | None = None) -> list[float] | None:
    stand_in: Any = index
    recall_queries.put_recall_queries(stand_in, Counting(), keeper)  # type: ignore[arg-type]
    given = (index if keeper is None else keeper).given
    return given[0][:, 0].tolist() if given else None


def test_a_small_index_needs_none() -> None:
    assert kept(Few(recall_queries.FEW_PHOTOS, captions=300)) is None


def test_its_own_captions_where_there_are_enough() -> None:
    assert kept(Few(recall_queries.FEW_PHOTOS + 1, captions=300)) == list(range(256))


@pytest.mark.parametrize("captions", [0, 255])
def test_else_those_that_the_model_was_trained_on(captions: int) -> None:
    assert kept(Few(recall_queries.FEW_PHOTOS + 1, captions)) == [-n for n in range(1, 257)]


def test_they_are_chosen_once_but_for_another_model_again() -> None:
    index = Few(recall_queries.FEW_PHOTOS + 1, captions=300, kept=True)
    assert kept(index) is None
    assert kept(index, keeper=Few(0, 0)) == list(range(256))
    assert index.given == []
