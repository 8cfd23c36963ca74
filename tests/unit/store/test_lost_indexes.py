"""Several indexes, one of which is missing, hangs, or has another model for a while."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store import (
    CrossgraphError,
    Index,
    IndexUnavailable,
    ModelMismatch,
    Reembedding,
)
from store.federation.federated_index import SeveralIndexes
from store.federation.ids import STRIDE
from store.federation.lost_members import MemberLost, again
from store.opening import open_indexes
from store.types import ModelInfo
from tests.unit.store.several_made import DIM, X, make, opened, photo
from tests.waiting import PATIENCE_SECONDS, await_that


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Return two indexes, in which the first photo of each has the same score for the query `X`."""
    return [
        make(tmp_path / "a", {"1": [1, 0, 0, 0], "3": [0.5, 0, 0, 0]}),
        make(tmp_path / "b", {"2": [1, 0, 0, 0], "4": [0.75, 0, 0, 0], "5": [0, 1, 0, 0]}),
    ]


def test_one_that_is_away_is_left_out_named_and_used_again(two: list[Path]) -> None:
    with opened(two) as index:
        index.search(X, 9)
        away = two[1].with_name("away")
        two[1].rename(away)
        assert index.search(X, 9)[0].tolist() == [1, 2]
        (missing,) = index.missing
        assert missing.index == str(two[1])
        assert "no longer exists" in missing.reason
        with pytest.raises(
            IndexUnavailable, match="is in an index that cannot be read at the moment"
        ):
            index.photos([STRIDE + 1])
        away.rename(two[1])
        await_that(lambda: len(index.search(X, 9)[0]) == 5)
        assert index.missing == ()


def test_one_that_is_away_from_the_beginning_comes_in_later(two: list[Path]) -> None:
    away = two[0].with_name("away")
    two[0].rename(away)
    with opened(two) as index:
        assert index.search(X, 9)[0].tolist() == [STRIDE + 1, STRIDE + 2, STRIDE + 3]
        assert [each.index for each in index.missing] == [str(two[0])]
        away.rename(two[0])
        await_that(lambda: len(index.search(X, 9)[0]) == 5)


def test_none_that_can_be_read_is_an_error_and_no_empty_answer(two: list[Path]) -> None:
    with opened(two) as index:
        for place in two:
            (place / "catalog.db").rename(place / "away.db")
        with pytest.raises(IndexUnavailable, match="none of 2 indexes can be read: "):
            index.search(X, 9)
    with pytest.raises(IndexUnavailable, match="none of 2 indexes can be read"):
        open_indexes([str(place) for place in two], seconds=5)


def test_a_damaged_one_is_left_out(two: list[Path]) -> None:
    (two[1] / "catalog.db").write_bytes(b"no catalog at all" * 100)
    for left in ("catalog.db-wal", "catalog.db-shm"):
        (two[1] / left).unlink(missing_ok=True)
    with opened(two) as index:
        assert index.search(X, 9)[0].tolist() == [1, 2]
        assert "cannot be read" in index.missing[0].reason


