from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile, QuarantinedFile, SourceError


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index", "f1", 2) as index:
        files = [
            PhotoFile(f"{source}/{name}", source, 1, 2, "00", 3, 4)
            for source, name in (("/b", "x.jpg"), ("/a", "y.jpg"), ("/b", "sub/z.jpg"))
        ]
        index.put_images(files, np.eye(3, 2, dtype=np.float32), np.zeros((3, 1, 2)))
        index.quarantine([QuarantinedFile("/b/bad.jpg", "/b", 0, 1, "no photo")])
        yield index


def test_folders_are_told_with_their_numbers_of_photos(index: Index) -> None:
    assert list(index.sources().items()) == [("/a", 1), ("/b", 2)]


def test_a_folder_that_lies_elsewhere_now_keeps_everything(index: Index) -> None:
    index.put_captions({1: ["a dog"]}, origin="o")
    index.put_mounts({"/b": ["/b/disk"]})
    index.relocate("/b", "/mnt/c")
    paths = [file.path for file in index.files().values()]
    assert paths == ["/mnt/c/x.jpg", "/a/y.jpg", "/mnt/c/sub/z.jpg"]
    assert index.photos([1])[0].captions == ("a dog",)
    assert [bad.path for bad in index.quarantined()] == ["/mnt/c/bad.jpg"]
    assert index.mounts("/mnt/c") == ("/mnt/c/disk",)
    assert index.search(np.array([1, 0], np.float32), 1)[0].tolist() == [1]


def test_an_unknown_folder_and_one_that_is_there_are_refused(index: Index) -> None:
    with pytest.raises(SourceError, match=r"/c is no folder of this index; it has /a, /b"):
        index.relocate("/c", "/d")
    with pytest.raises(SourceError, match="/b is already a folder of this index"):
        index.relocate("/a", "/b")
    assert index.sources() == {"/a": 1, "/b": 2}


def test_only_folders_of_which_nothing_is_known_are_forgotten(index: Index) -> None:
    index.remove_images([1, 2, 3])
    index.forget_unused_sources()
    assert index.sources() == {"/b": 0}  # it has a file in quarantine
    index.release(["/b/bad.jpg"])
    index.forget_unused_sources()
    assert index.sources() == {}


def test_disks_below_a_folder_are_kept_until_told_otherwise(index: Index) -> None:
    assert index.mounts("/b") == index.mounts("/nowhere") == ()
    index.put_mounts({"/b": ["/b/two", "/b/\udcff"], "/a": []})
    assert index.mounts("/b") == ("/b/two", "/b/\udcff")
    index.put_mounts({"/b": []})
    assert index.mounts("/b") == ()


def test_a_broken_file_of_two_folders_is_in_quarantine_once(index: Index) -> None:
    index.quarantine([QuarantinedFile("/b/sub/bad.jpg", "/b/sub", 0, 1, "no photo")])
    index.quarantine([QuarantinedFile("/b/sub/bad.jpg", "/b", 0, 2, "no photo")])
    assert [bad.path for bad in index.quarantined()] == ["/b/bad.jpg", "/b/sub/bad.jpg"]
