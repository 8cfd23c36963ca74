"""Searching a real index (SQLite, FAISS) with a model that knows four colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import build_index
from search import SearchIndex, SearchRequest, Term, open_index
from search.ranking import stopwatch
from search.result import STAGES
from store import IndexDamaged, IndexNotFound, ModelMismatch, QueryError
from tests.integration.colours import ColourModel, paint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    paint(photos / "a.png", "red", "red", "red", "blue")
    paint(photos / "b.png", "red", "red")
    paint(photos / "c.png", "blue", "green")
    paint(photos / "d.png", "grey", "grey")
    paint(photos / "e.png", "red", "red")
    build_index(tmp_path / "index", [photos], ColourModel())
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[SearchIndex]:
    with open_index(folder, model=ColourModel()) as opened:
        yield opened


def names(hits: list) -> list[str]:
    return [hit.path.name for hit in hits]


def test_best_first_and_ties_by_id(index: SearchIndex) -> None:
    hits = index.search("something red", k=3)
    assert names(hits) == ["b.png", "e.png", "a.png"]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[0].score == hits[1].score == 2.0
    assert hits[0].image_id < hits[1].image_id
    assert hits[2].score == pytest.approx(1.5)
    assert all(hit.path.is_absolute() for hit in hits)


def test_k_above_the_collection_gives_all(index: SearchIndex) -> None:
    assert len(index) == 5
    assert len(index.search("red", k=1000)) == 5


def test_top_k_begins_top_k_plus_one(index: SearchIndex) -> None:
    hits = index.search("red", k=5)
    for k in range(1, 5):
        assert index.search("red", k=k) == hits[:k]


def test_reranking_reorders_the_candidates_and_no_others(folder: Path) -> None:
    with open_index(folder, model=ColourModel(contrary=True)) as index:
        # the three reddest are the candidates; contrary as it is, the least red of them is first
        assert names(index.search("red", k=3, candidates=3)) == ["a.png", "b.png", "e.png"]
        assert names(index.search("red", k=3, rerank=False)) == ["b.png", "e.png", "a.png"]


def test_at_least_k_candidates_are_reranked(folder: Path) -> None:
    model = ColourModel()
    with open_index(folder, model=model) as index:
        assert len(index.search("red", k=4, candidates=2)) == 4
    assert model.asked == [4]


def test_first_stage_has_its_own_scores_and_probabilities(index: SearchIndex) -> None:
    best = index.search("red", k=1, rerank=False)[0]
    assert (best.score, best.probability) == (1.0, 1.0)
    assert index.search("red", k=1)[0].probability > 0.99


def test_hits_are_explained_when_asked_and_only_then(index: SearchIndex) -> None:
    plain, explained = (
        index.search("red or blue", k=2),
        index.search("red or blue", 2, explain=True),
    )
    assert [hit.explanation for hit in plain] == [None, None]
    assert [replace(hit, explanation=None) for hit in explained] == plain
    for hit in explained:
        assert hit.explanation is not None
        assert [word.word for word in hit.explanation.words] == ["red", "blue"]
        added = sum(word.added for word in hit.explanation.words)
        assert added + hit.explanation.rest == pytest.approx(hit.score)
        assert hit.explanation.words[0].regions[0].box == (0, 0, 1, 1)


def test_the_first_stage_is_not_explained(index: SearchIndex) -> None:
    with pytest.raises(QueryError, match="only a re-ranked score"):
        index.search("red", rerank=False, explain=True)


def test_hits_below_the_least_probability_are_left_out(index: SearchIndex) -> None:
    hits = index.search("red", k=5)
    least = hits[2].probability
    assert hits[3].probability < least
    assert index.search("red", k=5, min_probability=least) == hits[:3]
    assert index.search("green", k=5, min_probability=1.0, explain=True) == []
    assert index.search("red", k=5, rerank=False, min_probability=0.75)[-1].path.name == "a.png"


@pytest.mark.parametrize("least", [-0.1, 1.1, float("nan")])
def test_a_least_probability_is_one(index: SearchIndex, least: float) -> None:
    with pytest.raises(QueryError, match="expected 0 to 1"):
        index.search("red", min_probability=least)


def test_captions_and_categories_come_with_the_hit(tmp_path: Path, folder: Path) -> None:
    import json

    images = [{"id": 7, "file_name": "d.png"}]
    notes, things = tmp_path / "captions.json", tmp_path / "instances.json"
    captions = [{"id": n, "image_id": 7, "caption": text} for n, text in enumerate(("A .", "B ."))]
    notes.write_text(json.dumps({"images": images, "annotations": captions}), encoding="utf-8")
    kinds = [{"id": 1, "name": "zebra"}, {"id": 2, "name": "cloud"}]
    boxes = [{"id": n, "image_id": 7, "category_id": n} for n in (1, 2)]
    things.write_text(
        json.dumps({"images": images, "annotations": boxes, "categories": kinds}), encoding="utf-8"
    )
    photos = tmp_path / "photos"
    build_index(folder, [photos], ColourModel(), annotations=[notes, things])
    with open_index(folder, model=ColourModel()) as index:
        hit = index.search("grey", k=1)[0]
    assert hit.captions == ("A .", "B .")
    assert hit.categories == ("cloud", "zebra")


@pytest.mark.parametrize("query", ["", "  \t\n", "\u2003"])
def test_an_empty_query_is_refused(index: SearchIndex, query: str) -> None:
    with pytest.raises(QueryError, match="query is empty"):
        index.search(query)


@pytest.mark.parametrize(("k", "candidates"), [(0, 50), (-1, 50), (5, 0)])
def test_numbers_below_one_are_refused(index: SearchIndex, k: int, candidates: int) -> None:
    with pytest.raises(QueryError, match="expected at least 1"):
        index.search("red", k=k, candidates=candidates)


def test_long_and_odd_queries_are_answered(index: SearchIndex) -> None:
    assert names(index.search("red " * 10_000, k=1)) == ["b.png"]
    assert index.search("red \udcff \x00", k=1)[0].rank == 1  # bytes that a shell could hand over


def test_another_model_is_refused_in_one_line(folder: Path) -> None:
    with pytest.raises(ModelMismatch, match="made with model colours") as caught:
        open_index(folder, model=ColourModel(fingerprint="0the4"))
    message = str(caught.value)
    assert "\n" not in message
    assert "0the4" in message
    assert "crossgraph reembed" in message


def test_a_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="nowhere"):
        open_index(tmp_path / "nowhere", model=ColourModel())


def test_a_catalog_that_is_none(folder: Path) -> None:
    (folder / "catalog.db").write_bytes(b"no database" * 500)
    with pytest.raises(IndexDamaged, match=r"catalog\.db"), open_index(folder, model=ColourModel()):
        pass


def test_an_emptied_index_has_no_hits(tmp_path: Path, folder: Path) -> None:
    from store import Index

    with Index.create(tmp_path / "bare", "c0104a5", 4, model="colours", encoders="none"):
        pass
    with open_index(tmp_path / "bare", model=ColourModel()) as index:
        assert index.search("red") == []


def test_stages_are_timed(index: SearchIndex) -> None:
    took = index.search("red", explain=True).took_ms
    assert list(took) == [*STAGES, "total"]
    assert took["total"] >= sum(took[stage] for stage in STAGES)
    assert took["rerank"] > 0
    assert index.search("red", rerank=False).took_ms["rerank"] == 0


def test_a_spent_budget_leaves_the_rest_in_first_stage_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopwatch, "BLOCK", 2)
    with open_index(folder, model=ColourModel(contrary=True)) as index:
        result = index.search("red", budget_ms=1e-6, explain=True)
        plain = index.search("red", budget_ms=1e6)
    # the two reddest in reverse order of their ids would be equal; what follows is less red
    assert names(result[:3]) == ["b.png", "e.png", "a.png"]
    assert [hit.reranked for hit in result] == [True, True, False, False, False]
    assert [hit.explanation is not None for hit in result] == [hit.reranked for hit in result]
    assert result.reranked == 2
    assert result.notes == (
        "the budget of 1e-06 ms was spent after 2 of 5 candidates",
        "nothing here matches: the best probability is <1%",
    )
    assert sorted((hit.score for hit in result), reverse=True) == [hit.score for hit in result]
    assert plain.reranked == 5
    assert plain.notes == ("nothing here matches: the best probability is 11%",)


def test_a_request_holds_everything(index: SearchIndex) -> None:
    request = SearchRequest((Term("red"),), k=2)
    assert index.search(request) == index.search("red", k=2)
    with pytest.raises(TypeError, match="leave them out"):
        index.search(request, k=3)
