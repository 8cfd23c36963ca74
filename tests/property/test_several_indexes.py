"""Whatever photos lie in whichever index: the best of all are what one index of all would give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Index, PhotoFile
from store.catalog.selection import Condition
from store.federation.ids import STRIDE
from store.opening import open_indexes

DIM = 3
NUMBERS = st.integers(-3, 3)  # few values, so that many scores are equal
PHOTO = st.tuples(st.integers(0, 2), st.tuples(NUMBERS, NUMBERS, NUMBERS), st.integers(1, 4))


def fill(folder: Path, photos: list[tuple[tuple[int, ...], int]]) -> None:
    with Index.create(folder, "aa", DIM) as index:
        files = [
            PhotoFile(f"/p/{n}.jpg", "/p", 9, 1, "00" * 32, width, 8)
            for n, (_, width) in enumerate(photos)
        ]
        if photos:
            vectors = np.array([vector for vector, _ in photos], np.float32)
            index.put_images(files, vectors, np.zeros((len(photos), 1), np.uint8))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    photos=st.lists(PHOTO, max_size=24),
    query=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    k=st.integers(1, 30),
)
def test_the_best_of_all_come_whichever_index_they_lie_in(
    tmp_path_factory: pytest.TempPathFactory,
    photos: list[tuple[int, tuple[int, ...], int]],
    query: tuple[int, ...],
    k: int,
) -> None:
    place = tmp_path_factory.mktemp("several")
    parts = [[(vector, width) for at, vector, width in photos if at == n] for n in range(3)]
    for number, part in enumerate(parts):
        fill(place / str(number), part)
    asked = np.array(query, np.float32)
    expected = [
        (float(np.dot(vector, asked)), number * STRIDE + local, width)
        for number, part in enumerate(parts)
        for local, (vector, width) in enumerate(part, 1)
    ]
    expected.sort(key=lambda each: (-each[0], each[1]))
    index = open_indexes([str(place / str(number)) for number in range(3)], seconds=20)
    try:
        ids, scores = index.search(asked, k)
        assert ids.tolist() == [image_id for _, image_id, _ in expected[:k]]
        assert scores.tolist() == [score for score, _, _ in expected[:k]]
        wide = index.matching(Condition("width", ">", 2))
        ids, _ = index.search(asked, k, wide)
        assert ids.tolist() == [image_id for _, image_id, width in expected if width > 2][:k]
    finally:
        index.close()
