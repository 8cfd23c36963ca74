"""The commands that embed shards and merge them, and what they refuse."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from indexer.bulk import embed, write_embedded_shards
from indexer.bulk.embedded_shard_file import check_pyarrow
from indexer.bulk.embedded_shards_folder import embedded_shard_paths
from search.cli import main
from search.models import loading
from store import CrossgraphError, Index
from tests.fakes import COLOURS, ColourModel, paint
from tests.made_shards import painted, write_tar

COUNT = 240


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        paint(folder / f"{number:04}.png", list(COLOURS)[number % 4])
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def content(where: Path) -> dict[str, object]:
    """All that an index has of each path, its id aside."""
    with Index.open(where) as index:
        found: dict[str, object] = {bad.path: bad for bad in index.quarantined()}
        for image_id, file in index.files().items():
            arrays = index.vectors([image_id]), index.nodes([image_id])
            found[file.path] = (file, *(array.tobytes() for array in arrays))
    return found


@pytest.mark.usefixtures("colours")
def test_a_tar_that_cannot_be_opened_just_now_is_embedded_by_the_next_run(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tar = write_tar(tmp_path / "sources" / "a.tar", {"1.png": painted("red")})

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(embed, "open_shard", fail)
        assert main(["index", str(tar.parent), "--shards", str(out)]) == 1
    said = capsys.readouterr()
    assert f"left out: {tar}: cannot be read: Input/output error" in said.err
    assert "run the same command again" in said.err
    assert "0 shards written, 0 there already" in said.out
    assert list(embedded_shard_paths(out)) == []
    assert write_embedded_shards(out, [tar.parent], ColourModel()).photos == 1


def test_what_lacks_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CrossgraphError, match=r'pip install "crossgraph\[parquet\]"'):
        check_pyarrow()


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("colours")
def test_old_spellings_do_the_same_and_name_the_command(
    photos: Path, out: Path, where: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(photos), "--shards", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{out}: ")
    assert "note: `crossgraph shards write SOURCE --out OUT` is the command" in told.err
    assert main(["index", "--from-shards", str(out), "--index", str(where)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{where}: ")
    assert "note: `crossgraph shards merge OUT` is the command" in told.err


@pytest.mark.usefixtures("colours")
def test_new_commands_refuse_what_goes_not_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "o")
    assert main(["shards", "write", "x", "--out", out, "--workers", "2"]) == 2
    assert "are for --ray" in " ".join(capsys.readouterr().err.split())
    assert main(["shards", "write", "--out", out]) == 2
    assert main(["watch", "--index", out]) == 2
    assert "no SOURCE is given" in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("colours")
def test_the_commands_tell_what_they_did(
    photos: Path, out: Path, where: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shards", "write", str(photos), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{out}: ")
    assert f"{COUNT} photos embedded, 1 left out" in said.out
    assert "left out: " in said.err and "broken.jpg: its content is not an image" in said.err
    assert main(["shards", "merge", str(out), "--index", str(where)]) == 0
    assert f"0 there already, 0 refused, {COUNT} photos, 1 left out" in capsys.readouterr().out
    next(embedded_shard_paths(out)).write_bytes(b"")
    assert main(["index", "--from-shards", str(out), "--index", str(where)]) == 1
    said = capsys.readouterr()
    assert "refused: " in said.err and "delete it" in said.err
    assert "1 refused, 0 photos" in said.out


@pytest.mark.usefixtures("colours")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["x", "--shards", "o", "--from-shards", "o"], "give one"),
        (["x", "--shards", "o", "--reembed"], "leave out --annotations"),
        (["--from-shards", "o", "--watch"], "leave out --annotations"),
        (["x", "--shards", "o", "--exclude", "y"], "--exclude, --include"),
        (["x", "--from-shards", "o"], "leave out SOURCE"),
        (["--from-shards", "o", "--retry-failed"], "leave out SOURCE and --retry-failed"),
        (["--shards", "o"], "needs a SOURCE"),
        (["x", "--ray"], "give --shards OUT"),
        (["x", "--part", "1/2"], "give --shards OUT"),
        (["x", "--shards", "o", "--workers", "2"], "are for --ray"),
        (["x", "--shards", "o", "--address", "auto"], "are for --ray"),
        (["x", "--shards", "o", "--part", "0/2"], "expected I/N with I from 1 to N"),
        (["x", "--shards", "o", "--part", "3/2"], "expected I/N with I from 1 to N"),
        (["x", "--shards", "o", "--part", "half"], "expected I/N with I from 1 to N"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", *arguments]) == 2
    assert told in capsys.readouterr().err
