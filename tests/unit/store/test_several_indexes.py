"""Several indexes as one: how answers are merged, and how missing indexes are handled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from store import (
    ModelMismatch,
    QueryError,
)
from store.catalog.selection import AllOf, Condition, Not
from store.federation.ids import STRIDE
from store.opening import open_indexes
from tests.unit.store.several_made import DIM, X, make, opened


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Return two indexes, in which the first photo of each has the same score for the query `X`."""
    return [
        make(tmp_path / "a", {"1": [1, 0, 0, 0], "3": [0.5, 0, 0, 0]}),
        make(tmp_path / "b", {"2": [1, 0, 0, 0], "4": [0.75, 0, 0, 0], "5": [0, 1, 0, 0]}),
    ]


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
    with pytest.raises(ModelMismatch, match=r"one model made them, found .*a with  \(aa\)"):
        open_indexes([str(place) for place in places], seconds=5, strict=True)
    with opened(places) as index:
        assert index.model.fingerprint == "bb"
        assert index.search(X, 9)[0].min() > STRIDE
        assert "was made with another model (aa)" in index.missing[0].reason


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
