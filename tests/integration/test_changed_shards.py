"""Tar and Parquet files that change between two runs: what is read again, and what keeps its id."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from indexer import build_index, plan_index, reembed
from indexer.sources import open_shard
from indexer.sources.shard import Shard
from indexer.sources.tar import TarShard
from store import Index
from tests.fakes import ColourModel
from tests.integration.indexed_shards import (
    BLUE,
    GREEN,
    GREY,
    RED,
    best,
    build,
    counts,
    known,
    old,
    put,
    said,
)
from tests.made_shards import painted, write_parquet, write_tar


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_finished_shard_is_not_opened_again(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        write_tar(tmp_path / "s" / f"part-{number}.tar", {f"{number}.png": painted("red", "grey")})
    assert build(where, f"{tmp_path}/s/part-{{0..2}}.tar").added == 3

    opened: list[str] = []
    real = open_shard.open_shard

    def watched(place: str, **options: bool) -> Shard:
        opened.append(place)
        return real(place, **options)

    monkeypatch.setattr("indexer.shard_loop.open_shard", watched)
    assert counts(build(where)) == (0, 0, 0, 0, 3)
    assert opened == []
    old(tmp_path / "s" / "part-1.tar", 5)
    assert counts(build(where)) == (0, 0, 0, 0, 3)  # read, and found to be the same
    assert opened == [str(tmp_path / "s" / "part-1.tar")]
    assert counts(build(where)) == (0, 0, 0, 0, 3)
    assert len(opened) == 1


def test_a_changed_shard_is_compared_photo_by_photo(where: Path, tmp_path: Path) -> None:
    tar = tmp_path / "a.tar"
    write_tar(tar, {"kept.png": RED, "kept.txt": b"old", "new.png": GREEN, "gone.png": BLUE})
    build(where, tar)
    before = known(where)
    write_tar(tar, {"kept.png": RED, "new.png": GREY, "moved.png": BLUE, "more.png": GREEN})
    old(tar, 7)
    assert counts(build(where, tar)) == (1, 1, 1, 0, 1)
    after = known(where)
    assert {name: after[name] for name in ("kept.png", "new.png")} == {
        name: before[name] for name in ("kept.png", "new.png")
    }
    assert after["moved.png"] == before["gone.png"]
    assert best(where, 3) == f"{tar}!new.png"
    assert said(where)["kept.png"] == ()
    write_tar(tar, {"kept.png": RED})
    assert counts(build(where, tar)) == (0, 0, 0, 3, 1)
    assert best(where, 0) == f"{tar}!kept.png"


def test_another_file_of_the_same_time_is_compared_by_its_content(
    where: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "a.parquet"
    write_parquet(rows, {"image": [RED, GREEN]})
    old(rows, 0)
    build(where, rows)
    write_parquet(rows, {"image": [RED, BLUE], "text": ["another", "size"]})
    old(rows, 0)
    assert counts(build(where)) == (0, 1, 0, 0, 1)
    assert best(where, 2) == f"{rows}!1"
    assert counts(build(where)) == (0, 0, 0, 0, 2)


@pytest.mark.parametrize("is_first", [False, True])
def test_a_shard_that_a_killed_run_was_at_is_compared_by_its_content(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    rows = tmp_path / "a.parquet"
    if not is_first:
        write_parquet(rows, {"image": [RED, GREEN]})
        old(rows, 0)
        build(where, rows)
    write_parquet(rows, {"image": [RED, BLUE], "text": ["another", "size"]})
    old(rows, 5)
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(Index, "put_captions", stopped)
        build(where, rows)
    write_parquet(rows, {"image": [RED, GREEN]})
    old(rows, 5 if is_first else 0)  # what it was before, or another of the same time
    assert counts(build(where)) == (0, 1, 0, 0, 1)
    assert best(where, 1) == f"{rows}!1"


def test_a_shard_that_is_gone_is_as_a_folder_that_is_gone(where: Path, tmp_path: Path) -> None:
    folder, single = tmp_path / "photos", tmp_path / "single.tar"
    write_tar(folder / "a.tar", {"red.png": RED})
    write_tar(folder / "b.tar", {"green.png": GREEN})
    write_tar(single, {"blue.png": BLUE})
    build(where, folder, single)
    (folder / "a.tar").unlink()
    single.unlink()
    report = build(where)
    assert (report.removed, report.unreachable) == (1, 1)  # of a source one may not be mounted
    assert build(where, prune=True).removed == 1
    assert known(where) == {"green.png": 2}
    with Index.open(where) as index:
        assert list(index.finished_shards("source")) == [str(folder / "b.tar")]


def test_photos_keep_their_ids_when_they_are_packed_and_unpacked(
    where: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    put(photos / "red.png", "red")
    put(photos / "blue.png", "blue")
    build(where, photos)
    before = known(where)
    write_tar(photos / "all.tar", [(f"{name}.png", (photos / f"{name}.png").read_bytes())
                                   for name in ("red", "blue")])  # fmt: skip
    for name in ("red.png", "blue.png"):
        (photos / name).unlink()
    assert counts(build(where)) == (0, 0, 2, 0, 0)
    assert known(where) == before
    (photos / "all.tar").rename(photos / "renamed.tar")
    assert counts(build(where)) == (0, 0, 2, 0, 0)
    (photos / "renamed.tar").unlink()
    put(photos / "sub" / "red.png", "red")
    assert counts(build(where)) == (0, 0, 1, 1, 0)
    assert known(where) == {"red.png": before["red.png"]}


def test_such_a_file_stays_when_the_shard_beside_it_changes(where: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    write_tar(folder / "a.tar", {"1.png": RED})
    put(folder / "a.tar!2.png", "blue")
    build(where, folder)
    write_tar(folder / "a.tar", {"1.png": GREEN})
    old(folder / "a.tar", 5)
    assert counts(build(where)) == (0, 1, 0, 0, 1)
    assert counts(build(where)) == (0, 0, 0, 0, 2)


def test_a_photo_that_moved_to_another_shard_has_the_captions_there(
    where: Path, tmp_path: Path
) -> None:
    write_tar(tmp_path / "s" / "a.tar", {"0.png": RED, "0.txt": b"old", "1.png": GREEN})
    build(where, tmp_path / "s")
    write_tar(tmp_path / "s" / "a.tar", {"1.png": GREEN})
    old(tmp_path / "s" / "a.tar", 5)
    write_tar(tmp_path / "s" / "b.tar", {"moved.png": RED})
    assert counts(build(where)) == (0, 0, 1, 0, 1)
    assert said(where) == {"moved.png": (), "1.png": ()}


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_what_was_embedded_anew_from_another_content_is_read_again(
    where: Path, tmp_path: Path, kind: str
) -> None:
    def written(content: bytes) -> Path:
        if kind == "tar":
            return write_tar(tmp_path / "a.tar", {"0.png": content})
        return write_parquet(tmp_path / "a.parquet", {"image": [content]})

    source = written(RED)
    old(source, 5)
    build(where, source)
    written(BLUE)
    old(source, 6)
    other = ColourModel("another")
    assert reembed(where, other).switched
    written(RED)
    old(source, 5)  # as if nothing had been
    assert build_index(where, [], other).updated == 1
    assert counts(build_index(where, [], other)) == (0, 0, 0, 0, 1)
    assert best(where, 0).startswith(str(source))


def test_photos_of_a_shard_that_became_something_else_stay(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "photos" / "a.tar", {"0.png": RED, "1.png": b"no photo"})
    build(where, tar.parent)
    tar.write_bytes(b"no tar " * 300)
    for _ in range(2):
        report = build(where)
        assert (report.removed, len(known(where))) == (0, 1)
        assert [name for name, _ in report.quarantined] == [str(tar), f"{tar}!1.png"]
    assert plan_index(where, []).unchanged == 1  # it is not opened again
    write_tar(tar, {"0.png": RED})
    old(tar, 3)
    assert counts(build(where)) == (0, 0, 0, 0, 1)
    with Index.open(where) as index:
        assert index.quarantined() == []


def test_a_shard_is_forgotten_once_its_photos_are_written(where: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_tar(tmp_path / f"{number}.tar", {f"{number}.png": painted("red", "grey")})
    held: list[int] = []

    def count(*_: object) -> None:
        gc.collect()
        held.append(sum(type(one) is TarShard for one in gc.get_objects()))

    build_index(where, [tmp_path], ColourModel(), progress=count)
    assert held == [1, 1, 1]
