"""Tar and Parquet files through the real store, with a model that knows four colours."""

from __future__ import annotations

import gc
import json
import os
import tarfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexer import BuildReport, build_index, plan_index, reembed
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources import open_photo, patterns, shard
from indexer.sources.tar import TarShard
from search.commands.relocate import relocate
from search.commands.shared.watching import keep_up
from search.commands.status import status
from search.engine.add_and_remove import add_photos, remove_photos
from store import Index, ReaderMissing, SourceError
from store.merge import merge
from store.photo_names import base_name
from tests.fakes import ColourModel
from tests.made_shards import painted, write_parquet, write_tar

RED, GREEN, BLUE, GREY = (painted(colour) for colour in ("red", "green", "blue", "grey"))


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def build(where: Path, *sources: Path | str, **options: bool) -> BuildReport:
    return build_index(where, list(sources), ColourModel(), batch_size=2, **options)


def counts(report: BuildReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.moved, report.removed, report.unchanged


def known(where: Path) -> dict[str, int]:
    with Index.open(where) as index:
        return {base_name(file.path): image_id for image_id, file in index.files().items()}


def best(where: Path, colour: int) -> str:
    with Index.open(where) as index:
        ids, _ = index.search(np.eye(4, dtype=np.float32)[colour], 1)
        return index.photos(ids)[0].path


def said(where: Path) -> dict[str, tuple[str, ...]]:
    with Index.open(where) as index:
        return {base_name(photo.path): photo.captions for photo in index.photos(range(1, 20))}


def put(path: Path, colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(painted(colour))


def old(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


def stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_webdataset_tar_gives_its_photos_and_their_captions(where: Path, tmp_path: Path) -> None:
    tar = write_tar(
        tmp_path / "part-0.tar",
        {
            "000.png": RED,
            "000.txt": b"a red wall\nbricks\n",
            "a/001.png": GREEN,
            "a/001.json": json.dumps({"caption": "grass", "captions": ["grass", "lawn"]}).encode(),
            "._000.png": b"of another system",
            "notes.md": b"none of ours",
        },
    )
    assert counts(build(where, tar)) == (2, 0, 0, 0, 0)
    assert best(where, 1) == f"{tar}!a/001.png"
    assert said(where) == {"000.png": ("a red wall", "bricks"), "001.png": ("grass", "lawn")}
    with Index.open(where) as index:
        assert index.sources() == {str(tar): 2}
        assert index.search_texts("lawn", 5)[0].tolist() == [2]


def test_a_parquet_file_gives_its_rows(where: Path, tmp_path: Path) -> None:
    put(tmp_path / "beside" / "blue.png", "blue")
    columns = {
        "image": [
            {"bytes": RED, "path": None},
            {"bytes": None, "path": "beside/blue.png"},
            {"bytes": None, "path": None},
            {"bytes": GREEN, "path": "gone.png"},
        ],
        "Captions": [["a wall", "bricks"], ["the sea"], [], None],
    }
    parquet = write_parquet(tmp_path / "a.parquet", columns)
    report = build(where, parquet)
    assert counts(report) == (3, 0, 0, 0, 0)
    assert report.quarantined == ((f"{parquet}!2", "the row has no photo"),)
    assert said(where) == {"0": ("a wall", "bricks"), "1": ("the sea",), "3": ()}
    assert best(where, 1) == f"{parquet}!3"
    assert open_photo(f"{parquet}!1") == BLUE


def test_a_folder_gives_its_photos_and_those_in_its_shards(where: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    put(photos / "red.png", "red")
    write_tar(photos / "sub" / "part.tar", {"green.png": GREEN})
    write_parquet(photos / "rows.parquet", {"jpg": [BLUE], "text": ["the sea"]})
    write_parquet(photos / "numbers.parquet", {"a": [1, 2]})
    write_parquet(photos / "others.parquet", {"path": ["a.txt", None]})
    write_parquet(photos / "empty.parquet", {"path": []})
    assert counts(build(where, photos)) == (3, 0, 0, 0, 0)
    assert counts(build(where)) == (0, 0, 0, 0, 3)
    with Index.open(where) as index:
        assert index.sources() == {str(photos): 3}
    write_tar(photos / "sub" / "more.tar", {"grey.png": GREY})
    assert counts(build(where)) == (1, 0, 0, 0, 3)


def test_a_finished_shard_is_not_opened_again(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        write_tar(tmp_path / "s" / f"part-{number}.tar", {f"{number}.png": painted("red", "grey")})
    assert build(where, f"{tmp_path}/s/part-{{0..2}}.tar").added == 3

    opened: list[str] = []
    real = shard.open_shard

    def watched(place: str, **options: bool) -> shard.Shard:
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


def test_how_much_there_is_to_do_is_guessed_from_the_first_shards(
    where: Path, tmp_path: Path
) -> None:
    for number in range(3):
        names = [f"{number}-{n}.png" for n in range(4)]
        write_tar(tmp_path / f"{number}.tar", dict.fromkeys(names, RED))
    told: list[tuple[int, int, str]] = []
    build_index(
        where,
        [tmp_path],
        ColourModel(),
        batch_size=2,
        progress=lambda done, total, name: told.append((done, total, name)),
    )
    assert [told[n] for n in (0, 3, 5)] == [
        (2, 12, "0-1.png"),
        (8, 12, "1-3.png"),
        (12, 12, "2-3.png"),
    ]


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


@pytest.mark.parametrize("kept", ["in a photo", "in a header", "at the end"])
def test_a_tar_that_is_cut_off_gives_what_is_before_that(
    where: Path, tmp_path: Path, kept: str
) -> None:
    tar = write_tar(tmp_path / "a.tar", {"0.png": RED, "1.png": GREEN, "2.png": BLUE})
    build(where, tar)
    with closing(TarShard(str(tar), tar.open("rb"))) as listed:
        places = [member.place for member in listed.members]
    whole = tar.read_bytes()
    cut = {"in a photo": places[2] + 9, "in a header": places[2] - 100, "at the end": places[2]}
    tar.write_bytes(whole[: cut[kept] + (512 if kept == "at the end" else 0)])
    report = build(where, tar)
    assert (report.added, report.updated, report.removed) == (0, 0, 0)
    assert "cut off" in dict(report.quarantined)[str(tar)]
    again = build(where)
    assert again.quarantined == report.quarantined
    tar.write_bytes(whole)
    old(tar, 9)
    mended = build(where)
    assert mended.quarantined == ()
    assert len(known(where)) == 3


def test_a_broken_photo_is_left_out_under_its_name(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"0.png": RED, "1.png": b"a shopping list"})
    name = f"{tar}!1.png"
    report = build(where, tar)
    assert report.quarantined == ((name, "its content is no image of a known format"),)
    assert build(where).quarantined == report.quarantined
    assert plan_index(where, [], retry_failed=True).new[0].path == name
    assert build(where, retry_failed=True).quarantined == report.quarantined
    write_tar(tar, {"0.png": RED, "1.png": GREEN})
    old(tar, 3)
    assert counts(build(where)) == (1, 0, 0, 0, 1)
    with Index.open(where) as index:
        assert index.quarantined() == []


def test_a_plan_holds_no_shard(where: Path, tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {"0.png": RED})
    plan = plan_index(where, [tmp_path])
    assert [file.shard for file in plan.new] == [None]


def test_a_pipe_is_not_waited_for(where: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tar")
    with pytest.raises(SourceError, match=r"a\.tar cannot be read: it is no file"):
        build(where, tmp_path / "a.tar")


def test_what_there_is_to_do_is_told_without_doing_it(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"0.png": RED, "1.png": GREEN})
    assert [file.path for file in plan_index(where, [tar]).new] == [f"{tar}!0.png", f"{tar}!1.png"]
    build(where, tar)
    assert plan_index(where, []).unchanged == 2
    write_tar(tar, {"1.png": BLUE})
    old(tar, 4)
    plan = plan_index(where, [])
    assert [file.path for file in plan.changed] == [f"{tar}!1.png"]
    assert [file.path for file in plan.gone.values()] == [f"{tar}!0.png"]
    assert not (where / "shards").exists()


def test_sources_that_are_none_stop_before_anything_is_written(where: Path, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(b"no tar " * 200)
    (tmp_path / "no.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b")
    write_parquet(tmp_path / "ours.parquet", {"path": ["/a.jpg"], "sha256": ["00"]})
    write_parquet(tmp_path / "numbers.parquet", {"a": [1], "url": ["b"]})
    for source, told in {
        "no.tar": r"no\.tar is no tar file",
        "no.parquet": r"no\.parquet is no Parquet file",
        "gone.tar": r"gone\.tar cannot be read: No such file",
        "a.tar.gz": r"a\.tar\.gz is a packed tar.*unpack it",
        "part-*.tar": r"nothing fits .*part-\*\.tar",
        "numbers.parquet": r"has no column of photos; it has a \(int64\), url \(string\), expected",
        "ours.parquet": r"ours\.parquet is one that this program wrote",
        "{0..200000}.tar": r"stands for more than 100,000",
    }.items():
        with pytest.raises(SourceError, match=told):
            build(where, tmp_path / source)
    assert not where.exists()


def test_shards_that_are_none_are_left_out_and_the_rest_goes_on(
    where: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    write_tar(folder / "good.tar", {"red.png": RED})
    (folder / "bad.tar").write_bytes(b"no tar " * 200)
    (folder / "bad.parquet").write_bytes(b"PAR1 no")
    report = build(where, folder)
    assert (report.added, len(report.quarantined)) == (1, 2)
    assert build(where).quarantined == report.quarantined


def test_a_file_of_its_own_may_be_called_as_a_photo_in_a_shard(where: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old.tar"
    put(folder / "!odd.png", "red")
    put(folder / "a.tar!b.png", "blue")
    put(folder / "sub.parquet" / "7.png", "green")
    assert counts(build(where, folder)) == (3, 0, 0, 0, 0)
    assert counts(build(where)) == (0, 0, 0, 0, 3)
    assert open_photo(f"{folder}/a.tar!b.png") == BLUE
    assert best(where, 0) == f"{folder}/!odd.png"


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


@pytest.mark.parametrize("named", ["sub/1.png", "!sub/1.png", "1.png"])
def test_coco_files_speak_of_photos_in_shards(where: Path, tmp_path: Path, named: str) -> None:
    tar = write_tar(tmp_path / "a.tar", {"0.png": RED, "sub/1.png": GREEN})
    notes = tmp_path / "captions.json"
    images = [{"id": 1, "file_name": "0.png"}, {"id": 2, "file_name": "sub/1.png"}]
    images[1]["file_name"] = named
    said_of = [{"image_id": 1, "caption": "a wall"}, {"image_id": 2, "caption": "grass"}]
    notes.write_text(json.dumps({"images": images, "annotations": said_of}), encoding="utf-8")
    report = build_index(where, [tar], ColourModel(), annotations=[notes])
    assert (report.annotated, report.missing) == (2, ())
    assert said(where) == {"0.png": ("a wall",), "1.png": ("grass",)}


def test_the_tools_for_indexes_know_photos_in_shards(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a" / "a.tar", {"0.png": RED, "1.png": GREEN})
    build(where, tar.parent, write_parquet(tmp_path / "b.parquet", {"image": [BLUE]}))
    other = ColourModel("another")
    assert reembed(where, other).embedded == 3
    merge([where], tmp_path / "all.index")
    (tmp_path / "a").rename(tmp_path / "moved")
    with Index.open(tmp_path / "all.index") as index:
        index.relocate(str(tmp_path / "a"), str(tmp_path / "moved"))
    report = build_index(tmp_path / "all.index", [], other)
    assert counts(report) == (0, 0, 0, 0, 3)


def test_without_its_reader_a_shard_waits(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    put(folder / "red.png", "red")
    parquet = write_parquet(folder / "a.parquet", {"image": [BLUE]})

    def missing(place: str, file: object) -> None:
        raise ReaderMissing("it is read by what is not installed")

    with monkeypatch.context() as without:
        without.setattr("indexer.sources.parquet.open_parquet", missing)
        report = build(where, folder)
    assert (report.added, dict(report.quarantined)) == (
        1,
        {str(parquet): "it is read by what is not installed"},
    )
    assert counts(build(where)) == (1, 0, 0, 0, 1)


def test_patterns_are_spelled_out_as_webdataset_does(tmp_path: Path) -> None:
    for name in ("a-08.tar", "a-09.tar", "b{1,2}.tar"):
        (tmp_path / name).touch()

    def names(*sources: str) -> Sequence[str]:
        return [base_name(p) for p in patterns.expanded([f"{tmp_path}/{s}" for s in sources])]

    assert names("a-{08..09}.tar", "a-*.tar") == ["a-08.tar", "a-09.tar"]
    assert names("b{1,2}.tar") == ["b{1,2}.tar"]
    assert names("{x,y}-{2..1}.tar") == ["x-2.tar", "x-1.tar", "y-2.tar", "y-1.tar"]


def test_the_status_counts_shards_of_a_folder_together(
    where: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = [write_tar(tmp_path / "s" / f"{n}.tar", {f"{n}.png": RED}) for n in range(3)]
    single = write_tar(tmp_path / "single.tar", {"x.png": BLUE, "y.png": GREEN})
    build(where, *shards, single)
    shards[1].unlink()
    status(where, json=False, failed=False)
    told = capsys.readouterr().out
    assert f"shards: 3 in {tmp_path}/s: 3 photos, 1 not there just now\n" in told
    assert f"shards: {single}: 2 photos\n" in told


def test_shards_can_be_said_to_lie_elsewhere(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"x.png": BLUE})
    build(where, tar)
    moved = tar.rename(tmp_path / "b.tar")
    with pytest.raises(SourceError, match="not of one kind"):
        relocate(str(tar), str(tmp_path), where)
    with pytest.raises(SourceError, match=r"c\.tar is not there"):
        relocate(str(tar), str(tmp_path / "c.tar"), where)
    relocate(str(tar), str(moved), where)
    assert counts(build(where)) == (0, 0, 0, 0, 1)
    assert best(where, 2) == f"{moved}!x.png"


def test_photos_in_shards_are_added_and_removed_by_programs(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"x.png": BLUE, "y.png": RED})
    put(tmp_path / "z.png", "green")
    assert add_photos(where, [str(tar), tmp_path / "z.png"], ColourModel()).added == 3
    assert remove_photos(where, [known(where)["x.png"]]) == 1
    assert counts(build(where)) == (0, 0, 0, 0, 2)
    assert build(where, retry_failed=True).added == 1


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


def test_a_huge_member_is_left_out_unread(where: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge.jpg")
    info.size = MAX_FILE_BYTES + 1
    with (tmp_path / "a.tar").open("wb") as file:
        file.write(info.tobuf())
        file.truncate(2048 + MAX_FILE_BYTES)  # of holes
    ((name, reason),) = build(where, tmp_path / "a.tar").quarantined
    assert name == f"{tmp_path}/a.tar!huge.jpg"
    assert reason == "it has 268,435,457 bytes, expected at most 268,435,456"


def test_no_system_tells_of_changes_at_addresses(where: Path) -> None:
    with pytest.raises(SourceError, match="no system tells of changes at addresses"):
        keep_up(where, ["s3://bucket/a.tar"], lambda: None)


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
