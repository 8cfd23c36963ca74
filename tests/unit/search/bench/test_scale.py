"""The exact search that recall is measured against."""

from __future__ import annotations

import numpy as np
import pytest

from search.bench import scale
from search.bench.scale import exact_nearest, recall


def test_the_exact_search_finds_the_highest_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scale, "ROWS_AT_ONCE", 30
    )  # the last block has fewer rows than hits are wanted
    random = np.random.default_rng(0)
    vectors = random.standard_normal((95, 8)).astype(np.float16)
    queries = random.standard_normal((6, 8)).astype(np.float32)
    found = exact_nearest(vectors, queries, 10)
    wanted = np.argsort(-(queries @ vectors.astype(np.float32).T), axis=1)[:, :10]
    assert (np.sort(found, axis=1) == np.sort(wanted, axis=1)).all()


def test_recall_is_the_mean_share_of_the_true_ones() -> None:
    truth = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    found = [np.array([4, 3, 2, 9]), np.array([5])]  # three of four, and one of four
    assert recall(found, truth) == 0.5