class Broken:
    """An index whose answers can be made to fail or to wait."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.fails: Exception | None = None
        self.waits: threading.Event | None = None
        self.begins: threading.Event | None = None

    def snapshot(self) -> Any:
        if self.begins is not None:
            self.begins.wait(PATIENCE_SECONDS)
        return self.index.snapshot()

    def vectors(self, image_ids: Any) -> Any:
        if self.waits is not None:
            self.waits.wait(PATIENCE_SECONDS)
        if self.fails is not None:
            raise self.fails
        return self.index.vectors(image_ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def __len__(self) -> int:
        return len(self.index)


def with_broken(two: list[Path], seconds: float) -> tuple[SeveralIndexes, Broken]:
    broken = Broken(Index.open(two[1]))
    index = SeveralIndexes.open(
        [("a", lambda: Index.open(two[0])), ("b", lambda: broken)],  # type: ignore[arg-type, return-value]
        seconds=seconds,
    )
    return index, broken


def test_one_that_is_lost_in_the_middle_lets_the_answer_begin_anew(two: list[Path]) -> None:
    index, broken = with_broken(two, PATIENCE_SECONDS)
    broken.fails = CrossgraphError("the disk is gone")
    seen: list[list[int]] = []

    def answer() -> list[float]:
        with index.snapshot():
            ids = index.search(X, 9)[0]
            seen.append(ids.tolist())
            found: list[float] = index.vectors(ids)[:, 0].tolist()
            return found

    with pytest.raises(MemberLost, match="the disk is gone"):
        answer()
    assert index.answer_of_one_state(answer) == [1, 0.5]
    assert seen[0] == [1, STRIDE + 1, STRIDE + 2, 2, STRIDE + 3]
    assert seen[-1] == [1, 2]
    index.close()


def test_one_that_hangs_is_left_out_in_time_and_used_again_when_it_comes_back(
    two: list[Path],
) -> None:
    index, broken = with_broken(two, 1)
    broken.waits = threading.Event()
    assert again(lambda: len(index.vectors([1]))) == 1
    with pytest.raises(IndexUnavailable, match=r"b took longer than 1 seconds"):
        index.vectors([STRIDE + 1])
    assert index.search(X, 9)[0].tolist() == [1, 2]
    broken.waits.set()
    await_that(lambda: len(index.search(X, 9)[0]) == 5)
    index.close()


def test_what_hung_while_it_began_shows_what_was_written_meanwhile(tmp_path: Path) -> None:
    place = make(tmp_path / "a", {"1": [1, 0, 0, 0], "2": [1, 0, 0, 0]})
    broken = Broken(Index.open(place))
    index = SeveralIndexes.open([("a", lambda: broken)], seconds=1)  # type: ignore[arg-type, return-value]
    broken.begins = threading.Event()
    with pytest.raises(IndexUnavailable, match="none of 1 indexes can be read: a took longer"):
        index.search(X, 9)
    broken.begins.set()
    await_that(lambda: len(again_searched(index)) == 2)
    with Index.open(place) as writer:
        writer.put_images([photo(place, "7")], X[None], np.ones((1, 2, 3), np.float16))
    assert len(index.search(X, 9)[0]) == 3
    index.close()


def again_searched(index: SeveralIndexes) -> list[int]:
    try:
        found: list[int] = index.search(X, 9)[0].tolist()
    except IndexUnavailable:
        return []
    return found


def reembed(folder: Path, fingerprint: str = "cc") -> None:
    with Index.open(folder) as index:
        new = Reembedding(index, ModelInfo(fingerprint, DIM))
        ids = list(index.files())
        new.put(ids, np.tile(X[::-1], (len(ids), 1)), np.ones((len(ids), 2, 3), np.float16))
        new.switch()


def test_the_old_model_answers_until_the_last_has_another(two: list[Path]) -> None:
    with opened(two) as index:
        assert len(index.search(X, 9)[0]) == 5
        reembed(two[0])
        assert index.search(X, 9)[0].min() > STRIDE  # only those that still have the old model
        assert [each.index for each in index.missing] == [str(two[0])]
        reembed(two[1])
        with pytest.raises(ModelMismatch, match="open them again"):
            index.search(X, 9)
    with opened(two) as index:
        assert (len(index.search(X, 9)[0]), index.model.fingerprint) == (5, "cc")


def test_one_that_has_the_old_model_again_is_used_again(two: list[Path]) -> None:
    with opened(two) as index:
        reembed(two[0])

        def is_foreign() -> bool:
            assert index.search(X, 9)[0].min() > STRIDE
            return "made with another model (cc)" in index.missing[0].reason

        await_that(is_foreign)  # once it has been reopened with that model
        reembed(two[0], "aa")
        await_that(lambda: len(index.search(X, 9)[0]) == 5)
        assert index.missing == ()
