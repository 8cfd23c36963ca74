"""How files are grouped into shards, and how shards are named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from indexer.bulk.chunks import Chunk, chunks_of
from indexer.sources import FoundFile


def found(count: int) -> list[FoundFile]:
    return [FoundFile(f"/photos/{n:05}.jpg", "/photos", 10, n) for n in range(count)]


def names(chunks: list[Chunk]) -> set[str]:
    return {chunk.name for chunk in chunks}


@pytest.mark.parametrize("count", [0, 1, 15, 16, 1000])
def test_every_file_is_in_one_chunk_in_the_order_of_names(count: int) -> None:
    files = found(count)
    mixed = random.Random(0).sample(files, count)
    chunks = list(chunks_of(mixed, 16))
    assert [file for chunk in chunks for file in chunk.files] == files
    assert all(8 <= len(chunk.files) <= 32 for chunk in chunks[:-1])


def test_chunks_have_the_size_that_was_asked_for_in_the_mean() -> None:
    chunks = list(chunks_of(found(20_000), 100))
    assert 20_000 / len(chunks) == pytest.approx(100, rel=0.1)


def test_one_more_photo_makes_one_or_two_chunks_new_wherever_it_is() -> None:
    files = found(2000)
    before = names(list(chunks_of(files, 50)))
    for place in (0, 1000, 1999):
        more = replace(files[place], path=files[place].path.replace(".jpg", "b.jpg"))
        after = names(list(chunks_of([*files, more], 50)))
        assert 1 <= len(after - before) <= 3
        assert len(before - after) <= 3


@pytest.mark.parametrize("change", [{"size_bytes": 11}, {"mtime_ns": 9}, {"source": "/photo"}])
def test_a_changed_file_changes_the_name_of_its_chunk(change: dict[str, object]) -> None:
    (before,) = chunks_of(found(3), 16)
    (after,) = chunks_of([*found(2), replace(found(3)[2], **change)], 16)  # type: ignore[arg-type]
    assert before.name != after.name
    assert next(chunks_of(found(3), 16)).name == before.name


def test_paths_are_not_run_together() -> None:
    one = [FoundFile("/a/bc", "/a", 1, 1), FoundFile("/a/d", "/a", 1, 1)]
    two = [FoundFile("/a/b", "/a", 1, 1), FoundFile("/a/cd", "/a", 1, 1)]
    assert next(chunks_of(one, 16)).name != next(chunks_of(two, 16)).name


def test_a_path_that_is_no_unicode_has_a_name_too() -> None:
    assert len(next(chunks_of([FoundFile("/a/\udcff.jpg", "/a", 1, 1)], 16)).name) == 32


def test_parts_share_all_chunks_and_none_twice() -> None:
    chunks = list(chunks_of(found(3000), 16))
    parts = [[chunk.name for chunk in chunks if chunk.is_of(part, 3)] for part in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(names(chunks))
    assert min(map(len, parts)) > len(chunks) / 5
