from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.changes.survey import Survey, survey
from store import SourceError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return folder(tmp_path, "photos", "a.jpg", "disk/b.jpg")


def folder(where: Path, name: str, *files: str) -> Path:
    for file in files:
        (where / name / file).parent.mkdir(parents=True, exist_ok=True)
        (where / name / file).write_bytes(b"x")
    return where / name


def names(seen: Survey) -> list[str]:
    return [os.path.basename(file.path) for file in seen.files]


def mount(monkeypatch: pytest.MonkeyPatch, *disks: Path) -> None:
    mounted = {str(disk) for disk in disks}
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)


def test_sources_are_looked_through_in_their_order(photos: Path, tmp_path: Path) -> None:
    more = folder(tmp_path, "more", "c.jpg")
    seen = survey([photos, more, photos], {})
    assert names(seen) == ["a.jpg", "b.jpg", "c.jpg"]
    assert (seen.roots, seen.vanished) == ((str(photos), str(more)), ())


def test_a_file_of_two_sources_belongs_to_the_first(photos: Path) -> None:
    seen = survey([photos / "disk", photos], {})
    assert [(file.path, file.source) for file in seen.files] == [
        (str(photos / "disk" / "b.jpg"), str(photos / "disk")),
        (str(photos / "a.jpg"), str(photos)),
    ]


def test_no_source_means_all_that_are_known(photos: Path) -> None:
    assert survey([], {str(photos): ()}) == survey([photos], {})
    with pytest.raises(SourceError, match="the index knows none"):
        survey([], {})


@pytest.mark.parametrize("empty", [True, False])
def test_a_known_source_that_is_not_there_has_vanished(
    photos: Path, tmp_path: Path, empty: bool
) -> None:
    gone = tmp_path / "gone"
    if empty:
        gone.mkdir()
    seen = survey([photos, gone], {str(gone): ()})
    assert (names(seen), seen.vanished) == (["a.jpg", "b.jpg"], (str(gone),))


def test_a_source_that_nobody_knows_has_to_be_there(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone is not there"):
        survey([photos, tmp_path / "gone"], {str(photos): ()}, prune=True)


def test_where_nothing_can_be_reached_one_is_told_unless_one_prunes(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(SourceError, match=r"gone is not there.*mount the disk.*--prune"):
        survey([], {gone: ()})
    assert survey([], {gone: ()}, prune=True) == Survey(roots=(gone,), vanished=(gone,))


def test_a_disk_below_a_source_that_is_not_mounted_cannot_be_read(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = photos / "disk"
    mount(monkeypatch, disk)
    assert survey([photos], {}).mounts == {str(photos): (str(disk),)}
    mount(monkeypatch)
    known = {str(photos): (str(disk),)}
    seen = survey([photos], known)
    assert seen.unreadable == (str(disk),)
    assert seen.mounts == known  # otherwise the next run would consider its photos gone
    pruned = survey([photos], known, prune=True)
    assert (pruned.unreadable, pruned.mounts) == ((), {str(photos): ()})


def test_files_given_by_name_are_all_that_is_looked_at(photos: Path, tmp_path: Path) -> None:
    other = folder(tmp_path, "other", "c.jpg", "d.jpg")
    seen = survey([], {str(photos): ()}, files=[photos / "disk" / "b.jpg", other / "c.jpg"])
    assert [(file.path, file.source) for file in seen.files] == [
        (str(photos / "disk" / "b.jpg"), str(photos)),  # the known folder that contains it
        (str(other / "c.jpg"), str(other)),  # its own folder, since no known folder contains it
    ]
    assert seen.listed == {*seen.roots} == {file.path for file in seen.files}


def test_a_file_comes_under_the_innermost_folder_that_a_walk_finds_it_through(
    photos: Path, tmp_path: Path
) -> None:
    hidden = folder(tmp_path, "photos", ".hidden/e.jpg") / ".hidden"
    seen = survey([photos], {str(photos / "disk"): ()}, files=[hidden / "e.jpg"])
    assert {file.path: file.source for file in seen.files}[str(hidden / "e.jpg")] == str(hidden)
    inner = survey([], dict.fromkeys([str(photos), str(photos / "disk")], ()), files=[
        photos / "disk" / "b.jpg"
    ])  # fmt: skip
    assert inner.files[0].source == str(photos / "disk")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("photos/none.jpg", "none.jpg: No such file.*expected a photo"),
        ("photos", "photos does not have the name of a photo"),
        ("folder.jpg", "folder.jpg is not a file"),
        (
            ".hidden.jpg",
            "does not have the name of a photo; expected one that does not begin with a dot",
        ),
    ],
)
def test_a_file_that_no_run_would_find_is_refused(
    photos: Path, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(SourceError, match=said):
        survey([], {}, files=[tmp_path / name])
