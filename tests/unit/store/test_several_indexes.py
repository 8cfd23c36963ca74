"""Several indexes as one: what is put together, and what becomes of those that are lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store import (
    CrossgraphError,
    Index,
    IndexUnavailable,
    ModelMismatch,
    PhotoFile,
    QueryError,
    Reembedding,
)
from store.catalog.selection import AllOf, Condition, Not
from store.federation.federated_index import SeveralIndexes
from store.federation.ids import STRIDE
from store.federation.lost_members import MemberLost, again
from store.opening import open_indexes
from tests.waiting import PATIENCE_SECONDS, await_that

DIM = 4


def photo(folder: Path, name: str) -> PhotoFile:
    return PhotoFile(f"{folder}/photos/{name}.jpg", f"{folder}/photos", 9, 1, f"{name:0>64}", 8, 8)


def make(folder: Path, vectors: dict[str, list[float]], fingerprint: str = "aa") -> Path:
    with Index.create(folder, fingerprint, DIM) as index:
        rows = np.array(list(vectors.values()), np.float32)
        index.put_images(
            [photo(folder, name) for name in vectors], rows, np.ones((len(rows), 2, 3), np.float16)
        )
        index.put_captions({1: [f"the first of {folder.name}"]}, origin="test")
        index.put_categories({1: ["dog"], 2: [folder.name]}, origin="test")
        index.finish()
    return folder


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Two indexes; `1a` and `2a` have equal scores for the query `X`."""
    return [
        make(tmp_path / "a", {"1": [1, 0, 0, 0], "3": [0.5, 0, 0, 0]}),
        make(tmp_path / "b", {"2": [1, 0, 0, 0], "4": [0.75, 0, 0, 0], "5": [0, 1, 0, 0]}),
    ]


X = np.array([1, 0, 0, 0], np.float32)


@contextmanager
def opened(places: list[Path], seconds: float = PATIENCE_SECONDS) -> Iterator[SeveralIndexes]:
    index = open_indexes([str(place) for place in places], seconds=seconds)
    assert isinstance(index, SeveralIndexes)
    try:
        yield index
    finally:
        index.close()


def test_the_nearest_of_all_come_first_and_equal_ones_by_id(two: list[Path]) -> None:
    with opened(two) as index:
        ids, scores = index.search(X, 4)
        assert ids.tolist() == [1, STRIDE + 1, STRIDE + 2, 2]
        assert scores.tolist() == [1.0, 1.0, 0.75, 0.5]
        assert index.search(X, 1)[0].tolist() == [1]
        assert index.search(X, 0)[0].tolist() == []
        assert (len(index), index.missing) == (5, ())


def test_what_is_known_of_photos_comes_in_the_order_of_the_ids(two: list[Path]) -> None:
    with opened(two) as index:
        asked = [STRIDE + 2, 1, STRIDE + 1, 99, STRIDE + 99, 2 * STRIDE + 1]
        assert [Path(each.path).stem for each in index.photos(asked)] == ["4", "1", "2"]
        assert [each.image_id for each in index.photo_records(asked)] == asked[:3]
        assert index.vectors(asked[:3])[:, 0].tolist() == [0.75, 1, 1]
        assert index.nodes(asked[:3]).shape == (3, 2, 3)
        assert index.vectors([]).shape == (0, DIM)
        assert index.find_content(f"{'4':0>64}") == STRIDE + 2
        assert index.find_content("f" * 64) is None
        with pytest.raises(KeyError):
            index.vectors([STRIDE + 99])
        with pytest.raises(KeyError):
            index.vectors([2 * STRIDE + 1])


def test_filters_hold_for_all_and_ids_in_them_are_those_of_all(two: list[Path]) -> None:
    with opened(two) as index:
        dogs = index.matching(Condition("category", "=", "dog"))
        assert len(dogs) == 2
        assert index.search(X, 9, dogs)[0].tolist() == [1, STRIDE + 1]
        later = AllOf((Condition("id", ">", 1), Not(Condition("id", "=", STRIDE + 2))))
        assert index.search(X, 9, index.matching(later))[0].tolist() == [
            STRIDE + 1,
            2,
            STRIDE + 3,
        ]


def test_words_are_found_in_all(two: list[Path]) -> None:
    with opened(two) as index:
        assert sorted(index.search_texts("first", 9)[0].tolist()) == [1, STRIDE + 1]


