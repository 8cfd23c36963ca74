"""`index` with its options, `status` and `relocate`, over a model that knows four colours."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from search.cli import main
from search.models import loading
from store import Index
from tests.integration.colours import ColourModel, paint


@pytest.fixture(autouse=True)
def _colour_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def load_model(checkpoint: Path | None = None, **_: object) -> ColourModel:
        return ColourModel("c0104a5" if checkpoint is None else "0the4")

    monkeypatch.setattr(loading, "load_model", load_model)
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))  # where nothing is prepared
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSGRAPH_INDEX", "photos.index")


@pytest.fixture
def photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    paint(folder / "red.png", "red")
    paint(folder / "blue.png", "blue")
    paint(folder / "grey.png", "grey", "blue")
    (folder / "broken.jpg").write_bytes(b"")
    assert main(["index", str(folder)]) == 0
    capsys.readouterr()
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    """Return the lines on stdout, then those on stderr."""
    assert main([*arguments]) == code
    out, err = capsys.readouterr()
    return [*out.splitlines(), *err.splitlines()]


def test_a_plan_tells_each_photo_and_changes_nothing(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "red.png").rename(photos / "crimson.png")
    paint(photos / "blue.png", "green")
    os.utime(photos / "blue.png", ns=(1, 1))
    (photos / "grey.png").unlink()
    paint(photos / "new.png", "grey")
    lines = said(capsys, "index", "--plan")
    assert lines == [
        f"new\t{photos / 'new.png'}",
        f"changed\t{photos / 'blue.png'}",
        f"moved\t{photos / 'red.png'}\t{photos / 'crimson.png'}",
        f"gone\t{photos / 'grey.png'}",
        "1 new, 1 changed, 1 moved, 1 gone, 0 unreachable, 0 unchanged, 1 known to be broken",
    ]
    assert said(capsys, "index", "--plan") == lines
    first, *_ = said(capsys, "index")
    assert first.startswith("photos.index: 1 added, 1 updated, 1 moved, 1 removed, 0 unchanged")


def test_a_plan_needs_no_index_and_makes_none(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *lines, counted = said(capsys, "index", str(photos), "--plan", "--index", "other.index")
    assert [line.partition("\t")[0] for line in lines] == ["new"] * 4
    assert counted.startswith("4 new, 0 changed")
    assert not (tmp_path / "other.index").exists()


def test_a_source_that_vanished_is_dropped_only_when_asked(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more").mkdir()
    paint(tmp_path / "more" / "green.png", "green")
    said(capsys, "index", "more")
    shutil.rmtree(photos)
    lines = said(capsys, "index")
    assert "0 removed, 1 unchanged" in lines[0]
    assert lines[1].startswith("3 photos cannot be reached at the moment")
    (line,) = said(capsys, "index", str(photos), code=1)
    assert line.startswith(f"error: {photos} is not there")
    assert "--prune" in line
    assert "3 removed, 1 unchanged" in said(capsys, "index", "--prune")[0]
    assert sum(line.startswith("folder:") for line in said(capsys, "status")) == 1


def test_a_new_source_that_is_not_there_is_an_error(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = said(capsys, "index", str(photos), "nowhere", code=1)
    assert "nowhere is not there" in line


def test_a_file_that_failed_is_read_again_when_asked(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, good = photos / "broken.jpg", paint(photos / "green.png", "green").read_bytes()
    broken.write_bytes(bytes(len(good)))  # as after a faulty disk: as long as it should be
    facts = broken.stat()
    assert "1 added" in said(capsys, "index")[0]
    broken.write_bytes(good)
    os.utime(broken, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert "0 added" in said(capsys, "index")[0]
    assert "1 added" in said(capsys, "index", "--retry-failed")[0]
    assert said(capsys, "status", "--failed") == []


def test_status_tells_what_is_there(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "status")
    assert lines[0].startswith("photos.index: 3 photos, 0 captions, 0 categories, ")
    assert lines[1] == f"folder: {photos}: 3 photos"
    assert lines[2] == "model: colours c0104a5, none encoders"
    assert lines[3].startswith("search: exact, 8 bits re-scored, ")
    assert lines[4:] == [
        "left out: 1 files",
        f"  {photos / 'broken.jpg'}: the file is empty (0 bytes)",
    ]
    assert said(capsys, "status", "--failed") == [
        f"{photos / 'broken.jpg'}\tthe file is empty (0 bytes)"
    ]
    (line,) = said(capsys, "status", "--json")
    assert json.loads(line)["counts"]["images"] == 3
    assert said(capsys, "status", "--json", "--failed", code=2)[0].endswith("exclude each other")
    assert "is not there" in said(capsys, "status", "--index", "nowhere", code=1)[0]


def test_photos_that_lie_elsewhere_now_are_found_there(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos.rename(tmp_path / "archive")
    (line,) = said(capsys, "relocate", str(photos), "archive")
    assert line == f"photos.index: 3 photos of {photos} are at archive now"
    assert said(capsys, "search", "red", "--paths")[0] == str(tmp_path / "archive" / "red.png")
    assert "0 added, 0 updated, 0 moved, 0 removed, 3 unchanged" in said(capsys, "index")[0]
    assert "is no folder of this index" in said(capsys, "relocate", "x", "archive", code=1)[0]
    assert "does not exist" in said(capsys, "relocate", str(photos), "nowhere", code=1)[0]


def test_another_model_takes_over_once_all_is_embedded(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "red.png").rename(photos / "away")
    lines = said(capsys, "reembed", "--checkpoint", "other", code=1)
    assert "2 embedded again, 0 removed, the old model still answers" in lines[0]
    assert said(capsys, "search", "red", "--paths")[0].endswith("red.png")
    assert any(
        line.startswith("embedding again with colours 0the4") for line in said(capsys, "status")
    )
    (photos / "away").rename(photos / "red.png")
    lines = said(capsys, "reembed", "--checkpoint", "other")
    assert "1 embedded again, 0 removed, the new model answers" in lines[0]
    assert "--checkpoint" in said(capsys, "search", "red", code=1)[0]
    found = said(capsys, "search", "red", "--paths", "--checkpoint", "other")
    assert found[0].endswith("red.png")


@pytest.mark.parametrize(
    "arguments",
    [["photos", "--reembed"], ["--reembed", "--plan"], ["--plan", "--annotations", "x"]],
)
def test_options_that_exclude_each_other_are_refused(
    photos: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = said(capsys, "index", *arguments, code=2)
    assert line.startswith("error: ")
    assert "leave out" in line


def test_nothing_to_index_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(capsys, "index", code=2)
    assert "no SOURCE is given, and photos.index is no index" in line


def test_another_writer_is_told_of(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Index.open(Path("photos.index")) as index:
        index.begin_writing()
        (line,) = said(capsys, "index", code=1)
        assert line.startswith("error: another process is writing to photos.index")
        assert said(capsys, "search", "red", "--paths")[0].endswith("red.png")


def test_an_interrupted_run_says_how_to_go_on(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    paint(photos / "new.png", "red")
    monkeypatch.setattr(ColourModel, "embed_images", interrupt)
    lines = said(capsys, "index", code=130)
    assert lines[0] == "what was done is kept: the same command continues from there"
