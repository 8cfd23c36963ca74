"""Found photos are copied and opened, without overwriting or losing any file."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import typer

from search.output.file_actions import copy_hits, open_best
from search.result import Hit
from tests.made_shards import painted, write_parquet, write_tar


def hit(path: Path, content: bytes | None = None) -> Hit:
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Hit(1, 1.0, 1.0, path, 1)


def test_copies_keep_their_names_and_a_taken_one_gets_a_number(tmp_path: Path) -> None:
    hits = [
        hit(tmp_path / "a" / "dog.jpg", b"one"),
        hit(tmp_path / "b" / "dog.jpg", b"two"),
        hit(tmp_path / "c" / "dog.jpg", b"three"),
        hit(tmp_path / "c" / "cat.jpg", b"cat"),
    ]
    out = tmp_path / "deep" / "out"
    done = copy_hits(hits, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "dog.jpg": b"one", "dog-2.jpg": b"two", "dog-3.jpg": b"three", "cat.jpg": b"cat",
    }  # fmt: skip
    assert list(done.lines(out)) == [
        f"{hits[1].path} is {out / 'dog-2.jpg'}, since another photo has its name",
        f"{hits[2].path} is {out / 'dog-3.jpg'}, since another photo has its name",
        f"4 photos copied to {out}",
    ]


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    mine = hit(tmp_path / "out" / "dog.jpg", b"mine").path
    copy_hits([hit(tmp_path / "a" / "dog.jpg", b"theirs")], tmp_path / "out")
    assert mine.read_bytes() == b"mine"
    assert (tmp_path / "out" / "dog-2.jpg").read_bytes() == b"theirs"


def test_the_same_copies_again_are_none(tmp_path: Path) -> None:
    hits = [hit(tmp_path / "a" / "dog.jpg", b"one"), hit(tmp_path / "b" / "dog.jpg", b"two")]
    copy_hits(hits, tmp_path / "out")
    again = copy_hits(hits, tmp_path / "out")
    assert list(again.lines(tmp_path / "out"))[-1].endswith("2 were there already")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_name_that_no_file_can_have_is_told_and_the_others_are_copied(tmp_path: Path) -> None:
    tar = tmp_path / "a.tar"
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as written:
        info = tarfile.TarInfo("1.png")
        info.pax_headers = {"path": "a\0b.png"}
        info.size = len(painted("red"))
        written.addfile(info, io.BytesIO(painted("red")))
    hits = [hit(Path(f"{tar}!a\0b.png")), hit(tmp_path / "dog.jpg", b"one")]
    done = copy_hits(hits, tmp_path / "out")
    assert list(done.failed) == [hits[0].name]
    assert list(done.written) == [hits[1].name]


def test_a_photo_that_is_gone_is_named_and_the_others_are_copied(tmp_path: Path) -> None:
    hits = [hit(tmp_path / "gone.jpg"), hit(tmp_path / "dog.jpg", b"one")]
    done = copy_hits(hits, tmp_path / "out")
    assert list(done.lines(tmp_path / "out")) == [
        f"not copied: {tmp_path / 'gone.jpg'}: No such file or directory",
        f"1 photos copied to {tmp_path / 'out'}, 1 could not be copied",
    ]


def test_the_best_hit_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def launch(path: str) -> int:
        opened.append(path)
        return 0

    monkeypatch.setattr(typer, "launch", launch)
    best, other = hit(tmp_path / "dog.jpg", b"one"), hit(tmp_path / "cat.jpg", b"two")
    assert open_best([best, other]) == ""
    assert opened == [str(best.path)]
    assert "crossgraph index" in open_best([hit(tmp_path / "gone.jpg")])
    assert len(opened) == 1


def test_that_there_is_no_viewer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "launch", lambda _: 1)
    assert "no viewer" in open_best([hit(tmp_path / "dog.jpg", b"one")])


def test_photos_in_shards_become_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    red, blue = painted("red"), painted("blue")
    tar = write_tar(tmp_path / "a.tar", {"x/dog.jpg": red, "y/dog.jpg": blue})
    rows = write_parquet(tmp_path / "b.parquet", {"image": [blue]})
    names = (f"{tar}!x/dog.jpg", f"{tar}!y/dog.jpg", f"{rows}!0", f"{tar}!gone.jpg")
    hits = [hit(Path(name)) for name in names]
    out = tmp_path / "out"
    done = copy_hits(hits, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "dog.jpg": red, "dog-2.jpg": blue, "b-0.png": blue,
    }  # fmt: skip
    assert list(done.lines(out)) == [
        f"{names[1]} is {out / 'dog-2.jpg'}, since another photo has its name",
        f"not copied: {names[3]}: it no longer contains gone.jpg",
        f"3 photos copied to {out}, 1 could not be copied",
    ]
    assert len(copy_hits(hits, out).there) == 3
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", lambda path: opened.append(path) or 0)
    assert open_best(hits) == ""
    assert Path(opened[0]).read_bytes() == red
    assert "gone.jpg" in open_best(hits[3:])
