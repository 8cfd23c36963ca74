"""`crossgraph serve` of several indexes, one of which is moved away while many ask."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from store import Index, PhotoFile
from tests.e2e.load import ASKED, hammering, shape
from tests.e2e.serving import COUNT, post, running, start
from tests.integration.made_retriever import FINGERPRINT
from tests.waiting import PATIENCE_SECONDS, await_that

pytestmark = pytest.mark.e2e


@pytest.fixture
def two(place: Path, tmp_path: Path) -> list[str]:
    """The options that name two indexes, of equal photos in two folders."""
    shutil.copytree(place / "index", tmp_path / "a")
    shutil.copytree(place / "photos", tmp_path / "photos")
    ids = list(range(1, COUNT + 1))
    with Index.open(tmp_path / "a") as first:
        vectors, packed, model = first.vectors(ids), first.nodes(ids), first.model
        files = [copied_file(photo.path, tmp_path / "photos") for photo in first.photos(ids)]
    with Index.create(
        tmp_path / "b", FINGERPRINT, model.dim, encoders="packaged", unit_dim=model.unit_dim
    ) as second:
        second.put_images(files, vectors, packed)
        second.finish()
    return ["--index", str(tmp_path / "a"), "--index", str(tmp_path / "b")]


def copied_file(path: str, folder: Path) -> PhotoFile:
    copied = folder / Path(path).name
    facts = copied.stat()
    number = int(copied.stem)
    return PhotoFile(
        str(copied), str(folder), facts.st_size, facts.st_mtime_ns, f"{number:064x}", 32, 16
    )


def test_an_index_that_is_away_for_a_while_fails_no_request(place: Path, two: list[str]) -> None:
    moved = Path(two[3])
    options = (*two, "--workers", "2")
    with running(place, *options, stderr=subprocess.DEVNULL) as (url, _):
        whole = shape(post(f"{url}v1/search", ASKED).json())
        assert len(whole) == 2 * COUNT
        part = tuple(hit for hit in whole if hit[0] <= COUNT)
        with hammering(url) as seen:
            await_that(lambda: len(seen) > 5)
            assert set(seen) == {whole}
            moved.rename(moved.with_name("away"))
            await_that(lambda: seen[-10:].count(part) == 10)
            # The other worker may have been asked none of these.
            await_that(lambda: degraded(url) == (True, [str(moved)]))
            moved.with_name("away").rename(moved)
            await_that(lambda: seen[-10:].count(whole) == 10)
        assert set(seen) == {whole, part}


def degraded(url: str) -> tuple[bool, list[str]]:
    answer = post(f"{url}v1/search", ASKED).json()
    return answer["degraded"], [each["index"] for each in answer["missing"]]


def test_indexes_that_cannot_be_read_are_told_in_one_line(place: Path, tmp_path: Path) -> None:
    missing = [option for name in "ab" for option in ("--index", str(tmp_path / name))]
    process = start(place, *missing, "--port", "0")
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (1, "")
    (line,) = complaint.strip().splitlines()
    assert line.startswith("error: none of 2 indexes can be read: ")
