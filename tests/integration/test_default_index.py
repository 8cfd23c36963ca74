"""One index, found from any folder; and the offer to make it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from search import open_index
from search.cli import main, search_main
from search.demo import demo_run, photo_sets
from search.engine.default_index import default_index, demo_folder, home_index, new_index
from search.models import loading
from tests.integration.colours import ColourModel, paint
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def _colour_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    paint(folder / "red.png", "red")
    paint(folder / "blue.png", "blue")
    (folder / "notes.txt").write_text("none")
    return folder


def goes_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)


def test_an_index_without_a_name_is_found_from_any_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert main(["index", str(photos)]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/data/crossgraph/photos.index: 2 added")
    goes_to(tmp_path / "else" / "where", monkeypatch)
    assert search_main(["blue", "-k", "1", "--paths"]) == 0
    assert capsys.readouterr().out == f"{photos}/blue.png\n"
    assert search_main(["blue", "-k", "1"]) == 0
    assert "demo" not in capsys.readouterr().err
    assert main(["status"]) == 0
    assert "2 photos" in capsys.readouterr().out
    with open_index(model=ColourModel()) as index:
        assert index.folder == home_index()


def test_an_index_of_the_folder_and_a_named_one_come_first(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["index", str(photos)]) == 0
    assert default_index() == new_index() == home_index()
    assert main(["index", str(photos), "--index", "photos.index"]) == 0
    assert default_index() == new_index() == Path("photos.index")
    monkeypatch.setenv("CROSSGRAPH_INDEX", str(tmp_path / "named"))
    assert default_index() == new_index() == tmp_path / "named"


def test_a_program_that_searches_is_told_which_command_makes_an_index(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(photos)
    assert search_main(["red"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: nothing is indexed yet: `crossgraph index .` indexes the 2 photos in {photos}, "
        "and `search` then finds them from any folder\n"
    )
    goes_to(photos.parent / "empty", monkeypatch)
    assert search_main(["red"]) == 1
    assert "`crossgraph index ~/Pictures`" in capsys.readouterr().err


PROGRAM = """
import sys
from search.models import loading, ready
from search.short import search_main
from tests.integration.colours import ColourModel
loading.load_model = lambda *_, **__: ColourModel()
ready.make_ready = lambda _: None
sys.exit(search_main(["red", "-k", "1"]))
"""


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1)])
def test_at_a_terminal_the_first_search_asks_and_goes_on(
    photos: Path, answer: bytes, code: int
) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"}
    said: list[bytes] = []

    def listen() -> None:
        with suppress(OSError):  # which is how its end is told
            while piece := os.read(ours, 4096):
                said.append(piece)

    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=photos, env=environment,
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
    ) as program:  # fmt: skip
        os.close(theirs)
        listener = threading.Thread(target=listen)
        listener.start()
        os.write(ours, answer)
        assert program.stdout is not None
        out = program.stdout.read().decode()
    listener.join(PATIENCE_SECONDS)
    os.close(ours)
    asked = b"".join(said).decode()
    assert f"Index the 2 photos in {photos} now?" in asked
    assert "\\x1b" not in asked  # the bar is drawn
    assert "demo's photos" not in asked
    assert program.returncode == code
    assert ("red.png" in out) == (code == 0)
    assert home_index().exists() == (code == 0)


def test_the_demo_is_searched_from_anywhere_until_there_is_an_own_index(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(photo_sets, "distribution", lambda _: SimpleNamespace(locate_file=Path))
    sets = [photo_sets.PhotoSet("any", str(photos), ("*.png",), "us", "CC0")]
    defaults = {**(demo_run.run_demo.__kwdefaults__ or {}), "sets": sets}
    monkeypatch.setattr(demo_run.run_demo, "__kwdefaults__", defaults)
    assert main(["demo", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert 'search more, from any folder: search "a red chair"\n' in said
    assert default_index() == demo_folder() / "index"
    goes_to(tmp_path / "else", monkeypatch)
    assert search_main(["blue", "-k", "1"]) == 0
    out, err = capsys.readouterr()
    assert "any-blue.png" in out
    assert "these are the demo's photos: `crossgraph index FOLDER` indexes your own" in err
    assert new_index() == home_index()
    assert main(["index", str(photos)]) == 0
    assert default_index() == home_index()


def test_the_demo_without_its_photos_says_which_extra_brings_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    defaults = {**(demo_run.run_demo.__kwdefaults__ or {}), "sets": [
        photo_sets.PhotoSet("no-such-package", "x", ("*.png",), "us", "CC0")
    ]}  # fmt: skip
    monkeypatch.setattr(demo_run.run_demo, "__kwdefaults__", defaults)
    assert main(["demo", "--quiet"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert 'pip install "crossgraph[demo]"' in line
    assert "no-such-package" in line
