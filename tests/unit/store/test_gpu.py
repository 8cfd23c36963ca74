from __future__ import annotations

import warnings
from typing import Any

import faiss
import numpy as np
import pytest

from store.vectors.flat import FlatIndex
from store.vectors.gpu import on_gpu
from tests.unit.store.vectors_at_hand import DIM, FlatStandIn, clustered, stand_in_for_a_gpu

VECTORS, QUERIES = clustered(100)


@pytest.fixture
def index() -> FlatIndex:
    index = FlatIndex(DIM)
    index.add(np.arange(100), VECTORS)
    return index


def fail(*_: Any) -> None:
    raise RuntimeError("out of memory")


def test_without_a_gpu_there_is_no_form_for_one(
    index: FlatIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    assert on_gpu(index) is None


def test_its_kind_says_where_it_is(index: FlatIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_a_gpu(monkeypatch)
    placed = on_gpu(index)
    assert placed is not None
    assert placed.kind == "exact, half precision, on a GPU"


def test_one_that_cannot_hold_it_is_told_and_not_used(
    index: FlatIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_a_gpu(monkeypatch)
    monkeypatch.setattr(FlatStandIn, "add", fail)
    with pytest.warns(RuntimeWarning, match="so the CPU is used: out of memory"):
        assert on_gpu(index) is None


def test_one_that_fails_later_is_told_once_and_the_cpu_answers(
    index: FlatIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_a_gpu(monkeypatch)
    placed = on_gpu(index)
    assert placed is not None
    monkeypatch.setattr(FlatStandIn, "search", fail)
    with pytest.warns(RuntimeWarning, match="so the CPU is used"):
        ids, _ = placed.search(QUERIES[0], 5)
    assert ids.tolist() == index.search(QUERIES[0], 5)[0].tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert placed.search(QUERIES[0], 5)[0].tolist() == ids.tolist()
    assert placed.kind == "exact, half precision"
