"""One writer and any number of readers, each a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from store import Index, IndexBusy
from tests.integration.writers_and_readers import DIM, put
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
SEARCHES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Index.create(tmp_path / "index", "f1", DIM) as index:
        put(index, [(place, place) for place in range(1000)])
        index.finish()
    return tmp_path / "index"


def start(task: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.writers_and_readers", task, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, complaint
    return said


def test_readers_get_right_answers_while_a_writer_adds_replaces_and_deletes(
    folder: Path, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    readers = [start("read", folder, SEARCHES + seed, done) for seed in range(2)]
    try:
        ended(start("write", folder))
    finally:
        done.touch()
    for reader in readers:
        assert int(ended(reader)) >= SEARCHES
    with Index.open(folder) as index:
        assert len(index) == 1000 + 5000 - 1000


def test_a_second_writer_is_told_and_a_killed_one_holds_nobody_up(folder: Path) -> None:
    with start("hold", folder) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "holding\n"
            with (
                Index.open(folder) as index,
                pytest.raises(IndexBusy, match=r"another process is writing.*wait until it ends"),
            ):
                put(index, [(5, 5)])
            with Index.open(folder) as index:
                assert len(index) == 1001  # what was written before is seen
        finally:
            writer.kill()
    with Index.open(folder) as index:
        put(index, [(9_000_001, 5)])
        assert len(index) == 1002
