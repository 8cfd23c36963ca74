"""Shards made by two workers of Ray, which is started and stopped here."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from indexer.bulk import merge_embedded_shards, write_embedded_shards
from indexer.bulk.chunks import Chunk
from indexer.bulk.ray_job import RayEmbed
from store import Index
from store.errors import ExtraMissing
from tests.fakes import COLOURS, ColourModel, paint
from tests.integration.ray_run import PIDS, other_model
from tests.waiting import PATIENCE_SECONDS, await_that

ROOT = Path(__file__).parents[2]
COUNT = 1000

AT_ADDRESS = """
import sys
from indexer.bulk import write_embedded_shards
from indexer.bulk.ray_job import RayEmbed, RayError
from tests.integration.ray_run import ColourModel, other_model
photos, out, address = sys.argv[1:]
try:
    embed = RayEmbed(other_model, address=address)
    write_embedded_shards(out, [photos], ColourModel(), embed=embed)
except RayError as error:
    print(error)
"""

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        paint(folder / f"{number:04}.png", list(COLOURS)[number % 4])
    return folder


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    folder = tmp_path / "pids"
    folder.mkdir()
    return folder


def started(photos: Path, out: Path, pids: Path, model: str) -> subprocess.Popen[str]:
    own = {PIDS: str(pids), "PYTHONPATH": str(ROOT)}
    # Without it Ray writes a token into the user's home.
    own["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.ray_run", str(photos), str(out), model],
        cwd=ROOT,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ray's processes must not stop for want of a terminal
    )


@needs_ray
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_photo_and_doubles_none(
    photos: Path, pids: Path, tmp_path: Path
) -> None:
    out, where = tmp_path / "out", tmp_path / "photos.index"
    with started(photos, out, pids, "slow_model") as run:
        assert run.stdout is not None and run.stderr is not None
        first = int(run.stdout.readline())
        os.kill(int(next(pids.iterdir()).name), signal.SIGKILL)
        told = [first, *map(int, run.stdout)]
        said = run.stderr.read()
    assert (run.returncode, told[-1]) == (0, COUNT), said
    assert first < COUNT / 4
    assert len(said.splitlines()) <= 3
    assert len(list(pids.iterdir())) >= 3  # one came in the place of the one that was killed
    await_their_end(pids)

    merged = merge_embedded_shards(out, where, ColourModel())
    assert (merged.photos, merged.refused) == (COUNT, ())
    with Index.open(where) as index:
        paths = [os.path.basename(file.path) for file in index.files().values()]
    assert sorted(paths) == [f"{number:04}.png" for number in range(COUNT)]
    assert len(list(out.rglob("*.tmp"))) <= 1  # what the one that was killed was at
    assert write_embedded_shards(out, [photos], ColourModel()).photos == 0


def await_their_end(pids: Path) -> None:
    """Return once all workers have ended."""
    running = [Path("/proc") / path.name for path in pids.iterdir()]
    await_that(lambda: not any(process.exists() for process in running))


@needs_ray
@pytest.mark.slow
def test_workers_with_another_model_end_the_run_in_one_line(
    photos: Path, pids: Path, tmp_path: Path
) -> None:
    with started(photos, tmp_path / "out", pids, "other_model") as run:
        _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 1
    assert "a worker loaded model colours (0the4), but the run was started with c0104a5" in said
    assert len(said.splitlines()) <= 3, said


def test_nothing_is_started_where_nothing_is_left_to_do(tmp_path: Path) -> None:
    embed = RayEmbed(other_model, address="192.0.2.1:1")
    assert list(embed([], ColourModel(), tmp_path)) == []


def test_what_lacks_ray_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExtraMissing, match=r'pip install "crossgraph\[ray\]"'):
        list(RayEmbed(other_model)([Chunk("c0ffee", ())], ColourModel(), tmp_path))


@needs_ray
def test_an_address_where_nobody_listens_is_told_at_once(photos: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    command = [sys.executable, "-c", AT_ADDRESS, str(photos), str(tmp_path / "out"), address]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.stdout.startswith(f"no Ray cluster answers at {address}: "), done.stderr
