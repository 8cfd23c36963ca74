"""Every finding is a line that says what was found and how to fix it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.doctor import Finding
from search.doctor.checkpoints import model_findings
from search.doctor.indexes import index_findings
from search.doctor.packages import package_findings
from store import Index, PhotoFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the index of one photo, whose folder exists."""
    (tmp_path / "photos").mkdir()
    path, source = str(tmp_path / "photos" / "dog.jpg"), str(tmp_path / "photos")
    file = PhotoFile(path, source, 10, 20, "00" * 32, 30, 40)
    with Index.create(tmp_path / "i", "f00d", 4, model="made", encoders="none") as index:
        index.put_images([file], np.eye(4)[:1], np.zeros((1, 2), np.uint8))
        index.finish()
    return tmp_path / "i"


def states(folder: Path) -> list[str]:
    return [finding.state for finding in index_findings(folder)]


def test_a_finding_is_one_line_that_ends_with_what_helps() -> None:
    assert str(Finding("memory", "1 GB")) == "ok      memory: 1 GB"
    missing = Finding("faiss", "not installed", "missing", "pip install faiss-cpu")
    assert str(missing) == "missing faiss: not installed; pip install faiss-cpu"


def test_packages_that_are_missing_or_too_old_are_named_with_the_command() -> None:
    needed = ["numpy>=2.0", "numpy>=9999", "no-such-thing>=1; extra == 'gpu'", "no-such-thing>=1"]
    faults = [found for found in package_findings(needed) if found.state == "missing"]
    assert [fault.name for fault in faults] == ["numpy", "no-such-thing"]
    assert faults[0].said.endswith("is installed, >=9999 is needed")
    assert faults[1].advice == "pip install 'no-such-thing>=1'"


def test_faiss_says_which_instructions_it_runs() -> None:
    faiss = next(found for found in package_findings([]) if found.name == "FAISS")
    assert faiss.state == "ok"
    assert "compiled" in faiss.said or "OPTIMIZE" in faiss.said or "GENERIC" in faiss.said


def test_that_nothing_is_prepared_is_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path))
    *_, prepared = model_findings()
    assert (prepared.name, prepared.state) == ("prepared model", "note")
    assert "crossgraph index" in prepared.advice
    (tmp_path / "query" / f"{'f00d' * 16}-1").mkdir(parents=True)
    said = [found.said for found in model_findings() if found.name == "prepared model"]
    assert len(said) == 2
    assert "of another version" in said[0]


def test_a_sound_index(folder: Path) -> None:
    assert states(folder) == ["ok"] * 5


def test_an_index_that_is_not_there(tmp_path: Path) -> None:
    (found,) = index_findings(tmp_path / "none")
    assert found.state == "missing"
    assert "crossgraph index" in found.advice


def test_a_catalog_that_is_no_database(folder: Path) -> None:
    (folder / "catalog.db").write_bytes(b"no database at all, though long enough" * 100)
    assert states(folder) == ["missing"]


def test_a_file_of_vectors_that_was_damaged_since(folder: Path) -> None:
    file = next(folder.glob("vectors-*"))
    file.write_bytes(file.read_bytes()[:-1])
    assert [found.said for found in index_findings(folder) if found.state == "note"] == [
        f"{file.name} is missing or damaged"
    ]


def test_a_folder_of_photos_that_is_not_there(folder: Path) -> None:
    (folder.parent / "photos").rmdir()
    away = next(found for found in index_findings(folder) if found.state == "note")
    assert str(folder.parent / "photos") in away.said
    assert "crossgraph relocate" in away.advice
