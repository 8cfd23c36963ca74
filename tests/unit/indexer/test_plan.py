"""Plans from known and found files; each file's content is one letter, so all sizes are equal."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.changes.plan import Plan, is_described, make_plan
from indexer.changes.survey import Survey
from indexer.metadata.sidecar_files import SidecarFile
from indexer.metadata.values import METADATA_READER
from indexer.photos.decode import READER_VERSION
from indexer.sources import FoundFile
from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile, QuarantinedFile, UnreadableImage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    (tmp_path / "away").mkdir()
    return tmp_path


def photo(root: Path, name: str, content: str, mtime_ns: int = 1) -> PhotoFile:
    digest = hashlib.sha256(content.encode()).hexdigest()
    source = root / name.partition("/")[0]
    return PhotoFile(str(root / name), str(source), len(content), mtime_ns, digest, 3, 4)


def bad(root: Path, name: str, mtime_ns: int = 1) -> QuarantinedFile:
    source = str(root / name.partition("/")[0])
    return QuarantinedFile(str(root / name), source, 1, mtime_ns, "no photo")


def seen(root: Path, files: dict[str, str], *, vanished: str = "", unreadable: str = "") -> Survey:
    found = []
    for name, content in files.items():
        (root / name).write_text(content)
        source = str(root / name.partition("/")[0])
        found.append(FoundFile(str(root / name), source, len(content), 1))
    roots = (str(root / "here"), str(root / "away"))
    lost = (str(root / vanished),) if vanished else ()
    closed = (str(root / unreadable),) if unreadable else ()
    return Survey(tuple(found), roots, lost, closed)


def paths(root: Path, files: object) -> list[str]:
    listed = files.values() if isinstance(files, dict) else files
    return [str(Path(file.path).relative_to(root)) for file in listed]  # type: ignore[attr-defined]


def test_new_changed_touched_and_gone(root: Path) -> None:
    known = {
        1: photo(root, "here/same", "a"),
        2: photo(root, "here/changed", "b"),
        3: photo(root, "here/touched", "c", mtime_ns=9),
        4: photo(root, "here/gone", "d"),
    }
    known[2] = photo(root, "here/changed", "b", mtime_ns=9)
    now = {"here/same": "a", "here/changed": "x", "here/touched": "c", "here/new": "e"}
    plan = make_plan(seen(root, now), known, ())
    assert paths(root, plan.new) == ["here/new"]
    assert paths(root, plan.changed) == ["here/changed"]
    assert plan.touched == {3: photo(root, "here/touched", "c")}
    assert (paths(root, plan.gone), plan.unchanged) == (["here/gone"], 2)


@pytest.mark.parametrize("prune", [False, True])
def test_what_is_in_a_source_that_vanished_is_unreachable_unless_one_prunes(
    root: Path, prune: bool
) -> None:
    known = {1: photo(root, "away/a", "a"), 2: photo(root, "here/b", "b")}
    broken = [bad(root, "away/bad"), bad(root, "here/bad")]
    survey = seen(root, {"here/b": "b"}, vanished="away")
    plan = make_plan(survey, known, broken, prune=prune)
    assert (list(plan.unreachable), list(plan.gone)) == (([], [1]) if prune else ([1], []))
    there = [str(root / "here" / "bad")]
    assert list(plan.released) == ([str(root / "away" / "bad"), *there] if prune else there)


def test_what_cannot_be_read_is_unreachable_even_where_one_prunes(root: Path) -> None:
    known = {1: photo(root, "here/disk/a", "a"), 2: photo(root, "here/disk2/b", "b")}
    broken = [bad(root, "here/disk/bad")]
    survey = seen(root, {"here/c": "c"}, unreadable="here/disk")
    plan = make_plan(survey, known, broken, prune=True)
    assert (list(plan.unreachable), list(plan.gone), plan.released) == ([1], [2], ())


def test_a_photo_of_a_source_that_vanished_may_be_found_elsewhere(root: Path) -> None:
    known = {1: photo(root, "away/a", "a"), 2: photo(root, "away/b", "b")}
    plan = make_plan(seen(root, {"here/moved": "a"}, vanished="away"), known, ())
    after = plan.moved[1].after
    assert (paths(root, [after]), after.source) == (["here/moved"], str(root / "here"))
    assert (plan.new, list(plan.unreachable), dict(plan.gone)) == ((), [2], {})


def test_a_photo_that_cannot_be_read_just_now_has_not_moved(root: Path) -> None:
    known = {1: photo(root, "here/disk/a", "a")}
    plan = make_plan(seen(root, {"here/copy": "a"}, unreadable="here/disk"), known, ())
    assert (paths(root, plan.new), dict(plan.moved), list(plan.unreachable)) == (
        ["here/copy"],
        {},
        [1],
    )


def test_equal_photos_move_the_lowest_id_to_the_first_path(root: Path) -> None:
    known = {7: photo(root, "here/x", "a"), 3: photo(root, "here/y", "a")}
    plan = make_plan(seen(root, {"here/1": "a", "here/2": "a", "here/3": "a"}), known, ())
    moves = {i: Path(move.after.path).name for i, move in plan.moved.items()}
    assert (moves, paths(root, plan.new)) == ({3: "1", 7: "2"}, ["here/3"])


def test_broken_files_are_tried_again_when_they_changed_or_one_asks(root: Path) -> None:
    broken = [bad(root, "here/same"), bad(root, "here/changed", 9), bad(root, "here/gone")]
    survey = seen(root, {"here/same": "a", "here/changed": "b"})

    def planned(*, retry_failed: bool) -> Plan:
        return make_plan(survey, {}, broken, retry_failed=retry_failed)

    usual, asked = planned(retry_failed=False), planned(retry_failed=True)
    assert (paths(root, usual.new), paths(root, usual.broken)) == (
        ["here/changed"],
        ["here/same"],
    )
    assert (paths(root, asked.new), asked.broken) == (["here/same", "here/changed"], ())
    assert usual.released == asked.released == (str(root / "here" / "gone"),)


def test_a_source_that_was_not_looked_through_is_left_alone(root: Path) -> None:
    known = {1: photo(root, "elsewhere/a", "a")}
    plan = make_plan(seen(root, {"here/copy": "a"}), known, [bad(root, "elsewhere/bad")])
    assert plan == Plan(new=plan.new)
    assert paths(root, plan.new) == ["here/copy"]


def test_what_an_older_reader_read_is_read_again_as_what_it_is(root: Path) -> None:
    older = replace(photo(root, "here/old", "a"), reader=READER_VERSION - 1)
    moved = replace(photo(root, "here/gone", "b"), reader=READER_VERSION - 1)
    known = {
        1: older,
        2: moved,
        3: replace(photo(root, "here/same", "c"), reader=READER_VERSION),
        4: replace(photo(root, "here/newer", "d"), reader=READER_VERSION + 1),
        5: replace(photo(root, "here/unknown", "e"), reader=None),
    }
    now = {
        "here/old": "a",
        "here/new": "b",
        "here/same": "c",
        "here/newer": "d",
        "here/unknown": "e",
    }
    plan = make_plan(seen(root, now), known, ())
    assert paths(root, plan.reread) == ["here/old", "here/new"]
    first, second = (file.known for file in plan.reread)
    assert first is not None and second is not None
    assert (first.image_id, first.file) == (1, older)
    assert (second.image_id, second.file) == (2, plan.moved[2].after)


def test_a_photo_that_moved_has_the_time_of_its_new_file(root: Path) -> None:
    known = {1: photo(root, "here/a", "x", mtime_ns=7)}
    plan = make_plan(seen(root, {"away/b": "x"}), known, ())
    after = plan.moved[1].after
    assert (after.mtime_ns, after.path, after.source) == (
        1,
        str(root / "away/b"),
        str(root / "away"),
    )
    assert plan.moved[1].before == known[1]
    assert (plan.new, plan.gone) == ((), {})


def test_a_touched_file_that_cannot_be_read_is_changed(root: Path) -> None:
    known = {1: photo(root, "here/a", "x", mtime_ns=7)}
    survey = seen(root, {"here/a": "x"})
    (root / "here/a").unlink()
    plan = make_plan(survey, known, ())
    assert (plan.touched, paths(root, plan.changed)) == ({}, ["here/a"])


@pytest.mark.parametrize(("size", "is_same"), [(0, True), (-1, False)])
def test_a_size_below_zero_is_one_that_no_file_has(root: Path, size: int, is_same: bool) -> None:
    known = {1: replace(photo(root, "here/a", ""), size_bytes=size)}
    survey = seen(root, {"here/a": ""})
    unknown = replace(survey.files[0], size_bytes=UNKNOWN_SIZE)
    plan = make_plan(replace(survey, files=(unknown,)), known, ())
    assert (plan.unchanged, len(plan.touched)) == (1, 0 if is_same else 1)


def test_what_is_in_a_shard_that_is_there_is_left_alone(root: Path) -> None:
    shard = str(root / "here/a.tar")
    known = {
        1: photo(root, "here/a.tar!b.jpg", "x"),
        2: photo(root, "here/c.tar!b.jpg", "y"),
        3: photo(root, "here/plain.jpg", "z"),
    }
    broken = [bad(root, "here/a.tar"), bad(root, "here/a.tar!d.jpg"), bad(root, "here/e.jpg")]
    plan = make_plan(
        replace(seen(root, {}), shards={shard: FoundFile(shard, shard, 1, 1)}), known, broken
    )
    assert paths(root, plan.gone) == ["here/c.tar!b.jpg", "here/plain.jpg"]
    assert list(plan.broken) == broken[:2]
    assert list(plan.released) == [broken[2].path]


class Part:
    """A shard with the same content for all its members, or one that cannot be read."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content

    def read(self, *_: object) -> bytes:
        if self.content is None:
            raise UnreadableImage("the shard ends here")
        return self.content


