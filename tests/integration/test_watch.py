"""`crossgraph watch` with real files, in a process of its own that knows four colours."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import watch
from search.engine.search_index import SearchIndex
from store import Index
from tests.fakes import ColourModel, paint
from tests.waiting import PATIENCE_SECONDS, await_that

PROGRAM = """
import sys
from indexer import watch
from search.models import loading, ready
from search.cli import main
from tests.fakes import ColourModel

watch.QUIET_MS, watch.TICK_MS = 200, 300
loading.load_model, ready.make_ready = lambda *_, **__: ColourModel(), lambda _: None
sys.exit(main(["watch", "photos", "more", "--quiet"]))
"""


class Watching:
    """The program and its lines on stdout, as they come."""

    def __init__(self, folder: Path) -> None:
        with (folder / "stderr").open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM], cwd=folder, text=True,
                stdout=subprocess.PIPE, stderr=stderr,
                env={
                    "PYTHONPATH": str(Path(__file__).parents[2]),
                    "PATH": "",
                    "CROSSGRAPH_INDEX": "photos.index",
                    "CROSSGRAPH_CACHE": str(folder / "cache"),  # where nothing is prepared
                },
            )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def line(self) -> str:
        return self._lines.get(timeout=PATIENCE_SECONDS)

    def is_silent(self, seconds: float) -> bool:
        try:
            self._lines.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    (tmp_path / "photos").mkdir()
    (tmp_path / "more").mkdir()
    paint(tmp_path / "photos" / "red.png", "red")
    paint(tmp_path / "more" / "grey.png", "grey")
    started = Watching(tmp_path)
    assert started.line().startswith("photos.index: 2 added")
    wait_for(tmp_path, "waiting for changes")
    yield started
    started.process.kill()
    started.process.wait()
    started.process.stdout.close()  # type: ignore[union-attr]


def wait_for(folder: Path, said: str) -> None:
    await_that(lambda: said in (folder / "stderr").read_text())


def test_what_comes_changes_and_goes_is_indexed(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    for colour in ("blue", "green"):
        paint(tmp_path / "card" / f"{colour}.png", colour)
    (tmp_path / "card").rename(tmp_path / "photos" / "card")
    assert watching.line().startswith("photos.index: 2 added")  # one pass for both
    (tmp_path / "photos" / "new" / "folder").mkdir(parents=True)
    (tmp_path / "photos" / "red.png").rename(tmp_path / "photos" / "new" / "folder" / "r.png")
    assert "1 moved" in watching.line()
    (tmp_path / "photos" / "card" / "blue.png").unlink()
    assert "1 removed" in watching.line()
    # the index, which changes in every pass, and what is no photo, wake nobody
    (tmp_path / "photos" / "notes.txt").write_text("nothing")
    assert watching.is_silent(1.5)

    # nothing is held between passes
    with Index.open(tmp_path / "photos.index") as index:
        index.begin_writing()
    with SearchIndex(Index.open(tmp_path / "photos.index"), ColourModel()) as opened:
        assert [hit.path.name for hit in opened.search("green", k=1)] == ["green.png"]

    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(PATIENCE_SECONDS) == 0
    assert "stopped" in (tmp_path / "stderr").read_text()


def test_a_folder_that_goes_away_is_not_photos_deleted(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "more").rename(tmp_path / "unmounted")
    wait_for(tmp_path, "1 photos cannot be reached at the moment; they stay")
    (tmp_path / "photos").rename(tmp_path / "unmounted too")
    wait_for(tmp_path, "its photos stay in the index")
    with Index.open(tmp_path / "photos.index") as index:
        assert len(index) == 2
    (tmp_path / "unmounted too").rename(tmp_path / "photos")
    (tmp_path / "unmounted").rename(tmp_path / "more")
    paint(tmp_path / "more" / "blue.png", "blue")
    line = watching.line()
    assert "1 added" in line
    assert "0 removed" in line


def test_what_could_not_be_written_since_somebody_else_wrote_is_done_later(
    watching: Watching, tmp_path: Path
) -> None:
    with Index.open(tmp_path / "photos.index") as index:
        index.begin_writing()
        paint(tmp_path / "photos" / "blue.png", "blue")
        wait_for(tmp_path, "another process is writing")
    assert watching.line().startswith("photos.index: 1 added")


def test_changes_are_told_once_it_is_quiet_and_the_first_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "QUIET_MS", 100)
    monkeypatch.setattr(watch, "TICK_MS", 100)
    (tmp_path / "photos" / "index").mkdir(parents=True)
    told = watch.wakeups([tmp_path / "photos"], tmp_path / "photos" / "index")
    assert next(told) is True
    assert next(told) is False
    (tmp_path / "photos" / "index" / "a.png").write_bytes(b"the index itself")
    assert not any(next(told) for _ in range(5))
    (tmp_path / "photos" / "a.png").write_bytes(b"a photo")
    assert any(next(told) for _ in range(5))
    told.close()


def test_where_the_system_cannot_tell_all_is_looked_through_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(*_: object, **__: object) -> Iterator[set[object]]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watch, "watch", no_more)
    monkeypatch.setattr(watch, "LOOK_UNTOLD_SECONDS", 0.01)
    told = watch.wakeups([tmp_path], tmp_path / "index")
    assert [next(told) for _ in range(3)] == [True] * 3
    told.close()  # type: ignore[attr-defined]


def test_it_ends_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "TICK_MS", 100)
    stop = threading.Event()
    told = watch.wakeups([tmp_path, tmp_path / "gone"], tmp_path / "index", stop=stop)
    assert next(told) is True
    stop.set()
    assert not any(told)
