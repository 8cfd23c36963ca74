"""Shards at addresses, by fsspec's file system in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from indexer import BuildReport, build_index, plan_index, reembed
from indexer.sources import open_photo, places
from store import Index, ReaderMissing, SourceError, UnreadableImage
from tests.fakes import ColourModel
from tests.made_shards import painted, write_parquet, write_tar

RED, GREEN, BLUE = (painted(colour) for colour in ("red", "green", "blue"))
BUCKET = "memory://bucket"


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    for number, content in enumerate((RED, GREEN)):
        tar = write_tar(tmp_path / "a.tar", {"0.png": content, "0.txt": b"a wall"})
        system.pipe(f"/bucket/part-{number}.tar", tar.read_bytes())
    columns = {"path": ["sub/blue.png", "gone.png"]}
    parquet = write_parquet(tmp_path / "a.parquet", columns)
    system.pipe("/bucket/rows.parquet", parquet.read_bytes())
    system.pipe("/bucket/sub/blue.png", BLUE)
    yield system
    system.rm("/bucket", recursive=True)


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def build(where: Path, *sources: str) -> BuildReport:
    return build_index(where, list(sources), ColourModel())


@pytest.mark.parametrize("source", [BUCKET, f"{BUCKET}/part-{{0..1}}.tar", f"{BUCKET}/part-*.tar"])
def test_shards_at_an_address_are_indexed(
    where: Path, bucket: fsspec.AbstractFileSystem, source: str
) -> None:
    report = build(where, source)
    with Index.open(where) as index:
        paths = [file.path for file in index.files().values()]
        assert index.photos([1])[0].captions == ("a wall",)
        assert set(index.sources()) == (
            {BUCKET} if source == BUCKET else {f"{BUCKET}/part-0.tar", f"{BUCKET}/part-1.tar"}
        )
    assert paths[:2] == [f"{BUCKET}/part-0.tar!0.png", f"{BUCKET}/part-1.tar!0.png"]
    assert open_photo(paths[1]) == open_photo(Path(paths[1])) == GREEN
    if source == BUCKET:
        assert open_photo(paths[2]) == BLUE
        assert [name for name, _ in report.quarantined] == [f"{BUCKET}/rows.parquet!1"]


@pytest.mark.parametrize("form", ["../secret.png", "{0}/photos/../secret.png", "{0}/secret.png",
                                  "a::file://{1}/secret.png", "%2e%2e/secret.png"])  # fmt: skip
def test_a_parquet_file_at_an_address_leads_no_further_than_its_folder(
    tmp_path: Path, form: str
) -> None:
    (tmp_path / "secret.png").write_bytes(RED)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.png").write_bytes(GREEN)
    paths = [form.format(f"local://{tmp_path}", tmp_path), "a/../mine.png"]
    write_parquet(tmp_path / "photos" / "a.parquet", {"path": paths})
    place = f"local://{tmp_path}/photos/a.parquet"
    assert open_photo(f"{place}!1", [place]) == GREEN
    with pytest.raises(UnreadableImage, match="leads out"):
        open_photo(f"{place}!0", [place])


def test_what_has_not_changed_is_not_fetched_again(
    where: Path, bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(where, f"{BUCKET}/part-*.tar")
    fetched: list[str] = []
    real = places.fetched
    monkeypatch.setattr(
        "indexer.sources.open_shard.fetched", lambda place: fetched.append(place) or real(place)
    )
    assert build(where).unchanged == 2
    assert fetched == []
    bucket.pipe("/bucket/part-1.tar", bucket.cat("/bucket/part-0.tar"))
    assert build(where).updated == 1
    assert fetched == [f"{BUCKET}/part-1.tar"]
    bucket.rm("/bucket/part-0.tar")
    report = build(where)
    assert (report.unreachable, report.unchanged) == (1, 1)


def test_a_name_with_an_empty_part_is_told_and_the_rest_goes_on(
    where: Path, bucket: fsspec.AbstractFileSystem
) -> None:
    bucket.pipe("/bucket/a//part-0.tar", bucket.cat("/bucket/part-0.tar"))
    report = build(where, BUCKET)
    assert report.added == 3
    odd = f"{BUCKET}/a//part-0.tar"
    assert dict(report.quarantined)[odd] == "cannot be read at the moment"


def test_other_commands_read_them_too(where: Path, bucket: fsspec.AbstractFileSystem) -> None:
    assert len(plan_index(where, [f"{BUCKET}/part-0.tar"]).new) == 1
    build(where, f"{BUCKET}/part-*.tar")
    assert reembed(where, ColourModel("another")).embedded == 2
    bucket.rm("/bucket/part-0.tar")
    report = reembed(where, ColourModel("a third"))
    assert (report.embedded, report.switched, len(report.unread)) == (1, False, 1)


def test_addresses_that_are_wrong_are_told_in_a_line(
    where: Path, bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source, told in {
        "memory://nowhere": "memory://nowhere holds no tar|cannot be listed",
        f"{BUCKET}/none-*.tar": r"nothing matches memory://bucket/none-\*\.tar",
        f"{BUCKET}/part-7.tar": r"memory://bucket/part-7\.tar cannot be read",
        "unheard://of/a.tar": "unheard://of/a.tar cannot be read by fsspec: Protocol not known",
    }.items():
        with pytest.raises(SourceError, match=told):
            build(where, source)
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(ReaderMissing, match=r'pip install "crossgraph\[remote\]"'):
        build(where, f"{BUCKET}/part-0.tar")
    with pytest.raises(OSError, match=r"crossgraph\[remote\]"):
        open_photo(f"{BUCKET}/part-0.tar!0.png")
    assert not where.exists()


@pytest.mark.parametrize(
    ("info", "version"),
    [
        ({"mtime": 1.5}, 1_500_000_000),
        ({"LastModified": "1970-01-01T00:00:02+00:00"}, 2_000_000_000),
        ({"created": "no date", "size": 3}, 0),
    ],
)
def test_a_version_is_the_time_of_the_last_change(info: dict[str, object], version: int) -> None:
    assert places._version(info) == version


def test_a_version_is_made_of_the_tag_where_there_is_no_time() -> None:
    one, two = places._version({"ETag": '"a"'}), places._version({"ETag": '"b"'})
    assert one != two
    assert max(one, two) < 0
