"""An `IndexPool` whose indexes are reopened when that may fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.server.pool.index_pool import IndexPool
from search.server.settings import Settings
from store import IndexUnavailable, ModelMismatch


class Reader:
    """An open index that knows whether it was closed; its model never changes."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_what_was_closed_at_a_switch_is_not_used_again_when_the_database_is_down() -> None:
    model, down = "old", False

    def open_one() -> Reader:
        if down:
            raise IndexUnavailable("the database is down")
        return Reader(model)

    def work(reader: Reader) -> str:
        assert not reader.closed
        if reader.model != model:
            raise ModelMismatch("it is another model's now")
        return reader.model

    readers = IndexPool("test", Settings(Path("/nowhere"), vectors="postgresql://db/x"), open_one)
    assert readers.do(work) == "old"
    model, down = "new", True
    for _ in range(2):
        with pytest.raises(IndexUnavailable):
            readers.do(work)
    down = False
    assert readers.do(work) == "new"
    assert readers.close(1)
