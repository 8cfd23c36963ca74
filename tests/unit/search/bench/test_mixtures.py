"""Made-up rows: how they resemble real ones."""

from __future__ import annotations

import numpy as np
import pytest

from search.bench.mixtures import ROWS_AT_ONCE, RealPhotos, made_rows

UNIT = 24


@pytest.fixture(scope="module")
def real() -> RealPhotos:
    """Return forty photos with similar vectors; the packed nodes are the photo's number."""
    random = np.random.default_rng(1)
    embedded = 1.0 + random.standard_normal((40, UNIT), dtype=np.float32)
    embedded /= np.linalg.norm(embedded, axis=1, keepdims=True)
    beside = np.arange(40, dtype=np.float32)[:, None]
    packed = np.arange(40, dtype=np.uint8)[:, None]
    return RealPhotos(np.hstack([embedded, beside]), packed, UNIT)


def all_rows(real: RealPhotos, count: int) -> tuple[np.ndarray, np.ndarray]:
    blocks = list(made_rows(real, count))
    return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])


def test_as_many_as_asked_and_of_unit_length(real: RealPhotos) -> None:
    vectors, nodes = all_rows(real, ROWS_AT_ONCE + 7)
    assert (vectors.shape, nodes.shape) == ((ROWS_AT_ONCE + 7, UNIT + 1), (ROWS_AT_ONCE + 7, 1))
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[:, :UNIT], axis=1) == pytest.approx(1, abs=1e-5)


def test_the_real_ones_come_first(real: RealPhotos) -> None:
    vectors, nodes = all_rows(real, 50)
    assert (vectors[:40] == real.vectors).all()
    assert (nodes[:40] == real.packed).all()
    assert not (vectors[40:, None, :UNIT] == real.vectors[None, :, :UNIT]).all(2).any()


def test_a_collection_is_the_beginning_of_a_larger_one(real: RealPhotos) -> None:
    small, large = all_rows(real, 100)[0], all_rows(real, ROWS_AT_ONCE + 100)[0]
    assert (small == large[:100]).all()
    assert not (large[100:200] == large[ROWS_AT_ONCE : ROWS_AT_ONCE + 100]).all(1).any()


def test_what_stands_beside_is_of_the_nearest_photo(real: RealPhotos) -> None:
    vectors, nodes = all_rows(real, 1000)
    assert (vectors[:, UNIT] == nodes[:, 0]).all()
    mean = real.vectors[:, :UNIT].mean(0)
    likeness = (vectors[40:, :UNIT] - mean) @ (real.vectors[:, :UNIT] - mean).T
    assert (likeness.argmax(1) == nodes[40:, 0]).mean() > 0.8


def test_made_rows_are_spread_as_real_ones(real: RealPhotos) -> None:
    made = all_rows(real, 4000)[0][40:, :UNIT]
    spread = [rows.std(0).mean() for rows in (real.vectors[:, :UNIT], made)]
    assert spread[1] == pytest.approx(spread[0], rel=0.1)
