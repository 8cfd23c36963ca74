"""A run that writes or merges shards, killed at any of its calls, leaves only whole ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.bulk import merge_embedded_shards, write_embedded_shards
from store import Index
from tests.faults.points import thinned
from tests.faults.shim import Fault, ForkServer, Mode, Outcome, compile_shim, why_not
from tests.integration.colours import COLOURS, ColourModel, paint

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

COUNT = 120
KILLED = 9
POINTS = 6


class Place:
    """Photos, and children that write their shards and merge them."""

    def __init__(self, server: ForkServer, folder: Path) -> None:
        self._server = server
        self.photos, self.out = folder / "photos", folder / "out"
        self.index = folder / "photos.index"
        self.photos.mkdir()
        for number in range(COUNT):
            paint(self.photos / f"{number:03}.png", list(COLOURS)[number % 4])

    def disturbed(self, task: str, folder: Path, n: int, mode: Mode) -> Outcome:
        """Run a task in a child that is killed at a call below a folder, which is emptied first."""
        shutil.rmtree(folder, ignore_errors=True)
        places = {"photos": self.photos, "out": self.out, "index": self.index}
        fault = Fault(folder, n, mode)
        return self._server.run(f"tests.faults.shard_scenario:{task}", fault=fault, **places)

    def write(self) -> None:
        write_embedded_shards(self.out, [self.photos], ColourModel())

    def merge(self) -> list[tuple[str, str]]:
        assert merge_embedded_shards(self.out, self.index, ColourModel()).refused == ()
        with Index.open(self.index) as index:
            return sorted((file.path, file.sha256) for file in index.files().values())

    def merged(self) -> list[tuple[str, str]]:
        shutil.rmtree(self.index, ignore_errors=True)
        return self.merge()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("shards").resolve()
    with ForkServer(compile_shim(folder)) as server:
        yield Place(server, folder)


@pytest.mark.parametrize("mode", [Mode.KILL, Mode.TORN], ids=["kill", "torn"])
def test_no_shard_is_ever_there_in_part(place: Place, mode: Mode) -> None:
    calls = place.disturbed("write", place.out, 0, mode).calls
    whole = place.merged()
    assert len(whole) == COUNT
    for n in thinned(len(calls), POINTS):
        killed = place.disturbed("write", place.out, n, mode)
        assert killed.signal == KILLED, (n, killed)
        if (place.out / "manifest.json").exists():
            # What was told as done is there.
            assert len(place.merged()) >= max(killed.told, default=0), calls[n - 1]
        place.write()
        assert place.merged() == whole


def test_a_merge_that_was_killed_is_gone_on_with(place: Place) -> None:
    place.write()
    calls = place.disturbed("merge", place.index, 0, Mode.KILL).calls
    whole = place.merged()
    for n in thinned(len(calls), POINTS):
        assert place.disturbed("merge", place.index, n, Mode.KILL).signal == KILLED
        assert place.merge() == whole, calls[n - 1]
