from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from store import FinishedShard, Index, PhotoFile
from store.catalog import shards
from store.merge import merge
from store.sqlite.catalog_file import CatalogFile

ONE = FinishedShard("/a/part-0.tar", 1024, 7, 3)
ODD = FinishedShard("/a/\udcff.tar", 512, 8, 1)
FAR = FinishedShard("s3://bucket/part-0.tar", 2048, -5, 9)


def made(folder: Path) -> Index:
    index = Index.create(folder, "f1", 2)
    file = PhotoFile("/a/x.jpg", "/a", 1, 2, "00", 3, 4)
    index.put_images([file], np.eye(1, 2, dtype=np.float32), np.zeros((1, 1, 2)))
    for shard in (ONE, ODD, FAR):
        index.finish_shard("source", shard)
    return index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with made(tmp_path / "index") as index:
        yield index


def test_what_was_finished_is_told_by_kind_and_path(index: Index) -> None:
    index.finish_shard("embedded", FinishedShard("/out/part-0.parquet", 1, 2, 3))
    assert index.finished_shards("source") == {s.path: s for s in (ONE, ODD, FAR)}
    assert list(index.finished_shards("embedded")) == ["/out/part-0.parquet"]


def test_finishing_again_replaces_and_forgetting_forgets(index: Index) -> None:
    newer = FinishedShard(ONE.path, 4096, 9, 4)
    index.finish_shard("source", newer)
    index.forget_shards("source", [ODD.path, "/unknown.tar"])
    assert index.finished_shards("source") == {ONE.path: newer, FAR.path: FAR}


def test_shards_of_a_folder_that_lies_elsewhere_now_go_with_it(index: Index) -> None:
    index.relocate("/a", "/mnt/b")
    assert set(index.finished_shards("source")) == {
        "/mnt/b/part-0.tar",
        "/mnt/b/\udcff.tar",
        FAR.path,
    }


def test_a_merged_index_knows_the_shards_of_its_parts(tmp_path: Path) -> None:
    made(tmp_path / "one").close()
    with made(tmp_path / "two") as two:
        two.finish_shard("source", FinishedShard(ONE.path, 9, 9, 9))
        two.finish_shard("source", FinishedShard("/b/part-1.tar", 1, 2, 3))
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    with Index.open(tmp_path / "all") as index:
        found = index.finished_shards("source")
    assert set(found) == {ONE.path, ODD.path, FAR.path, "/b/part-1.tar"}
    assert found[ONE.path] == ONE


def test_taking_over_many_shards_asks_what_is_known_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "one").close()
    made(tmp_path / "two").close()
    asked: list[str] = []

    def counted(catalog: CatalogFile, kind: shards.ShardKind) -> dict[str, FinishedShard]:
        asked.append(kind)
        return finished_shards(catalog, kind)

    finished_shards = shards.finished_shards
    monkeypatch.setattr(shards, "finished_shards", counted)
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    # For each part, it is read from the new index and from the part.
    assert sorted(asked) == ["embedded"] * 4 + ["source"] * 4
