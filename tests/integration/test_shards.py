"""Tar and Parquet files through the real store, with a model that knows four colours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer import build_index, plan_index, reembed
from indexer.sources import open_photo, patterns
from search.commands.relocate import relocate
from search.commands.shared.watching import keep_up
from search.commands.status import status
from search.engine.add_and_remove import add_photos, remove_photos
from store import Index, SourceError
from store.merge import merge
from store.photo_names import base_name
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
from tests.made_shards import write_parquet, write_tar


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


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


def test_a_plan_holds_no_shard(where: Path, tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {"0.png": RED})
    plan = plan_index(where, [tmp_path])
    assert [file.shard for file in plan.new] == [None]


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


def test_a_file_of_its_own_may_be_called_as_a_photo_in_a_shard(where: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old.tar"
    put(folder / "!odd.png", "red")
    put(folder / "a.tar!b.png", "blue")
    put(folder / "sub.parquet" / "7.png", "green")
    assert counts(build(where, folder)) == (3, 0, 0, 0, 0)
    assert counts(build(where)) == (0, 0, 0, 0, 3)
    assert open_photo(f"{folder}/a.tar!b.png") == BLUE
    assert best(where, 0) == f"{folder}/!odd.png"


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
    assert f"shards: 3 in {tmp_path}/s: 3 photos, 1 not there at the moment\n" in told
    assert f"shards: {single}: 2 photos\n" in told


def test_shards_can_be_said_to_lie_elsewhere(where: Path, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"x.png": BLUE})
    build(where, tar)
    moved = tar.rename(tmp_path / "b.tar")
    with pytest.raises(SourceError, match="are of different kinds"):
        relocate(str(tar), str(tmp_path), where)
    with pytest.raises(SourceError, match=r"c\.tar does not exist"):
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


def test_no_system_tells_of_changes_at_addresses(where: Path) -> None:
    with pytest.raises(SourceError, match="changes at addresses cannot be watched"):
        keep_up(where, ["s3://bucket/a.tar"], lambda: None)
