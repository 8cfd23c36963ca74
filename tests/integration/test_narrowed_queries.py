"""Filters, words and near-duplicates through a search, with a model that knows four colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indexer import build_index
from search import SearchIndex, SearchRequest, Term, open_index
from search.cli import search_main
from search.models import loading
from search.query.request import SearchOptions
from search.ranking.rank_fusion import fused
from search.result import SearchResult
from store import QueryError
from tests.integration.colours import COLOURS, ColourModel, paint


def scatter(path: Path, seed: int, side_px: int) -> None:
    """Write a photo of 16 x 16 red and grey squares, the same for a seed at any size."""
    chosen = np.random.default_rng(seed).integers(2, size=(16, 16))
    colours = np.array([COLOURS["red"], COLOURS["grey"]], np.uint8)
    Image.fromarray(colours[chosen]).resize((side_px, side_px), Image.Resampling.NEAREST).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    scatter(photos / "plain.png", 1, 96)
    scatter(photos / "copy.png", 1, 192)
    scatter(photos / "other.png", 2, 96)
    paint(photos / "sofa.png", "red", "blue")
    paint(photos / "grandma.png", "grey", "green")
    build_index(tmp_path / "index", [photos], ColourModel())
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[SearchIndex]:
    with open_index(folder, model=ColourModel()) as opened:
        yield opened


def names(result: SearchResult) -> list[str]:
    return [hit.path.stem for hit in result]


def test_a_filter_chooses_before_anything_is_ranked(index: SearchIndex) -> None:
    result = index.search("red", k=1, candidates=1, where="name ~ sofa")
    assert names(result) == ["sofa"]
    assert result.took_ms["filter"] > 0
    assert names(index.search("red", where="width > 100")) == ["copy"]


def test_a_filter_that_lets_nothing_through_is_said(index: SearchIndex) -> None:
    result = index.search("red", where="width > 10000")
    assert (list(result), result.reranked) == ([], 0)
    assert result.notes == ("no photo passes the filter: width > 10000; width: 32 to 192",)


def test_a_filter_that_is_none_is_refused(index: SearchIndex) -> None:
    with pytest.raises(QueryError, match="colum"):
        index.search("red", where="width >")


def test_words_of_file_names_count_unless_they_are_not_to(index: SearchIndex) -> None:
    plain = index.search("a red thing of grandma", k=2, words=False)
    assert "grandma" not in names(plain)
    mixed = index.search("a red thing of grandma", k=2)
    assert names(mixed)[0] == "grandma"
    assert mixed[0].score > mixed[1].score
    # what words find is a candidate, however far its vector is
    found = index.search("red grandma", k=1, candidates=1)
    assert names(found) == ["grandma"]
    assert found[0].reranked


def test_a_search_asks_for_words_once_and_reads_each_vector_once(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader: Any = index._index
    calls: list[tuple[str, list[Any]]] = []

    def counted(name: str) -> None:
        method = getattr(reader, name)

        def call(first: Any, *others: Any) -> Any:
            calls.append((name, [first] if isinstance(first, str) else list(first)))
            return method(first, *others)

        monkeypatch.setattr(reader, name, call)

    for name in ("search_texts", "vectors", "nodes"):
        counted(name)
    assert len(index.search("red grandma", fold_duplicates=True)) > 1
    # Once for the words, and once for other words that say the same or a kind of it.
    words, *others = [texts for name, texts in calls if name == "search_texts"]
    assert words == ["red grandma"]
    assert len(others) == 1
    assert not {"red", "grandma"} & set(others[0][0].split())
    for name in ("vectors", "nodes"):
        ids = [image_id for called, some in calls if called == name for image_id in some]
        assert sorted(ids) == [1, 2, 3, 4, 5]


def test_words_that_nobody_has_leave_all_as_it_is(index: SearchIndex) -> None:
    assert index.search("red", words=False) == index.search("red")
    mixed, plain = index.search("red", hybrid=True), index.search("red")
    assert names(mixed) == names(plain)
    assert [hit.probability for hit in mixed] == [hit.probability for hit in plain]
    assert [hit.score for hit in mixed] == [1 / (60 + hit.rank) for hit in plain]


@pytest.mark.parametrize("rerank", [True, False])
@pytest.mark.parametrize(
    "text", ["red grandma", "red grandma without blue", "grandma without a sofa"]
)
def test_a_hybrid_search_fuses_the_ranks_of_pictures_and_of_words(
    index: SearchIndex, text: str, rerank: bool
) -> None:
    pictures = index.search(text, words=False, rerank=rerank)
    worded = [hit.image_id for hit in pictures if hit.path.stem == "grandma"]
    ids, scores = fused([[hit.image_id for hit in pictures], worded])
    mixed = index.search(text, hybrid=True, rerank=rerank)
    assert [hit.image_id for hit in mixed] == ids.tolist()
    assert [hit.score for hit in mixed] == scores.tolist()
    # Only what both rankings have can be above what one of them gives at most.
    assert {hit.image_id for hit in mixed if hit.score > 1 / 61} == set(worded)
    likely = {hit.image_id: hit.probability for hit in index.search(text, rerank=rerank)}
    assert sum(likely.values()) == pytest.approx(sum(hit.probability for hit in mixed))


def test_a_hybrid_search_takes_every_photo_that_words_find(folder: Path) -> None:
    photos = folder.parent / "many"
    photos.mkdir()
    for number in range(12):
        paint(photos / f"picnic {number}.png", "grey", "green")
    build_index(folder, [photos], ColourModel())
    with open_index(folder, model=ColourModel()) as index:
        plain = index.search("red picnic", 3, candidates=3)
        mixed = index.search("red picnic", 20, candidates=3, hybrid=True)
    assert len(plain) == 3
    assert sum(hit.score > 1 / 61 for hit in mixed) == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"words": False}, "also ranks by words"),
        ({"explain": True}, "a hybrid score is made of ranks"),
    ],
)
def test_a_hybrid_search_that_cannot_be_is_refused(
    index: SearchIndex, options: SearchOptions, said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        index.search("red", hybrid=True, **options)


@pytest.mark.parametrize(
    ("caption", "asked"),
    [
        ("赤い壁と犬", "犬"),
        ("一只狗在沙发上", "沙发"),
        ("แมวสีแดงบนโซฟา", "แมว"),
        ("빨간 소파 위의 강아지", "강아지"),
        ("a red wall", "wall"),
    ],
)
def test_a_part_of_what_is_written_without_blanks_has_a_rank(
    folder: Path, caption: str, asked: str
) -> None:
    said = folder.parent / "captions.json"
    said.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "other.png"}],
                "annotations": [{"image_id": 1, "caption": caption}],
            }
        ),
        "utf-8",
    )
    build_index(folder, [folder.parent / "photos"], ColourModel(), annotations=[said])
    with open_index(folder, model=ColourModel()) as index:
        best = index.search(asked, hybrid=True)[0]
    assert (best.path.stem, best.captions) == ("other", (caption,))
    assert best.score > 1 / 61


def test_near_duplicates_stand_behind_the_best_of_them(index: SearchIndex) -> None:
    result = index.search("red", k=3, fold_duplicates=True)
    groups = [{hit.path.stem, *(each.path.stem for each in hit.duplicates)} for hit in result]
    assert {"plain", "copy"} in groups
    assert {"other"} in groups
    assert [hit.rank for hit in result] == [1, 2, 3]
    assert {each.rank for hit in result for each in hit.duplicates} <= {1, 2, 3}
    assert all(not hit.duplicates for hit in index.search("red", k=3))


@pytest.mark.parametrize("rerank", [True, False])
@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("text", ["red", "red without blue", '"red" - "blue" + "grey"', "no blue"])
def test_where_nothing_is_let_through_nothing_is_found(
    index: SearchIndex, text: str, words: bool, rerank: bool
) -> None:
    found = index.search(text, where="width > 10000", words=words, rerank=rerank)
    assert list(found) == []
    assert found.notes[0].startswith("no photo passes the filter: width > 10000; ")


def test_a_photo_has_no_duplicates_where_it_was_left_out(index: SearchIndex) -> None:
    plain = next(hit for hit in index.search("red") if hit.path.stem == "plain")
    like = index.search(SearchRequest((Term(image_id=plain.image_id),), fold_duplicates=True))
    assert "plain" not in [*names(like), *(d.path.stem for hit in like for d in hit.duplicates)]


def test_options_of_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_INDEX", str(folder))
    assert search_main(["red", "--where", "name ~ sofa", "--paths"]) == 0
    assert capsys.readouterr().out.endswith("sofa.png\n")
    assert search_main(["red", "--where", "width > 10000"]) == 0
    assert capsys.readouterr() == (
        "",
        "no photo passes the filter: width > 10000; width: 32 to 192\n",
    )
    assert search_main(["red", "--where", "wide"]) == 2
    assert search_main(["red grandma", "-k", "1", "--paths"]) == 0
    assert "grandma.png" in capsys.readouterr().out
    assert search_main(["red", "--fold-duplicates", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(hit["duplicates"]) for hit in found if "plain" in json.dumps(hit)] == [1]
    assert search_main(["red", "--fold-duplicates"]) == 0
    assert "nearly the same)" in capsys.readouterr().out
