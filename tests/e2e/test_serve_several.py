"""`crossgraph serve` of several indexes, one of which is moved away while many ask."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.e2e.load import ASKED, await_that, hammering, shape
from tests.e2e.serving import COUNT, running, start

pytestmark = pytest.mark.e2e


@pytest.fixture
def two(place: Path, tmp_path: Path) -> list[str]:
    """The options that name two indexes."""
    for name in ("a", "b"):
        shutil.copytree(place / "index", tmp_path / name)
    return ["--index", str(tmp_path / "a"), "--index", str(tmp_path / "b")]


def test_an_index_that_is_away_for_a_while_fails_no_request(place: Path, two: list[str]) -> None:
    moved = Path(two[3])
    options = (*two, "--workers", "2")
    with running(place, *options, stderr=subprocess.DEVNULL) as (url, _):
        whole = shape(httpx2.post(f"{url}v1/search", json=ASKED).json())
        assert len(whole) == 2 * COUNT
        part = tuple(hit for hit in whole if hit[0] <= COUNT)
        with hammering(url) as seen:
            await_that(lambda: len(seen) > 5)
            assert set(seen) == {whole}
            moved.rename(moved.with_name("away"))
            await_that(lambda: seen[-10:].count(part) == 10)
            answer = httpx2.post(f"{url}v1/search", json=ASKED).json()
            assert [each["index"] for each in answer["missing"]] == [str(moved)]
            assert answer["degraded"] is True
            moved.with_name("away").rename(moved)
            await_that(lambda: seen[-10:].count(whole) == 10)
        assert set(seen) == {whole, part}


def test_indexes_that_cannot_be_read_are_told_in_one_line(place: Path, tmp_path: Path) -> None:
    missing = [option for name in "ab" for option in ("--index", str(tmp_path / name))]
    process = start(place, *missing, "--port", "0")
    said, complaint = process.communicate(timeout=60)
    assert (process.returncode, said) == (1, "")
    (line,) = complaint.strip().splitlines()
    assert line.startswith("error: none of 2 indexes can be read: ")