def member(root: Path, name: str, content: bytes | None) -> FoundFile:
    shard = str(root / "here/a.tar")
    return FoundFile(f"{shard}!{name}", shard, 1, 1, Part(content), name)  # type: ignore[arg-type]


def test_a_photo_in_a_shard_that_cannot_be_read_there_is_neither_touched_nor_moved(
    root: Path,
) -> None:
    known = {
        1: photo(root, "here/a.tar!b.jpg", "x", mtime_ns=7),
        2: photo(root, "here/gone.jpg", "y"),
    }
    found = (member(root, "b.jpg", None), member(root, "c.jpg", None))
    plan = make_plan(replace(seen(root, {}), files=found), known, ())
    assert (plan.touched, plan.moved) == ({}, {})
    assert paths(root, plan.changed) == ["here/a.tar!b.jpg"]
    assert paths(root, plan.new) == ["here/a.tar!c.jpg"]
    assert paths(root, plan.gone) == ["here/gone.jpg"]


def test_a_photo_in_a_shard_is_known_by_its_content(root: Path) -> None:
    known = {
        1: photo(root, "here/a.tar!b.jpg", "x", mtime_ns=7),
        2: photo(root, "here/gone.jpg", "y"),
    }
    found = (member(root, "b.jpg", b"x"), member(root, "c.jpg", b"y"))
    plan = make_plan(replace(seen(root, {}), files=found), known, ())
    assert (list(plan.touched), list(plan.moved)) == ([1], [2])
    assert (plan.changed, plan.new, dict(plan.gone)) == ((), (), {})


