from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.serving import make_place


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos, an index of them, and a cache with its prepared model; only read."""
    return make_place(tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("bert"))
