"""Figures against their limits."""

from __future__ import annotations

import pytest

from search.bench.targets import LIMITS, Figure


@pytest.mark.parametrize(
    ("key", "sizes", "found", "verdict"),
    [
        ("cold", (10_000,), 0.14, "aim"),
        ("cold", (10_000,), 0.15, "must"),
        ("cold", (10_000,), 0.3, "missed"),
        ("cold", (2_000,), 0.1, "other size"),
        ("recall", (1_000_000,), 0.981, "aim"),
        ("recall", (1_000_000,), 0.98, "must"),
        ("recall", (1_000_000,), 0.95, "missed"),
        ("query_growth", (1_000_000, 10_000), 1.1, "aim"),
        ("query_growth", (1_000_000, 2_000), 1.1, "other size"),
        ("index_large", (), 1.5, "must"),
    ],
)
def test_verdicts(key: str, sizes: tuple[int, ...], found: float, verdict: str) -> None:
    assert Figure(key, found, "", sizes).verdict == verdict


def test_what_is_aimed_at_is_more_than_what_must_be() -> None:
    for limit in LIMITS.values():
        assert limit.met(limit.aim, limit.must)


def test_a_text_has_a_place_for_each_size() -> None:
    for limit in LIMITS.values():
        assert limit.text.count("{}") == len(limit.sizes)


def test_cells() -> None:
    assert Figure("index_memory", 12.4, "peak 90 MB", (100_000, 5_000)).cells == (
        "memory while indexing 100,000 photos, growth after the first 5,000",
        "< 100 MB",
        "flat (< 10 MB)",
        "12 MB",
        "must",
        "peak 90 MB",
    )
