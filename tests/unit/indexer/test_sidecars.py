"""Which texts in a tar file belong to which photo, and how they are read."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.sources.open_shard import check_shard
from indexer.sources.sidecars import Sidecars
from indexer.sources.tar import LARGE_TEXT, TEXT_ALONE, TarShard
from store import SourceError
from tests.made_shards import painted, write_tar

RED = painted("red")


def said(texts: list[str], photos: list[str]) -> dict[str, list[str]]:
    """Return the names of each photo's texts."""
    cars = Sidecars({name: (name,) for name in texts}, photos)
    return {photo: list(cars.captions(photo)) for photo in photos}


@pytest.mark.parametrize(
    ("texts", "photos"),
    [
        (["7.txt"], {"7.jpg": ["7.txt"]}),
        (["7.txt"], {"7.left.jpg": ["7.txt"], "7.right.jpg": ["7.txt"], "8.left.jpg": []}),
        (["7.txt"], {"7.0.jpg": ["7.txt"], "7.1.jpg": ["7.txt"]}),
        (["7.txt"], {"7.jpg": ["7.txt"], "7.seg.png": []}),
        (["7.caption.txt", "7.json"], {"7.jpg": ["7.caption.txt", "7.json"]}),
        (["7.caption.txt"], {"7.left.jpg": ["7.caption.txt"]}),
        (["7.en.txt"], {"7.jpg": ["7.en.txt"]}),
        (["7.jpg.txt", "7.JSON"], {"7.jpg": ["7.jpg.txt", "7.JSON"], "7.png": ["7.JSON"]}),
        (["a/7.txt"], {"b/7.jpg": [], "a/7.jpg": ["a/7.txt"]}),
        (["a.b/7.txt"], {"a.c/7.jpg": [], "a/7.jpg": []}),
        (
            ["Photo 2.0 a.txt", "Photo 2.0 b.txt"],
            {"Photo 2.0 a.jpg": ["Photo 2.0 a.txt"], "Photo 2.0 b.jpg": ["Photo 2.0 b.txt"]},
        ),
        (["Photo 2.0 c.txt"], {"Photo 2.0 a.jpg": [], "Photo 2.jpg": []}),
        (["Photo 2.txt"], {"Photo 2.1.jpg": [], "Photo 2.0 a.jpg": []}),
        (["IMG.0003.txt"], {"IMG.0001.jpg": [], "IMG.jpg": []}),
        (["St. Paul.txt"], {"St. Peter.jpg": [], "St.jpg": []}),
        (["7.outputs.txt", "7.prompt.json"], {"7.input.jpg": ["7.outputs.txt", "7.prompt.json"]}),
        (["cafe\u0301.txt"], {"caf\xe9.jpg": ["cafe\u0301.txt"], "cafe.jpg": []}),
        (["caf\xe9.en.txt"], {"cafe\u0301.left.jpg": [], "cafe\u0301.jpg": ["caf\xe9.en.txt"]}),
        (
            ["caf\xe9.txt", "cafe\u0301.txt"],
            {"caf\xe9.jpg": ["caf\xe9.txt"], "cafe\u0301.jpg": ["cafe\u0301.txt"]},
        ),
        (["2024.05.01.txt"], {"2024.05.01.jpg": ["2024.05.01.txt"], "2024.05.02.jpg": []}),
    ],
)
def test_a_text_is_of_its_own_photo(texts: list[str], photos: dict[str, list[str]]) -> None:
    assert said(texts, list(photos)) == photos
    assert said(texts, list(photos)[::-1]) == photos


def test_texts_of_no_photo_are_told(tmp_path: Path) -> None:
    members = {"7.jpg": RED, "7.txt": b"a dog", "8.txt": b"a cat", "Photo 2.0 b.json": b'["x"]'}
    members |= {"9.txt": b"", "about.json": b"{}"}  # these have no captions
    write_tar(tmp_path / "a.tar", members)
    with closing(TarShard("a.tar", (tmp_path / "a.tar").open("rb"))) as shard:
        for _ in range(2):
            assert dict(shard.captions()) == {"7.jpg": ("a dog",)}
            assert shard.passed_over == {TEXT_ALONE: 2}


