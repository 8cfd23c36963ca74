"""Two indexes searched as one: the answers of one index of all, and what is left without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer import build_index
from search import SearchIndex, open_index
from store import Index, IndexUnavailable, ModelMismatch, QueryError
from store.federation.ids import STRIDE
from tests.integration.colours import ColourModel, paint

STRIPES = [
    ("red", "red", "blue"),
    ("red", "red"),
    ("blue", "green"),
    ("grey", "grey"),
    ("red", "red"),
    ("red", "green"),
    ("blue", "blue", "red"),
    ("green", "grey"),
]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """Indexes `a` and `b` of four photos each, and `all` of both."""
    folders = []
    for name, stripes in (("a", STRIPES[:4]), ("b", STRIPES[4:])):
        folder = tmp_path / f"photos-{name}"
        folder.mkdir()
        for number, colours in enumerate(stripes):
            paint(folder / f"{name}{number}.png", *colours)
        folders.append(folder)
        build_index(tmp_path / name, [folder], ColourModel())
    build_index(tmp_path / "all", folders, ColourModel())
    for name in ("a", "b", "all"):
        with Index.open(tmp_path / name) as index:
            captions = {
                image_id: [Path(file.path).stem] for image_id, file in index.files().items()
            }
            index.put_captions(captions, origin="test")
    return {name: tmp_path / name for name in ("a", "b", "all")}


def opened(*places: Path) -> SearchIndex:
    return open_index(list(places), model=ColourModel(), seconds=2)  # type: ignore[arg-type]


@pytest.fixture
def both(places: dict[str, Path]) -> Iterator[SearchIndex]:
    with opened(places["a"], places["b"]) as index:
        yield index


@pytest.fixture
def whole(places: dict[str, Path]) -> Iterator[SearchIndex]:
    with open_index(places["all"], model=ColourModel()) as index:  # type: ignore[arg-type]
        yield index


def told(hits: Any) -> list[tuple[Any, ...]]:
    """Return all of hits but their ids."""
    return [
        (
            hit.path.name,
            hit.score,
            hit.probability,
            hit.reranked,
            hit.captions,
            hit.explanation,
            told(hit.duplicates),
        )
        for hit in hits
    ]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("something red", {}),
        ("something red", {"k": 3, "candidates": 3}),
        ("red", {"rerank": False}),
        ('"red" + "2:blue" - "green"', {}),
        ("- red", {}),
        ("red", {"where": "width > 32 or id in (2, 4)"}),
        ("red", {"where": "width > 9000"}),
        ("red", {"fold_duplicates": True}),
        ("red", {"explain": True}),
        ("red", {"min_probability": 0.9}),
    ],
)
def test_two_answer_as_one_index_of_all(
    both: SearchIndex, whole: SearchIndex, query: str, options: dict[str, Any]
) -> None:
    found = both.search(query, **options)
    assert told(found) == told(whole.search(query, **options))
    assert (found.degraded, found.missing) == (False, ())
    (again,) = both.search_many([query], **options)
    assert told(again) == told(found)


def test_photos_of_either_are_asked_with_and_looked_up(
    both: SearchIndex, whole: SearchIndex, places: dict[str, Path]
) -> None:
    from search import SearchRequest, Term

    hits = both.search(SearchRequest((Term(image_id=STRIDE + 1),)))
    assert STRIDE + 1 not in [hit.image_id for hit in hits]
    assert told(hits) == told(whole.search(SearchRequest((Term(image_id=5),))))
    photo = places["b"].with_name("photos-b") / "b1.png"
    assert told(both.search(photo)) == told(whole.search(photo))
    assert [each.relative_path for each in both.photos([STRIDE + 1, 2])] == ["b0.png", "a1.png"]
    assert len(both) == 8
    with pytest.raises(QueryError, match="no photo 99"):
        both.search(SearchRequest((Term(image_id=99),)))


def test_words_of_both_are_found(both: SearchIndex) -> None:
    best = both.search("b3", hybrid=True, k=1)
    assert [hit.path.name for hit in best] == ["b3.png"]


@pytest.mark.parametrize("k", [1, 3, 8, 20])
def test_a_photo_that_lies_in_both_is_one_hit(
    whole: SearchIndex, places: dict[str, Path], k: int
) -> None:
    with opened(places["a"], places["all"]) as index:
        assert told(index.search("red", k)) == told(whole.search("red", k))
        for options in ({"fold_duplicates": True}, {"words": False}):
            hits = index.search("red", k, **options)  # type: ignore[arg-type]
            shown = [each.path for hit in hits for each in (hit, *hit.duplicates)]
            assert len(set(shown)) == len(shown)
            assert hits[0].image_id < STRIDE  # which is the first index's


def test_what_is_left_is_right_and_marked(both: SearchIndex, places: dict[str, Path]) -> None:
    with open_index(places["a"], model=ColourModel()) as alone:  # type: ignore[arg-type]
        expected = told(alone.search("red"))
    places["b"].rename(places["b"].with_name("away"))
    found = both.search("red")
    assert told(found) == expected
    assert found.degraded
    assert [each.index for each in found.missing] == [str(places["b"])]
    record = found.to_dict()
    assert record["degraded"] is True
    assert record["missing"][0]["index"] == str(places["b"])
    assert found.notes[0].startswith(f"degraded: answered without {places['b']}: ")
    (again,) = both.search_many(["red"])
    assert again.degraded
    places["a"].rename(places["a"].with_name("away-too"))
    with pytest.raises(IndexUnavailable, match="none of 2 indexes can be read"):
        both.search("red")


def test_several_are_only_read(both: SearchIndex) -> None:
    with pytest.raises(Exception, match="is read-only"):
        both.remove([1])


def test_the_model_at_hand_must_be_theirs(places: dict[str, Path], tmp_path: Path) -> None:
    other = ColourModel("other")
    with pytest.raises(ModelMismatch, match="give that model with --checkpoint"):
        open_index([places["a"], places["b"]], model=other)  # type: ignore[arg-type]
    build_index(tmp_path / "c", [tmp_path / "photos-a"], other)
    with pytest.raises(ModelMismatch, match="only if one model made them"):
        opened(places["a"], tmp_path / "c")


def test_the_command_line_says_what_is_missing(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from search.cli import search_main

    monkeypatch.setattr(
        "search.engine.open_index.models_of", lambda *_, **__: (ColourModel(), ColourModel())
    )
    asked = ["red", "--index", str(places["a"]), "--index", str(places["b"]), "--json"]
    assert search_main(asked) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (8, "")
    places["b"].rename(places["b"].with_name("away"))
    assert search_main(asked) == 0
    out, err = capsys.readouterr()
    assert [Path(json.loads(line)["path"]).name[0] for line in out.splitlines()] == ["a"] * 4
    (line,) = err.splitlines()
    assert line.startswith(f"degraded: answered without {places['b']}: ")
    places["a"].rename(places["a"].with_name("away-too"))
    assert search_main(asked) == 1
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "none of 2 indexes can be read" in err


def test_a_database_beside_several_is_given_as_one_of_them(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    from search.cli import search_main

    asked = ["red", "--index", str(places["a"]), "--index", str(places["b"])]
    assert search_main([*asked, "--vectors", "postgresql://db/photos"]) == 2
    assert "name databases by --index alone" in capsys.readouterr().err
