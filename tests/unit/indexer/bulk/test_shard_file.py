"""A shard comes back as it was written; what is none is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.bulk.shard_file import (
    DamagedShard,
    Shard,
    ShardFacts,
    read_facts,
    read_shard,
    write_shard,
)
from store import PhotoFile, QuarantinedFile

NAMES = st.binary(min_size=1, max_size=9).filter(lambda name: b"\0" not in name)
PATHS = NAMES.map(lambda name: "/photos/" + name.decode("utf-8", "surrogateescape"))
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda time: time.replace(microsecond=0)
)
PHOTOS = st.builds(
    PhotoFile,
    path=PATHS,
    source=st.just("/photos"),
    size_bytes=INT64,
    mtime_ns=INT64,
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    width_px=st.integers(1, 2**31 - 1),
    height_px=st.integers(1, 2**31 - 1),
    taken=st.none() | TIMES,
    camera=st.none() | TEXTS,
    look=st.none() | INT64,
)
BROKEN = st.builds(
    QuarantinedFile,
    path=PATHS,
    source=st.just("/photos"),
    size_bytes=INT64,
    mtime_ns=INT64,
    reason=TEXTS,
)


def made(files: list[PhotoFile], broken: list[QuarantinedFile]) -> Shard:
    random = np.random.default_rng(len(files))
    vectors = random.standard_normal((len(files), 3)).astype(np.float16)
    nodes = random.integers(0, 256, (len(files), 5), dtype=np.uint8)
    return Shard(ShardFacts("f1", 3, 5, 7, len(broken)), files, vectors, nodes, broken)


@settings(deadline=None, max_examples=50)  # each is synced to the disk
@given(st.lists(PHOTOS, max_size=4), st.lists(BROKEN, max_size=4))
def test_a_shard_comes_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, files: list[PhotoFile], broken: list[QuarantinedFile]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round trip" / "a.parquet"
    shard = made(files, broken)
    write_shard(path, shard)
    back = read_shard(path)
    assert (back.facts, back.files, back.broken) == (shard.facts, files, broken)
    assert back.vectors.tobytes() == shard.vectors.tobytes()
    np.testing.assert_array_equal(back.nodes, shard.nodes)
    assert read_facts(path) == shard.facts


PHOTO = PhotoFile("/photos/a.jpg", "/photos", 1, 2, "ab" * 32, 3, 4)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    """One bit of the pages is another; nothing else tells that but their checksums."""
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)


def another_file(path: Path) -> None:
    pq.write_table(pa.table({"path": ["/photos/a.jpg"]}), path)


def without_an_embedding(path: Path) -> None:
    table = pq.read_table(path)
    place = table.schema.get_field_index("vector")
    none = pa.nulls(len(table), table.schema.field("vector").type)
    pq.write_table(table.set_column(place, table.schema.field("vector"), none), path)


@pytest.mark.parametrize("damage", [cut, emptied, flipped, another_file, without_an_embedding])
def test_what_is_no_whole_shard_is_refused_in_one_line(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.parquet"
    write_shard(path, made([PHOTO] * 50, []))
    damage(path)
    with pytest.raises(DamagedShard, match=r"a\.parquet is no shard, or damaged .*delete it"):
        read_shard(path)


def test_a_shard_that_is_not_there_is_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_shard(tmp_path / "a.parquet")
    with pytest.raises(FileNotFoundError):
        read_facts(tmp_path / "a.parquet")


def test_nothing_is_left_of_a_shard_that_cannot_be_written(tmp_path: Path) -> None:
    wrong = replace(made([PHOTO], []), facts=ShardFacts("f1", 4, 5, 7, 0))
    with pytest.raises(pa.ArrowException):
        write_shard(tmp_path / "a.parquet", wrong)
    assert list(tmp_path.iterdir()) == []
