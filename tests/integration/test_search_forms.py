"""What `search` prints and does with its hits, over a model that knows four colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.cli import search_main
from tests.integration.examples import make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_place(tmp_path, monkeypatch)
    return tmp_path


def test_paths_end_with_nul_for_xargs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search_main(["red", "--paths"])
    paths = capsys.readouterr().out.splitlines()
    for form in (["-0"], ["--null"], ["--paths", "-0"]):
        assert search_main(["red", *form]) == 0
        assert capsys.readouterr().out == "".join(f"{path}\0" for path in paths)


def test_lines_of_json_have_two_names(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search_main(["red", "--json"])
    one = capsys.readouterr().out
    search_main(["red", "--jsonl"])
    assert capsys.readouterr().out == one


def test_csv_has_a_line_of_names(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search_main(["red", "--csv", "-k", "1"]) == 0
    names, hit = capsys.readouterr().out.splitlines()
    assert names == (
        "rank,probability,score,path,image_id,captions,categories,group,taken,camera,size_bytes,"
        "width_px,height_px,title,description,tags,people,place,rating,latitude,longitude"
    )
    assert hit.split(",")[0] == "1"


def test_hits_are_copied_and_stdout_is_as_ever(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search_main(["red", "-k", "1", "--paths", "--copy-to", "out"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{place / 'photos' / 'img_0.png'}\n"
    assert err == "1 photos copied to out\n"
    assert Path("out/img_0.png").read_bytes() == (place / "photos" / "img_0.png").read_bytes()


def test_a_hit_that_cannot_be_copied_or_opened_ends_with_1(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "photos" / "img_0.png").unlink()
    assert search_main(["red", "-k", "1", "--copy-to", "out", "--open"]) == 1
    err = capsys.readouterr().err
    assert "not copied: " in err
    assert "no longer exists" in err


def test_thumbnails_are_forced_into_a_pipe(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search_main(["red", "-k", "1", "--preview-as", "blocks"]) == 0
    assert "▀" in capsys.readouterr().out
