"""Names of photos and of photos in shards, including limiting cases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.photo_names import (
    PhotoName,
    address_of,
    base_name,
    is_address,
    is_shard,
    lies_below,
    member_path,
    separator,
)


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("s3://bucket/a", True),
        ("HTTPS://host/a", True),
        ("git+ssh://host/a", True),
        ("/photos/a://b", False),
        ("1st://b", False),
        ("s://b", False),
        ("s3:/bucket/a", False),
        ("C:/a", False),
        ("", False),
    ],
)
def test_addresses_begin_with_a_scheme_of_two_letters_or_more(place: str, is_one: bool) -> None:
    assert is_address(place) is is_one
    assert separator(place) == ("/" if is_one else os.sep)


@pytest.mark.parametrize("name", ["a.tar", "a.TAR", "a.parquet", "A.Parquet"])
def test_shards_are_known_in_any_case(name: str) -> None:
    assert is_shard(name)
    assert PhotoName.of(member_path(name, "b/c.jpg")) == (name, "b/c.jpg")
    assert not is_shard(name + "x")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/a.tar!b\nc.jpg", ("/a.tar", "b\nc.jpg")),
        ("/a\n.tar!b.jpg", ("/a\n.tar", "b.jpg")),
        ("/a.tar!b.tar!c.jpg", ("/a.tar", "b.tar!c.jpg")),
        ("/a.tar!", None),
        ("/a.tar!/b.jpg", None),
        ("/a.tarx!b.jpg", None),
        ("/a.zip!b.jpg", None),
    ],
)
def test_the_first_mark_behind_a_shard_parts_it_from_its_photo(
    path: str, parts: tuple[str, str] | None
) -> None:
    assert PhotoName.of(path) == ((path, "") if parts is None else parts)


def test_the_last_part_of_a_name_is_that_of_the_photo() -> None:
    assert base_name("/p/a.tar!b/c.jpg") == base_name("/p/c.jpg") == "c.jpg"
    assert base_name("/p/a.tar!c.jpg") == "c.jpg"
    assert base_name("/p/hello!.jpg") == "hello!.jpg"


@pytest.mark.parametrize(
    ("path", "folder", "is_below"),
    [
        ("/photos", "/photos", True),
        ("/photos/a", "/photos/", True),
        ("/a", "/", True),
        ("/photos/a.tar!b.jpg", "/photos", True),
        ("/photos/a.tar!b.jpg", "/photos/a.tar", True),
        ("/photos/a.tarb.jpg", "/photos/a.tar", False),
        ("/photos/a!b.jpg", "/photos/a", False),
        ("s3://b/a/c.jpg", "s3://b/a", True),
        ("s3://b/ac.jpg", "s3://b/a", False),
    ],
)
def test_what_lies_below(path: str, folder: str, is_below: bool) -> None:
    assert lies_below(path, folder) is is_below


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("s3://bucket/a.tar", "s3://bucket/a.tar"),
        ("HTTPS://host/a", "HTTPS://host/a"),
        ("/photos/s3:/a", "/photos/s3:/a"),
        ("c:/photos", "c:/photos"),
    ],
)
def test_a_path_that_was_an_address_is_one_again(path: str, address: str) -> None:
    assert address_of(Path(path)) == address
