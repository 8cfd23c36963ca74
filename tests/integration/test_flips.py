"""A bit that the disk turned is told by `verify`, or changes no answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.flips import answers, flips, make_index


def test_answers_are_the_same_twice_and_hold_what_can_differ(tmp_path: Path) -> None:
    make_index(tmp_path / "one")
    assert answers(tmp_path / "one") == answers(tmp_path / "one")


def test_turned_bits_of_catalog_and_vectors(tmp_path: Path) -> None:
    found = list(flips(tmp_path, 60, 1, with_model=False))
    assert [each for each in found if not each.is_right] == []
    assert any(each.is_told for each in found)


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("CROSSGRAPH_LONG_TESTS"),
    reason="takes a quarter of an hour: CROSSGRAPH_LONG_TESTS=1, or `python -m benchmarks.flips`",
)
def test_five_hundred_turned_bits(tmp_path: Path) -> None:
    found = list(flips(tmp_path, 500, 2, with_model=True))
    assert [each for each in found if not each.is_right] == []
    assert sum(each.is_told for each in found) > 100
