from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from search.status.build_progress import BUILDING_NAME, BuildingFile, read_building


class Clock:
    """A clock that is advanced by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_run_is_seen_until_it_ends_and_told_once_a_second(tmp_path: Path) -> None:
    clock = Clock()
    with BuildingFile(tmp_path, clock) as building:
        begun = read_building(tmp_path)
        assert begun is not None
        assert (begun.done, begun.total, begun.rate_per_second) == (0, None, 0)
        clock.now += 0.9
        building.update(10, 100)
        assert read_building(tmp_path) == begun
        clock.now += 1.1
        building.update(20, 100)
        seen = read_building(tmp_path)
        assert seen is not None
        assert (seen.done, seen.total, seen.rate_per_second) == (20, 100, 10)
        assert seen.pid == os.getpid()
        assert [path.name for path in tmp_path.iterdir()] == [BUILDING_NAME]
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), BuildingFile(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_yet_or_cannot_be_written_keeps_no_run_up(
    tmp_path: Path,
) -> None:
    with BuildingFile(tmp_path / "new") as building:
        building.update(1, 2)
        assert read_building(tmp_path / "new") is None


def test_a_killed_run_is_none(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    state = {"done": 1, "total": 2, "rate_per_second": 1.0, "started": 1.0, "pid": ended.pid}
    (tmp_path / BUILDING_NAME).write_text(json.dumps(state))
    assert read_building(tmp_path) is None
    with BuildingFile(tmp_path):
        assert read_building(tmp_path) is not None


def test_a_run_that_is_refused_leaves_the_other_ones_file(tmp_path: Path) -> None:
    other = os.getppid()
    state = {"done": 1, "total": 2, "rate_per_second": 1.0, "started": 1.0, "pid": other}
    (tmp_path / BUILDING_NAME).write_text(json.dumps(state))
    with BuildingFile(tmp_path):
        pass
    left = read_building(tmp_path)
    assert left is not None
    assert left.pid == other


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"done": "x"}', "\0", '{"pid": 1}'])
def test_a_damaged_file_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / BUILDING_NAME).write_text(content)
    assert read_building(tmp_path) is None
