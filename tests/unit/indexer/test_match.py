"""Names in annotation files match one photo, or none if two match equally well."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.annotations import photo_finder as match
from indexer.annotations.photo_finder import PhotoFinder, ignores_case
from store.columns.paths import relative_path
from store.photo_names import member_path


class At(NamedTuple):
    path: str


def finder(*paths: str, roots: tuple[str, ...] = ("/p",)) -> PhotoFinder:
    return PhotoFinder({n: At(path) for n, path in enumerate(paths, 1)}, roots)  # type: ignore[misc]


def found(name: str, *paths: str, roots: tuple[str, ...] = ("/p",)) -> int | None:
    match = finder(*paths, roots=roots).find(name)
    return None if match is None else match.image_id


def test_a_name_that_fits_two_photos_finds_none() -> None:
    paths = ("/p/x/a.jpg", "/p/y/a.jpg", "/p/y/b.jpg", "/q/c.jpg")
    names = ("a.jpg", "y/a.jpg", "val/b.jpg", "c.jpg")
    assert [found(name, *paths) for name in names] == [None, 2, 3, None]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("w\\x.jpg", "/p/w\\x.jpg"),
        ("w\\x.jpg", "/p/w/x.jpg"),
        ("38%20(HD).jpg", "/p/38 (HD).jpg"),
        ("38%20(HD).jpg", "/p/38%20(HD).jpg"),
        ("https://host/d/b.jpg?x=1", "/p/b.jpg"),
        ("https://host/d/b%20c.jpg#x", "/p/d/b c.jpg"),
        ("http://images.cocodataset.org/val2017/42.jpg", "/p/val2017/42.jpg"),
        ("b.jpg?v=2", "/p/b.jpg"),
        ("/data/local-files/?d=d/b%20c.jpg", "/p/d/b c.jpg"),
        ("file:///p/a%20b.jpg", "/p/a b.jpg"),
        ("./../p/a.jpg", "/p/a.jpg"),
        ("C:\\photos\\a.jpg", "/p/a.jpg"),
        (normalize("NFC", "Müller.jpg"), normalize("NFD", "/p/Müller.jpg")),
        (normalize("NFD", "Müller.jpg"), normalize("NFC", "/p/Müller.jpg")),
        (normalize("NFD", "über/Müller.jpg"), normalize("NFC", "/p/x/über/Müller.jpg")),
        (" b.jpg\n", "/p/b.jpg"),
        (" b.jpg", "/p/ b.jpg"),
        ("38%20(HD).jpg ", "/p/38 (HD).jpg"),
        ("M%C3%BCller.jpg", normalize("NFD", "/p/Müller.jpg")),
    ],
)
def test_other_spellings_of_a_name(name: str, path: str) -> None:
    assert found(name, path) == 1
    assert found(name, "/p/other.jpg") is None


@pytest.mark.parametrize(
    "names", [("w\\x.jpg", "w/x.jpg"), ("a%20b.jpg", "a b.jpg"), ("b.jpg?x", "b.jpg")]
)
def test_the_name_as_it_is_written_comes_first(names: tuple[str, ...]) -> None:
    for order in permutations(f"/p/{name}" for name in names):
        assert found(names[0], *order) == 1 + order.index(f"/p/{names[0]}")


def test_two_photos_of_one_name_in_two_forms() -> None:
    one, two = (normalize(form, "/p/é.jpg") for form in ("NFC", "NFD"))
    assert [found(path[3:], one, two) for path in (one, two)] == [1, 2]
    both = "/p/e\u0301\u0323.jpg", "/p/e\u0323\u0301.jpg"  # neither is in a normal form
    assert found("\u1eb9\u0301.jpg", *both) is None


@pytest.mark.parametrize("ignores", [False, True])
def test_case_counts_where_the_disk_says_so(monkeypatch: pytest.MonkeyPatch, ignores: bool) -> None:
    monkeypatch.setattr(match, "ignores_case", lambda path: ignores)
    assert (found("A.JPG", "/p/a.jpg") == 1) == ignores
    assert found("a.jpg", "/p/a.jpg") == 1


def test_whether_a_name_is_a_path_is_told() -> None:
    at = finder("/p/x/a.jpg", "/p/b.jpg")
    names = ("x/a.jpg", "a.jpg", "y/b.jpg", "b.jpg", "./b.jpg")
    matches = [at.find(name) for name in names]
    assert [match and match.is_path for match in matches] == [True, False, False, True, True]


PARTS = st.sampled_from(["a", "b!", "!c", "w\\x", "38%20", "é", "e\u0301", "?d=a", "#", "..b", " "])
PATHS = st.builds(
    lambda parts, suffix: "/".join(parts) + suffix,
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from([".jpg", ".PNG"]),
)


@given(
    below=st.lists(PATHS, min_size=1, max_size=6, unique=True),
    root=st.sampled_from(["/p", "/p/x.tar", "s3://b/c", "s3://b/a.parquet"]),
    in_shard=st.booleans(),
)
def test_every_name_that_an_export_writes_finds_its_photo(
    below: list[str], root: str, in_shard: bool
) -> None:
    def path_of(name: str) -> str:
        if root.endswith((".tar", ".parquet")):
            return member_path(root, name)
        return member_path(f"{root}/y.tar", name) if in_shard else f"{root}/{name}"

    paths = [path_of(name) for name in below]
    at = finder(*paths, roots=(root,))
    for number, path in enumerate(paths, 1):
        for name in (relative_path(root, path), path):
            assert at.find(name) == (number, True)


def test_a_disk_ignores_case_where_both_names_are_one_file(tmp_path: Path) -> None:
    lone, number, one = tmp_path / "a.jpg", tmp_path / "12", tmp_path / "b.jpg"
    for path in (lone, number, one):
        path.write_bytes(b"x")
    (tmp_path / "B.JPG").hardlink_to(one)
    assert ignores_case(str(one))
    assert not ignores_case(str(lone))
    assert not ignores_case(str(number))
    (tmp_path / "A.JPG").write_bytes(b"x")
    assert not ignores_case(str(lone))
