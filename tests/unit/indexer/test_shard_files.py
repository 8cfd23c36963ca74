"""Unusual or damaged tar and Parquet files, read without an index."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import ParquetFile

from indexer.sources.parquet import ParquetShard
from indexer.sources.tar import TarShard
from store import UnreadableImage
from tests.made_shards import painted, write_parquet, write_tar

RED = painted("red")


def header(kind: bytes, name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def test_of_texts_of_one_name_the_last_one_counts(tmp_path: Path) -> None:
    texts = [("7.txt", b"old"), ("7.json", b'{"caption": "both"}'), ("7.txt", b"new\nboth")]
    tar = write_tar(tmp_path / "a.tar", [("7.png", RED), *texts])
    with closing(TarShard(str(tar), tar.open("rb"))) as shard:
        assert list(shard.captions()) == [("7.png", ("new", "both"))]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (header(tarfile.GNUTYPE_LONGNAME, "a", 0) * 2000, "recursion"),
        (header(tarfile.XHDTYPE, "a", 2**33), "a header claims 8,589,934,592 bytes"),
    ],
    ids=["a chain", "a claim"],
)
def test_headers_that_are_too_much_are_damage(tmp_path: Path, headers: bytes, told: str) -> None:
    good = write_tar(tmp_path / "a.tar", {"7.png": RED}).read_bytes()
    end = 512 + -(-len(RED) // 512) * 512
    with closing(TarShard("a.tar", io.BytesIO(good[:end] + headers))) as shard:
        assert [member.name for member in shard.members] == ["7.png"]
        assert told in shard.damage


def test_a_damaged_row_group_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = write_parquet(tmp_path / "a.parquet", {"image": [RED] * 200}, rows_in_group=100)
    began: list[int] = []

    real = ParquetFile.iter_batches

    def damaged(self: ParquetFile, most: int, row_groups: list[int], **how: Any) -> Iterator[Any]:
        began.append(row_groups[0])
        for number, batch in enumerate(real(self, most, row_groups=row_groups, **how)):
            if (row_groups[0], number) == (0, 1):
                raise ValueError("it is damaged")
            yield batch

    monkeypatch.setattr(ParquetFile, "iter_batches", damaged)
    bad = []
    with closing(ParquetShard(str(rows), rows.open("rb"))) as shard:
        for member in shard.members:
            try:
                assert shard.read(member) == RED
            except UnreadableImage:
                bad.append(member.place)
    assert (bad, began) == (list(range(16, 100)), [0, 1])


def test_a_record_of_other_things_has_no_photo(tmp_path: Path) -> None:
    rows = write_parquet(tmp_path / "a.parquet", {"image": [{"bytes": b"", "path": 7}]})
    with (
        closing(ParquetShard(str(rows), rows.open("rb"))) as shard,
        pytest.raises(UnreadableImage, match="the row has no photo"),
    ):
        shard.read(shard.members[0])
