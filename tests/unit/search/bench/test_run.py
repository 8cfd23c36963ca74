"""Groups of figures, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from search.bench import run, subject
from search.bench.bench_errors import BenchError
from search.bench.made import Collections
from search.bench.setting import QUICK, Setting
from search.bench.targets import Figure
from search.cli import main
from tests.unit.search.bench.outcomes import size_row


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").touch()
    return folder


@pytest.fixture(autouse=True)
def _groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stub the groups: `cold` yields a figure, `query` fails after one, `scale` yields a size."""

    def cold(made: Collections) -> Iterator[object]:
        yield Figure("cold", 0.2, "", (made.setting.base,))

    def query(made: Collections) -> Iterator[object]:
        yield Figure("warm", 2.0, "", (made.setting.base,))
        raise BenchError("no room\nleft")

    def scale(made: Collections) -> Iterator[object]:
        yield size_row(made.setting.largest, 10, 1, 2)

    by_name = {"cold": cold, "query": query, "scale": scale}

    def imported(name: str) -> SimpleNamespace:
        return SimpleNamespace(measure=by_name.get(name.rpartition(".")[2], lambda _: ()))

    monkeypatch.setattr(run, "importlib", SimpleNamespace(import_module=imported))
    monkeypatch.setattr(subject, "load_model", SimpleNamespace)


def test_a_group_that_fails_takes_nothing_from_others(photos: Path, tmp_path: Path) -> None:
    outcome = run.run_bench(Setting(photos, None, tmp_path / "work", QUICK, quiet=True))
    assert [figure.key for figure in outcome.figures] == ["cold", "warm"]
    assert [row.built.count for row in outcome.sizes] == [10_000]
    assert outcome.failed == {"query": "BenchError: no room left"}


def test_the_command_tells_what_failed_and_ends_with_one(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", tmp_path / "out.json", "--plot", tmp_path / "out.svg"]
    called = ["bench", "--quick", "--photos", photos, "--work", tmp_path / "work", *files]
    assert main([str(word) for word in called]) == 1
    out, err = capsys.readouterr()
    assert "query could not be measured: BenchError: no room left" in out.splitlines()
    assert "bench: query failed" in err
    assert (tmp_path / "out.json").read_text().startswith("{")
    assert (tmp_path / "out.svg").read_text().startswith("<svg")


def test_some_groups_and_sizes(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called = ["bench", "--photos", photos, "--work", tmp_path / "w", "--only", "scale", "-q"]
    assert main([*map(str, called), "--sizes", "50,20", "--markdown"]) == 0
    out, err = capsys.readouterr()
    assert "| 50 | 3 | 1,500 | 10.0 |" in out
    assert "cold" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--only", "heat"], "--only heat: expected one of cold, query, indexing, scale, memory"),
        (["--sizes", "10,ten"], "--sizes 10,ten: expected different numbers of images"),
        (["--sizes", "10,10"], "--sizes 10,10: expected different numbers of images"),
    ],
)
def test_wrongly_called(
    photos: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["bench", "--photos", str(photos), *options]) == 2
    assert words in capsys.readouterr().err


def test_a_folder_without_photos_is_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--photos", str(tmp_path), "--work", str(tmp_path / "w")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert str(tmp_path) in last
    assert not (tmp_path / "w").exists()
