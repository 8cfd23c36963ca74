"""An exported folder counts as present only if it is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion.runtime.exported_folder import (
    MANIFEST,
    exported_model_folder,
    is_whole,
    new_export_folder,
    read_facts,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = exported_model_folder(tmp_path / "query", "f00d")
    with new_export_folder(folder, {"name": "made"}) as partial:
        (partial / "weights").write_bytes(b"12345")
    return folder


def test_facts_come_back(folder: Path) -> None:
    assert read_facts(folder) == read_facts(folder, thorough=True) == {"name": "made"}
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, "weights"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"facts": {}, "files": []}', "\udcff"])
def test_a_damaged_manifest_is_none(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert read_facts(folder) is None


def test_a_file_of_another_size_or_none_is_noticed_at_once(folder: Path) -> None:
    (folder / "weights").write_bytes(b"1234")
    assert read_facts(folder) is None
    (folder / "weights").unlink()
    assert read_facts(folder) is None


def test_a_flipped_bit_is_noticed_by_a_thorough_look(folder: Path) -> None:
    (folder / "weights").write_bytes(b"12344")
    assert read_facts(folder) is not None
    assert read_facts(folder, thorough=True) is None


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = exported_model_folder(tmp_path, "f00d")
    with pytest.raises(RuntimeError), new_export_folder(folder, {}) as partial:
        (partial / "weights").write_bytes(b"1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_folder_is_replaced_and_a_whole_one_kept(folder: Path) -> None:
    with new_export_folder(folder, {"name": "later"}):
        pass
    assert read_facts(folder) == {"name": "made"}
    (folder / "weights").write_bytes(b"12344")
    with new_export_folder(folder, {"name": "later"}):
        pass
    assert read_facts(folder) == {"name": "later"}


def test_every_flipped_bit_of_a_file_is_noticed_by_who_reads_it(folder: Path) -> None:
    assert is_whole(folder, "weights")
    content = (folder / "weights").read_bytes()
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        (folder / "weights").write_bytes(flipped)
        assert not is_whole(folder, "weights"), bit


def test_a_file_that_nothing_is_known_of_is_not_whole(folder: Path) -> None:
    assert not is_whole(folder, "other")
    assert not is_whole(folder.parent, "weights")


def test_every_flipped_bit_of_the_manifest_is_noticed(folder: Path) -> None:
    content = (folder / MANIFEST).read_bytes()
    told = read_facts(folder)
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        (folder / MANIFEST).write_bytes(flipped)
        assert read_facts(folder, thorough=True) in (None, told), bit


def test_a_fingerprint_leads_nowhere_else(tmp_path: Path) -> None:
    for fingerprint in ("../x", "/etc/x", "a/b/../../c"):
        assert exported_model_folder(tmp_path, fingerprint).parent == tmp_path
