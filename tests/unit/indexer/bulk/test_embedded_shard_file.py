"""A shard is read back as it was written; other files are refused in one line."""

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

from indexer.bulk.embedded_shard_file import DamagedEmbeddedShard, Rows, read_facts, read_rows
from indexer.bulk.embedded_shard_writer import embedded_shard_writer
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
    perceptual_hash=st.none() | INT64,
)
BROKEN = st.builds(
    QuarantinedFile,
    path=PATHS,
    source=st.just("/photos"),
    size_bytes=INT64,
    mtime_ns=INT64,
    reason=TEXTS,
)


def made(files: list[PhotoFile], broken: list[QuarantinedFile]) -> Rows:
    random = np.random.default_rng(len(files))
    vectors = random.standard_normal((len(files), 3)).astype(np.float16)
    nodes = random.integers(0, 256, (len(files), 5), dtype=np.uint8)
    said = [("a dog", "caf\u00e9")[: number % 3] for number in range(len(files))]
    return Rows(files, vectors, nodes, said, broken)


def write(path: Path, *batches: Rows) -> None:
    with embedded_shard_writer(path, "f1", 3) as writer:
        for rows in batches:
            writer.add(rows)


@settings(deadline=None, max_examples=50)  # each file is synced to disk
@given(st.lists(PHOTOS, max_size=4), st.lists(BROKEN, max_size=4))
def test_rows_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, files: list[PhotoFile], broken: list[QuarantinedFile]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round trip" / "a.parquet"
    rows = made(files, broken)
    write(path, rows)
    (back,) = read_rows(path)
    assert (back.files, back.captions, back.broken) == (files, rows.captions, broken)
    assert back.vectors.tobytes() == rows.vectors.tobytes()
    assert back.nodes.tobytes() == rows.nodes.tobytes()
    assert read_facts(path).failed == len(broken)


def test_many_rows_are_written_and_read_some_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    files = [replace(PHOTO, path=f"/photos/{number}.jpg") for number in range(3000)]
    write(path, *(made(files[start : start + 100], []) for start in range(0, 3000, 100)))
    back = list(read_rows(path))
    assert [len(rows.files) for rows in back] == [1100, 1100, 800]
    assert [file for rows in back for file in rows.files] == files
    facts = read_facts(path)
    assert (facts.fingerprint, facts.dim, facts.failed) == ("f1", 3, 0)


def test_a_shard_of_nothing_has_no_rows(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    assert list(read_rows(tmp_path / "a.parquet")) == []


PHOTO = PhotoFile("/photos/a.jpg", "/photos", 1, 2, "ab" * 32, 3, 4)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    """Flip a bit in a page, which only the page's checksum can detect."""
    content = bytearray(path.read_bytes())
    content[len(content) // 8] ^= 1
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
    write(path, made([PHOTO] * 50, []))
    damage(path)
    with pytest.raises(
        DamagedEmbeddedShard, match=r"a\.parquet is no shard, or damaged .*delete it"
    ):
        list(read_rows(path))


def test_a_shard_that_is_not_there_is_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_rows(tmp_path / "a.parquet"))
    with pytest.raises(FileNotFoundError):
        read_facts(tmp_path / "a.parquet")


def test_nothing_is_left_of_a_shard_that_was_not_finished(tmp_path: Path) -> None:
    wrong = replace(made([PHOTO], []), vectors=np.zeros((1, 4), np.float16))
    with pytest.raises(pa.ArrowException):
        write(tmp_path / "a.parquet", made([PHOTO], []), wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "a.parquet"
    write(path, made([PHOTO] * 5, []))
    return path


@settings(deadline=None, max_examples=100)
@given(place=st.integers(0, 2**16), bit=st.integers(0, 7))
def test_a_bit_that_flips_is_found_or_changes_nothing(sound: Path, place: int, bit: int) -> None:
    content = bytearray(sound.read_bytes())
    content[place % len(content)] ^= 1 << bit
    damaged = sound.with_name("b.parquet")
    damaged.write_bytes(content)
    try:
        (back,) = read_rows(damaged)
    except DamagedEmbeddedShard:
        return
    (rows,) = read_rows(sound)
    assert (back.files, back.captions, back.broken) == (rows.files, rows.captions, rows.broken)
    assert back.vectors.tobytes() == rows.vectors.tobytes()
    assert back.nodes.tobytes() == rows.nodes.tobytes()
