"""A sample of an index: evenly spread, of limited size, and drawn again when vectors change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile
from store.vectors.background import SAMPLE


def written(folder: Path, count: int) -> Index:
    index = Index.create(folder, "f00d", 1)
    photos = [PhotoFile(f"/p/{n}.jpg", "/p", 1, 2, "ab" * 32, 1, 1) for n in range(count)]
    vectors = np.arange(1, count + 1, dtype=np.float32)[:, None]
    index.put_images(photos, vectors, np.zeros((count, 1), np.uint8))
    return index


@pytest.mark.parametrize("count", [1, SAMPLE - 1, SAMPLE, SAMPLE + 1, 3 * SAMPLE + 5])
def test_a_sample_is_spread_over_all_ids(tmp_path: Path, count: int) -> None:
    with written(tmp_path, count) as index:
        found = index.background()
    ids = found.vectors[:, 0]  # each photo's vector is its id
    assert found.photos == count
    assert min(count, SAMPLE) / 2 <= len(ids) <= SAMPLE
    assert len(set(ids.tolist())) == len(ids)
    step = -(-count // SAMPLE)
    assert ids.tolist() == np.arange(1, count + 1, step).tolist()


def test_gaps_are_passed_over(tmp_path: Path) -> None:
    with written(tmp_path, 1000) as index:
        index.remove_images(range(2, 900))
        found = index.background()
    assert found.photos == 102
    assert {1.0, 900.0} <= set(found.vectors[:, 0].tolist())


def test_an_empty_index_has_an_empty_sample(tmp_path: Path) -> None:
    with written(tmp_path, 1) as index:
        index.remove_images([1])
        found = index.background()
    assert (found.photos, found.vectors.shape) == (0, (0, 1))


def test_it_is_read_once_until_vectors_change(tmp_path: Path) -> None:
    with written(tmp_path, 3) as index:
        first = index.background()
        assert index.background() is first
        index.remove_images([2])
        assert index.background().photos == 2
