"""What is shown of hits: groups, numbers that fall with the ranks, and that nothing matches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from fusion.runtime.known_words import KnownWords
from indexer import build_index
from search import SearchIndex, open_index
from search.ranking import stopwatch
from search.result import MAYBE, HitGroup, SearchResult, match_percent
from tests.integration.colours import COLOURS, ColourModel, paint

QUERIES = (
    "red", "red without blue", "no red", '"red" + "blue"', '"red" - "2:blue"',
    '"red" + "3:grey" - "blue"', "red blue green grey", "blue without grey or red",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    paint(photos / "a.png", "red", "red", "blue", "blue")
    paint(photos / "b.png", "red", "red", "green", "green")
    paint(photos / "c.png", "blue", "green")
    paint(photos / "d.png", "grey", "grey")
    paint(photos / "e.png", "red", "red", "red", "grey")
    build_index(tmp_path / "index", [photos], ColourModel())
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[SearchIndex]:
    with open_index(folder, model=ColourModel()) as opened:
        yield opened


def assert_falls(result: SearchResult) -> None:
    likely = [hit.probability for hit in result]
    assert all(one >= other for one, other in pairwise(likely))
    assert all(0 <= each <= 1 for each in likely)
    groups = [group for group, _ in groupby(result, lambda hit: hit.group)]
    assert groups == sorted(set(groups), key=list(HitGroup).index)
    assert [hit.rank for hit in result] == list(range(1, len(result) + 1))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("rerank", [False, True])
def test_probabilities_fall_with_the_ranks(
    index: SearchIndex, query: str, words: bool, rerank: bool
) -> None:
    for folded in (False, True):
        assert_falls(index.search(query, words=words, rerank=rerank, fold_duplicates=folded))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("contrary", [False, True])
def test_they_fall_where_a_budget_was_spent(
    folder: Path, monkeypatch: pytest.MonkeyPatch, query: str, contrary: bool
) -> None:
    monkeypatch.setattr(stopwatch, "BLOCK", 2)
    with open_index(folder, model=ColourModel(contrary=contrary)) as index:
        result = index.search(query, budget_ms=1e-6)
        assert 0 < result.reranked < len(result)
        assert_falls(result)


def test_of_photos_they_fall_too(index: SearchIndex) -> None:
    like = index.search("red", k=1)[0].path
    assert_falls(index.search(like))


def test_where_nothing_matches_the_answer_says_so(index: SearchIndex) -> None:
    result = index.search("a purple thing")
    assert {hit.group for hit in result} == {HitGroup.other}
    assert result.notes == (
        f"nothing here matches: the best probability is {match_percent(result[0].probability)}",
    )
    assert index.search("red").notes == ()
    assert index.search("a purple thing", min_probability=0.9).notes == ()


def test_a_query_without_a_known_word_has_no_match(folder: Path) -> None:
    known = KnownWords(COLOURS)
    with open_index(folder, model=ColourModel(known_words=known)) as index:
        right, wrong = index.search("red"), index.search("赤い車")
        both, some = index.search('"赤い車" - "blue"'), index.search("red 赤い車")
        misspelt = index.search("redd", min_probability=MAYBE)
    assert right[0].group is HitGroup.good
    for result in (wrong, both):
        assert {hit.group for hit in result} == {HitGroup.other}
        first, second = result.notes
        assert first.startswith("crossgraph knows no word of “赤い車”")
        assert second.startswith("nothing here matches: ")
    assert some.notes == ("crossgraph does not know “赤い車”: it reads English",)
    assert some[0].group is HitGroup.good
    assert list(misspelt) == []
    assert "did you mean “red”?" in misspelt.notes[0]
