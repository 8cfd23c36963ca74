from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from search.query.request import SearchRequest
from search.query.term import Term
from search.ranking.term_reader import PEOPLE_AS_SAID, TermReader

BACKGROUND = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32) * [0.1, 0.5, 1]


class Model:
    """Embeds all texts on the first axis, whose scores have the smallest spread."""

    def __init__(self, *, is_untrained: bool) -> None:
        self.is_untrained = is_untrained
        self.texts: list[str] = []

    def embed_queries(self, texts: list[str]) -> SimpleNamespace:
        self.texts += texts
        return SimpleNamespace(vectors=np.array([[1, 0, 0]] * len(texts), np.float32))


def reader(model: Model, photos: int = 50) -> TermReader:
    index: Any = SimpleNamespace(
        model=SimpleNamespace(unit_dim=3, dim=3),
        vectors=lambda _: np.array([[0, 0, 1]], np.float32),
        background=lambda: SimpleNamespace(vectors=BACKGROUND[:photos].astype(np.float32)),
    )
    return TermReader(index, model, None)  # type: ignore[arg-type]


BOTH = SearchRequest((Term("a dog"), Term(image_id=7)))


def test_photos_spread_scores_as_far_as_texts_do() -> None:
    text, photo = reader(Model(is_untrained=True)).mixture(BOTH).wanted
    assert text.vector.tolist() == [1, 0, 0]
    assert (BACKGROUND @ photo.vector).std() == pytest.approx((BACKGROUND @ text.vector).std())


def test_a_trained_model_and_a_few_photos_are_left_alone() -> None:
    for found in (reader(Model(is_untrained=False)), reader(Model(is_untrained=True), photos=3)):
        assert found.mixture(BOTH).wanted[1].vector.tolist() == [0, 0, 1]


def test_what_is_not_wanted_is_read_as_it_is() -> None:
    for is_untrained, read in ((True, "people"), (False, PEOPLE_AS_SAID)):
        model = Model(is_untrained=is_untrained)
        reader(model).mixture(SearchRequest((Term("a beach"),), (Term("people"),)))
        assert model.texts == ["a beach", read]
