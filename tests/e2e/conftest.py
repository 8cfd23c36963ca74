from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.called_program import FEW, PHOTOS, run


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, made_export: Path) -> Path:
    """A folder with photos, an index of them, and a cache with its prepared model; only read."""
    from tests.e2e.serving import make_place

    return make_place(
        tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("bert"), made_export
    )


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of a cat, a coffee cup, a rocket and an astronaut."""
    folder = tmp_path_factory.mktemp("photos")
    for name in FEW:
        shutil.copyfile(PHOTOS / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def index(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a cat, a coffee cup, a rocket and an astronaut, made by the program."""
    folder = tmp_path_factory.mktemp("made") / "photos.index"
    done = run("index", photos, "--index", folder)
    assert done.returncode == 0, done.stderr
    assert "4 added" in done.stdout
    return folder