@pytest.mark.parametrize(
    ("reading", "sidecars", "is_described_now"),
    [
        (None, None, False),
        (None, "", False),
        ((METADATA_READER - 1, ""), None, False),
        ((METADATA_READER - 1, "a"), "a", False),
        ((METADATA_READER, "a"), None, True),
        ((METADATA_READER, "a"), "a", True),
        ((METADATA_READER, "a"), "", False),
        ((METADATA_READER, ""), "", True),
        ((METADATA_READER + 1, "a"), "a", True),
    ],
)
def test_metadata_counts_as_read_by_the_newest_reader_with_the_same_sidecars(
    reading: tuple[int, str] | None, sidecars: str | None, is_described_now: bool
) -> None:
    assert is_described(reading, sidecars) is is_described_now


def test_photos_whose_metadata_alone_is_read_again(root: Path) -> None:
    sidecar = SidecarFile(str(root / "here/b.xmp"), 2, 3)
    names = "abcdef"
    known = {n: photo(root, f"here/{name}", name) for n, name in enumerate(names, 1)}
    known[5] = replace(known[5], reader=READER_VERSION - 1)  # the whole photo is read again
    survey = seen(root, {f"here/{name}": name for name in names})
    files = [
        replace(file, sidecars=(sidecar,)) if file.path.endswith(("b", "f")) else file
        for file in survey.files
    ]
    with_sidecar = (METADATA_READER, "b.xmp 2 3")
    readings = {1: (METADATA_READER, ""), 2: with_sidecar, 3: (METADATA_READER - 1, ""),
                6: (METADATA_READER, "")}  # fmt: skip
    survey = replace(survey, files=tuple(files))
    plan = make_plan(survey, known, (), readings=readings)
    assert paths(root, plan.described) == ["here/c", "here/d", "here/f"]
    assert [file.known and file.known.image_id for file in plan.described] == [3, 4, 6]
    assert paths(root, plan.reread) == ["here/e"]
    assert make_plan(survey, known, ()).described == ()
