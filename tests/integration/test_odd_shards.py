"""Tar and Parquet files that are cut off, broken, too large, or none, and how the rest goes on."""

from __future__ import annotations

import os
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from indexer import plan_index
from indexer.photos.decode import MAX_FILE_BYTES
from indexer.sources.tar import TarShard
from store import Index, ReaderMissing, SourceError
from tests.integration.indexed_shards import (
    BLUE,
    GREEN,
    RED,
    build,
    counts,
    known,
    old,
    put,
)
from tests.made_shards import write_parquet, write_tar


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


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
    assert "truncated" in dict(report.quarantined)[str(tar)]
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
    assert report.quarantined == ((name, "its content is not an image of a known format"),)
    assert build(where).quarantined == report.quarantined
    assert plan_index(where, [], retry_failed=True).new[0].path == name
    assert build(where, retry_failed=True).quarantined == report.quarantined
    write_tar(tar, {"0.png": RED, "1.png": GREEN})
    old(tar, 3)
    assert counts(build(where)) == (1, 0, 0, 0, 1)
    with Index.open(where) as index:
        assert index.quarantined() == []


def test_a_pipe_is_not_waited_for(where: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tar")
    with pytest.raises(SourceError, match=r"a\.tar cannot be read: it is not a file"):
        build(where, tmp_path / "a.tar")


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
        "a.tar.gz": r"a\.tar\.gz is a compressed tar.*unpack it",
        "part-*.tar": r"nothing matches .*part-\*\.tar",
        "numbers.parquet": r"has no column of photos; it has a \(int64\), url \(string\), expected",
        "ours.parquet": r"ours\.parquet was written by this program",
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


def test_a_huge_member_is_left_out_unread(where: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge.jpg")
    info.size = MAX_FILE_BYTES + 1
    with (tmp_path / "a.tar").open("wb") as file:
        file.write(info.tobuf())
        file.truncate(2048 + MAX_FILE_BYTES)  # of holes
    ((name, reason),) = build(where, tmp_path / "a.tar").quarantined
    assert name == f"{tmp_path}/a.tar!huge.jpg"
    assert reason == "it has 268,435,457 bytes, expected at most 268,435,456"
