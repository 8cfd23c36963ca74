"""Shards made by workers of Ray, which is started and stopped here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from indexer.bulk import merge_shards, write_shards
from indexer.bulk.ray_job import RayEmbed, RayError
from store import Index
from tests.fakes import COLOURS, ColourModel, paint

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

COUNT = 1000
ENDED_WITHIN_SECONDS = 20


class SlowModel(ColourModel):
    """Takes its time, so that a worker can be killed while it works."""

    def embed_images(self, images):  # type: ignore[no-untyped-def] # as the one it comes from
        time.sleep(0.02)
        return super().embed_images(images)


def slow_model(threads: int) -> SlowModel:
    assert threads >= 1
    (Path(os.environ["TEST_PIDS"]) / str(os.getpid())).touch()
    return SlowModel()


def other_model(threads: int) -> ColourModel:
    return ColourModel("0the4")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        paint(folder / f"{number:04}.png", list(COLOURS)[number % 4])
    return folder


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which each worker leaves its number."""
    folder = tmp_path / "pids"
    folder.mkdir()
    monkeypatch.setenv("TEST_PIDS", str(folder))
    return folder