def test_a_server_is_told_of_all_together(two: list[Path]) -> None:
    with opened(two) as index:
        counts = index.counts()
        assert (counts.images, counts.captions, counts.categories) == (5, 2, 3)
        assert index.category_counts(2) == [("dog", 2), ("a", 1)]
        assert index.ids_after(1, 3) == [2, STRIDE + 1, STRIDE + 2]
        assert index.ids_after(STRIDE + 2, 3) == [STRIDE + 3]
        assert list(index.sources().values()) == [2, 3]
        assert (index.quarantined(), index.coming_models()) == ([], [])
        measured = index.measured()
        assert measured is not None
        assert measured.kind.startswith("exact")
        assert index.size_bytes() > 1000


def test_one_that_is_away_is_left_out_named_and_used_again(two: list[Path]) -> None:
    with opened(two) as index:
        index.search(X, 9)
        away = two[1].with_name("away")
        two[1].rename(away)
        assert index.search(X, 9)[0].tolist() == [1, 2]
        (missing,) = index.missing
        assert missing.index == str(two[1])
        assert "is not there any more" in missing.reason
        with pytest.raises(IndexUnavailable, match="lies in an index that cannot be read now"):
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
    assert again(answer) == [1, 0.5]
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


def test_a_wrong_question_is_no_loss(two: list[Path]) -> None:
    with opened(two) as index:
        with pytest.raises(ValueError, match="shape"):
            index.search(np.ones(7, np.float32), 3)
        many = AllOf(tuple(Condition("width", ">", n) for n in range(2000)))
        with pytest.raises(QueryError):
            index.matching(many)
        assert index.missing == ()
        assert len(index.search(X, 9)[0]) == 5


def test_indexes_of_two_models_are_refused_or_the_rarer_left_out(tmp_path: Path) -> None:
    places = [
        make(tmp_path / "a", {"1": [1, 0, 0, 0], "2": [1, 0, 0, 0]}, "aa"),
        make(tmp_path / "b", {"3": [1, 0, 0, 0], "4": [1, 0, 0, 0]}, "bb"),
        make(tmp_path / "c", {"5": [1, 0, 0, 0], "6": [1, 0, 0, 0]}, "bb"),
    ]
    with pytest.raises(ModelMismatch, match=r"one model made them: .*a with  \(aa\)"):
        open_indexes([str(place) for place in places], seconds=5, strict=True)
    with opened(places) as index:
        assert index.model.fingerprint == "bb"
        assert index.search(X, 9)[0].min() > STRIDE
        assert "was made with another model (aa)" in index.missing[0].reason


def reembed(folder: Path, fingerprint: str = "cc") -> None:
    with Index.open(folder) as index:
        new = Reembedding(index, fingerprint, DIM)
        ids = list(index.files())
        new.put(ids, np.tile(X[::-1], (len(ids), 1)), np.ones((len(ids), 2, 3), np.float16))
        new.switch()


def test_the_old_model_answers_until_the_last_has_another(two: list[Path]) -> None:
    with opened(two) as index:
        assert len(index.search(X, 9)[0]) == 5
        reembed(two[0])
        assert index.search(X, 9)[0].min() > STRIDE  # those that are still of the old model
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

        await_that(is_foreign)  # once it has been opened with that
        reembed(two[0], "aa")
        await_that(lambda: len(index.search(X, 9)[0]) == 5)
        assert index.missing == ()


def test_ids_below_zero_are_of_no_index(two: list[Path]) -> None:
    with opened(two) as index:
        assert index.photos([-1]) == []
        with pytest.raises(KeyError):
            index.vectors([-1])


def test_one_index_given_twice_is_refused(two: list[Path]) -> None:
    with pytest.raises(QueryError, match="a is given twice"):
        open_indexes([str(two[0]), str(two[0])], seconds=5)


def test_one_index_given_in_two_spellings_is_refused(two: list[Path]) -> None:
    (two[0].parent / "link").symlink_to(two[0])
    for other in (f"{two[0].parent}/./a", f"{two[1]}/../a/", f"{two[0].parent}/link"):
        with pytest.raises(QueryError, match="is given twice"):
            open_indexes([str(two[0]), other], seconds=5)
    with pytest.raises(QueryError, match="postgresql://me@db/x is given twice"):
        open_indexes(
            ["postgresql://me:1@db/x", "postgres://me:1@db/x?collection=photos"], seconds=5
        )