STEMS = st.lists(
    # No system creates names that consist only of dots.
    st.text(st.sampled_from("ab01 ._-"), min_size=1, max_size=8).filter(
        lambda stem: stem.strip(".")
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(stems=STEMS, without=st.integers(0, 8))
@example(stems=["a b", "a b.a"], without=1)
def test_where_every_photo_has_a_text_of_its_name_each_has_that_alone(
    stems: list[str], without: int
) -> None:
    photos = [f"{stem}.jpg" for stem in stems]
    texts = [f"{stem}.txt" for stem in stems]
    assert said(texts, photos) == {f"{stem}.jpg": [f"{stem}.txt"] for stem in stems}
    # With one photo less, its text belongs to no photo: the others don't get it.
    left = photos[:without] + photos[without + 1 :]
    lone = set(photos) - set(left)
    own = said(texts, left)
    for photo in left:
        others = set(own[photo]) - {f"{photo[:-4]}.txt"}
        assert others <= {f"{name[:-4]}.txt" for name in lone}
        for text in others:  # it differs by fields alone, in which there are no spaces
            shorter, longer = sorted((text[:-4], photo[:-4]), key=len)
            assert longer.startswith(f"{shorter}.")
            assert " " not in longer.removeprefix(shorter)


@pytest.mark.parametrize(
    ("name", "content", "captions"),
    [
        ("7.txt", b"\xef\xbb\xbfa dog\r\n\r\nit runs", ("a dog", "it runs")),
        ("7.txt", "ein Café".encode("cp1252"), ("ein Café",)),
        ("7.txt", "ein Café".encode("utf-16"), ("ein Café",)),
        ("7.cap", b"a dog", ("a dog",)),
        ("7.CAPTION", b"a dog", ("a dog",)),
        ("7.json", b'\xef\xbb\xbf{"caption": "a dog"}', ("a dog",)),
        ("7.json", b'{"caption": null, "captions": [{"raw": "a dog"}, 7]}', ("a dog",)),
        ("7.json", b'{"sentences": ["a dog"]}', ("a dog",)),
        ("7.json", b'["a dog", "it runs"]', ("a dog", "it runs")),
        ("7.json", b'[{"text": "no entry"}]', ()),
        ("7.json", b"{not json", ()),
        ("7.txt", b"x" * (2**20 + 1), ()),
    ],
)
def test_texts_as_programs_write_them(
    tmp_path: Path, name: str, content: bytes, captions: tuple[str, ...]
) -> None:
    tar = write_tar(tmp_path / "a.tar", {"7.png": RED, name: content})
    with closing(TarShard(str(tar), tar.open("rb"))) as shard:
        assert list(shard.captions()) == [("7.png", captions)]
        assert shard.passed_over == ({LARGE_TEXT: 1} if len(content) > 2**20 else {})


def test_what_a_tar_passes_over_is_counted(tmp_path: Path) -> None:
    names = ["a.png", "b.CR2", "__MACOSX/c.png", "__MACOSX/d/e.png", "@eaDir/f.txt", "g.mov"]
    tar = write_tar(tmp_path / "a.tar", dict.fromkeys(names, RED))
    with closing(TarShard(str(tar), tar.open("rb"))) as shard:
        assert [member.name for member in shard.members] == ["a.png", "b.CR2"]
        assert shard.passed_over == {"__MACOSX/": 2, "@eaDir/": 1, ".mov": 1}


@pytest.mark.parametrize(
    ("head", "packer"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"PK\x03\x04", "zip"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    ],
)
@pytest.mark.parametrize("size", [0, 600])
def test_a_packed_tar_is_told_as_one(tmp_path: Path, head: bytes, packer: str, size: int) -> None:
    tar = tmp_path / "a.tar"
    tar.write_bytes(head + bytes(size))
    with pytest.raises(SourceError, match=rf"is compressed \({packer}\).*unpack it") as caught:
        check_shard(str(tar))
    assert "\n" not in str(caught.value)
