"""Missing photos are identified by size and content."""

from __future__ import annotations

from indexer.changes.missing import MissingPhotos
from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile


def photo(content: str, size_bytes: int) -> PhotoFile:
    return PhotoFile(f"/p/{content}.jpg", "/p", size_bytes, 1, content, 3, 4)


def test_each_is_found_once_and_the_lowest_id_first() -> None:
    missing = MissingPhotos({7: photo("a", 10), 5: photo("b", 20)})
    missing.add({3: photo("a", 10)})
    assert missing.take("a") == (3, photo("a", 10))
    assert missing.take("a") == (7, photo("a", 10))
    assert missing.take("a") is None
    assert missing.take("c") is None


def test_only_sizes_that_are_missing_are_worth_reading() -> None:
    missing = MissingPhotos({7: photo("a", 10), 5: photo("b", 10)})
    assert [missing.may_hold(size) for size in (10, 20, UNKNOWN_SIZE)] == [True, False, True]
    missing.take("a")
    assert missing.may_hold(10)
    missing.take("b")
    assert [missing.may_hold(size) for size in (10, UNKNOWN_SIZE)] == [False, False]
