from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.server.served import Served, make_index, serve


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = serve(*make_index(tmp_path))
    with made.client:
        yield made
    assert made.service.close(5)
