"""Sums of texts and photos over a real index, with a model that knows four colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import build_index
from search import SearchIndex, SearchRequest, Term, open_index
from search.cli import search_main
from search.models import loading
from search.result import SearchResult
from store import QueryError
from tests.integration.colours import ColourModel, paint


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


def names(result: SearchResult) -> str:
    return "".join(hit.path.stem for hit in result)


def test_without_keeps_things_out(index: SearchIndex) -> None:
    assert names(index.search("red or blue", k=1)) == "a"
    assert names(index.search("red without blue", k=2)) == "eb"
    assert names(index.search("red without blue", k=2, rerank=False)) == "eb"
    assert index.search('"red" - "1.5:blue"') == index.search("red without blue")
    assert index.search("red without blue", literal=True) == index.search("red blue")


def test_more_candidates_than_hits_are_looked_at_for_what_is_not_wanted(index: SearchIndex) -> None:
    assert names(index.search("red without grey", k=1, candidates=1)) in ("a", "b")


def test_sums_are_weighted(index: SearchIndex) -> None:
    assert names(index.search('"red" + "blue"', k=1)) == "a"
    assert names(index.search('"blue" + "3:grey"', k=1)) == "d"
    plain, doubled = index.search("red", k=1)[0], index.search('"2:red"', k=1)[0]
    assert doubled.score == pytest.approx(2 * plain.score)
    assert doubled.probability == pytest.approx(plain.probability)


def test_nothing_but_what_is_not_wanted(index: SearchIndex) -> None:
    result = index.search("no red")
    assert set(names(result)[:2]) == {"c", "d"}
    assert result[0].probability > 0.8 > result[-1].probability


def test_a_photo_of_the_index_is_not_its_own_answer(index: SearchIndex) -> None:
    whole = index.search("grey", k=5)
    grey = whole[0].image_id
    like = index.search(SearchRequest((Term(image_id=grey),), k=2))
    assert names(like)[0] == "e"
    assert grey not in [hit.image_id for hit in like]
    assert [hit.reranked for hit in like] == [False, False]
    assert like.notes == (
        "the query has no text, so cosines of photos are shown in place of probabilities",
    )


def test_a_file_of_the_index_needs_no_photo_model(folder: Path, tmp_path: Path) -> None:
    class Blind(ColourModel):
        embed_images = None  # type: ignore[assignment]

    copy = tmp_path / "copy.png"
    copy.write_bytes((tmp_path / "photos" / "d.png").read_bytes())
    with open_index(folder, model=Blind()) as index:
        assert names(index.search(copy, k=1)) == "d"
        assert names(index.search(SearchRequest((Term(image=copy.read_bytes()),), k=1))) == "d"


def test_a_photo_that_is_new_is_read(index: SearchIndex, tmp_path: Path) -> None:
    new = paint(tmp_path / "new.png", "green", "blue", "blue")
    assert names(index.search(new, k=1)) == "c"
    mixed = SearchRequest((Term(image=new, weight=2), Term("red")), k=1)
    assert names(index.search(mixed)) == "a"


def test_what_is_no_photo_is_told(index: SearchIndex, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no photo")
    with pytest.raises(QueryError, match=r"broken\.png of the query cannot be read: "):
        index.search(broken)
    with pytest.raises(QueryError, match=r"nowhere\.png of the query: No such file"):
        index.search(tmp_path / "nowhere.png")
    with pytest.raises(QueryError, match="the index has no photo 99"):
        index.search(SearchRequest((Term(image_id=99),)))
    with pytest.raises(QueryError, match="has only photos"):
        SearchRequest((Term(image_id=1),), explain=True)


def test_explanations_sum_to_the_score(index: SearchIndex) -> None:
    grey = index.search("grey")[0].image_id
    asked = SearchRequest(
        (Term("red", weight=2), Term(image_id=grey)), (Term("blue"),), explain=True
    )
    for hit in index.search(asked):
        assert hit.explanation is not None
        words = hit.explanation.words
        assert [word.word for word in words] == ["red", f"photo {grey}", 'not "blue"']
        assert sum(word.added for word in words) + hit.explanation.rest == pytest.approx(hit.score)
        assert words[2].regions


def test_options_of_the_command(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_INDEX", str(folder))

    def best(*arguments: str) -> str:
        assert search_main([*arguments, "-k", "1", "--json"]) == 0
        return Path(json.loads(capsys.readouterr().out)["path"]).stem

    new = str(paint(tmp_path / "new.png", "green", "blue", "blue"))
    assert best(new) == "c"
    assert best("red", "--add", "blue") == "a"
    assert best("red", "--minus", "3:grey", "--minus", new) == "b"
    assert best("--like", "4") == "e"
    assert best("red without blue") == "e"
    assert best("red without blue", "--literal") == "a"


def test_a_spent_budget_is_said_on_stderr(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setattr("search.ranking.stopwatch.BLOCK", 2)
    monkeypatch.setenv("CROSSGRAPH_INDEX", str(folder))
    assert search_main(["red", "--json", "--budget-ms", "0.001"]) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["reranked"] for line in out.splitlines()] == [True] * 2 + [False] * 3
    assert err == "the budget of 0.001 ms was spent after 2 of 5 candidates\n"
    assert search_main(["red", "--budget-ms", "0"]) == 2
    assert "budget is 0 ms" in capsys.readouterr().err
