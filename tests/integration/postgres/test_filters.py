"""A filter chooses the same photos in PostgreSQL as in an index on disk, and plain Python."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Index
from store.catalog.selection import AllOf, AnyOf, Condition, Expression
from store.postgres import allowed_photos
from store.postgres.address import Address
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from tests.postgres_server import PostgresServer
from tests.property import test_selection
from tests.property.test_selection import ALL_FACTS, COUNT, DIM, EXPRESSIONS, true_of

index = test_selection.index


@pytest.fixture(scope="module")
def pushed(index: Index, postgres: PostgresServer) -> Iterator[PostgresReader]:
    address = postgres.new_database()
    push(index, Address.parse(address))
    with PostgresReader.open(address) as reader:
        yield reader


@settings(max_examples=200, deadline=None)
@given(expression=EXPRESSIONS)
def test_it_chooses_what_plain_python_chooses(
    pushed: PostgresReader, expression: Expression
) -> None:
    wanted = [n for n, photo in ALL_FACTS.items() if true_of(expression, photo)]
    found = pushed.matching(expression)
    assert found.ids is not None
    assert found.ids.tolist() == wanted
    assert len(found) == len(wanted)


@settings(max_examples=50, deadline=None)
@given(expression=EXPRESSIONS, k=st.integers(0, COUNT), seed=st.integers(0, 9))
@pytest.mark.parametrize("few", [1, 12_000])  # as a condition of the search, or as ids
def test_to_search_within_is_to_search_and_then_choose(
    pushed: PostgresReader, index: Index, expression: Expression, k: int, seed: int, few: int
) -> None:
    query = np.random.default_rng(seed).integers(-2, 3, DIM).astype(np.float32)
    ids, scores = index.search(query, COUNT)
    kept = np.isin(ids, index.matching(expression))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(allowed_photos, "FEW", few)
        found, their = pushed.search(query, k, within=pushed.matching(expression))
    assert found.tolist() == ids[kept][:k].tolist()
    assert their.tolist() == scores[kept][:k].tolist()


def test_no_part_is_true_of_all_or_of_none(pushed: PostgresReader) -> None:
    assert len(pushed.matching(AllOf(()))) == COUNT
    assert len(pushed.matching(AnyOf(()))) == 0


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE images; --", '" OR 1 = 1', "\x00", "\ud800", "é" * 5000, "%s" * 5000]
)
def test_hostile_values_are_values(pushed: PostgresReader, value: str) -> None:
    for field in ("camera", "path", "name", "suffix", "category", "caption"):
        assert len(pushed.matching(Condition(field, "=", value))) == 0
        pushed.matching(Condition(field, "~", value))
    assert len(pushed) == COUNT
