"""The plan for more than one machine: its arithmetic, its page, and the measured rates."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from search.capacity.plan_tables import SIZES, main, tables
from search.capacity.scale_model import Assumed, reckoned, searched
from search.capacity.scale_rates import POINTS, RATES, Point

PAGE = Path(__file__).parents[3] / "docs" / "scale.md"
FACTOR = 2.0

ROUND = replace(
    RATES,
    small_photos_per_core_second=50.0,
    large_photos_per_core_second=25.0,
    gpu_photos_per_second=None,
    ray_share=0.5,
    merged_rows_per_second=10_000.0,
    query_ms=10.0,
    vector_ns=100.0,
    pushed_rows_per_second=2000.0,
    graph_rows_per_second=1000.0,
)


def test_the_reckoning_by_hand() -> None:
    plan = reckoned(900_000, ROUND, Assumed(photo_bytes=1e5, network_gbit=1.0))
    # 50 per second, reduced by half: 36,000 seconds. Twice as many for large photos.
    assert (plan.core_hours, plan.large_core_hours) == (10.0, 20.0)
    assert plan.merge_hours == 90 / 3600
    # 90 GB are 720 Gbit.
    assert plan.read_hours == pytest.approx(720 / 3600)
    assert plan.push_hours == 450 / 3600 + 900 / 3600
    assert plan.gpu_hours is None


def test_a_gpu_is_reckoned_once_it_was_measured() -> None:
    assert "GPU" not in tables(ROUND, Assumed(), [3_600_000])["Embedding"]
    rates = replace(ROUND, gpu_photos_per_second=1000.0)
    assert reckoned(3_600_000, rates, Assumed()).gpu_hours == 1.0
    embedding = tables(rates, Assumed(gpus=2, gpu_hour=3.0), [7_200_000])["Embedding"]
    assert "| 2 | 1 h | 6 |" in embedding


@pytest.mark.parametrize(
    ("photos", "lists", "compared"),
    [
        (200_000, 1, 200_000.0),  # 20 ms: still exact
        (1_000_000, 2000, 2000 + 60 * 500.0),
        (16_777_216, 8192, 8192 + 60 * 2048.0),  # beyond this the lists grow longer
        (1_000_000_000, 8192, 8192 + 60 * 1e9 / 8192),
    ],
)
def test_the_search_step_by_hand(photos: int, lists: int, compared: float) -> None:
    search = searched(photos, ROUND)
    assert (search.lists, search.compared) == (lists, compared)
    assert search.query_ms == pytest.approx(10 + compared / 1e4)


@pytest.mark.parametrize("point", POINTS, ids=[f"{point.photos:,}" for point in POINTS])
def test_what_is_reckoned_stands_by_what_was_measured(point: Point) -> None:
    plan, search = reckoned(point.photos, RATES, Assumed()), searched(point.photos, RATES)
    pairs = {
        "merging": (3600 * (plan.merge_hours + plan.file_hours), point.merge_seconds),
        "index": (plan.index_bytes, point.index_bytes),
        "query": (search.query_ms, point.query_ms),
    }
    wrong = {
        name: pair for name, pair in pairs.items() if not 1 / FACTOR < pair[0] / pair[1] < FACTOR
    }
    assert wrong == {}


def test_the_page_has_the_tables_that_the_program_prints() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables(RATES, Assumed(), SIZES).items():
        assert table in page, f"{name}: run `python -m search.scale_plan`"
    assert f"within a factor of {FACTOR}" in page


def test_assumptions_are_options() -> None:
    command = [
        sys.executable,
        "-m",
        "search.scale_plan",
        "--photos",
        "1000",
        "--core-hour",
        "1e6",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PAGE.parents[1])
    assert "| 1,000 |" in done.stdout
    assert "1,000,000,000" not in done.stdout


@pytest.mark.parametrize(
    "option", ["--cores=0", "--network-gbit=0", "--core-hour=-1", "--gpu-hour=nan", "--photos=1.5"]
)
def test_what_is_not_above_nothing_is_refused_in_one_line(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scale_plan", option])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    name, _, value = option.partition("=")
    assert f"argument {name}: {value}: expected a " in capsys.readouterr().err
