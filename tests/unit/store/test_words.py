"""Search by words of captions and file names: the results and their order, after all changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Index, PhotoFile, QuarantinedFile
from store.catalog.full_text import match_query
from store.columns.documents import file_words
from store.integrity.verify import verify

NAMES = ["rome/old-bridge_12.jpg", "dog2.jpg", "IMG_0042.jpg", "café.png"]
CAPTIONS = {2: ["A dog runs", "two dogs on a sofa"], 3: ["The old sofa", "a cat"], 4: ["a dog"]}


def photo(name: str) -> PhotoFile:
    return PhotoFile(f"/photos/{name}", "/photos", 1, 2, "00", 3, 4)


def fill(folder: Path) -> Index:
    index = Index.create(folder, "f1", 2)
    count = len(NAMES)
    vectors, nodes = np.ones((count, 2), np.float32), np.ones((count, 1, 1), np.float16)
    assert index.put_images([photo(name) for name in NAMES], vectors, nodes) == [1, 2, 3, 4]
    index.put_captions(CAPTIONS, origin="captions.json")
    return index


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return fill(tmp_path / "index")


def found(index: Index, words: str) -> list[int]:
    assert verify(index.folder).problems == ()
    return sorted(index.search_texts(words, 9)[0].tolist())


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("dog", [2, 4]),
        ("DOGS!", [2, 4]),
        ("running", [2]),
        ("bridge", [1]),
        ("Rome", [1]),
        ("cafe", [4]),
        ("CAFÉ", [4]),
        ("img", [3]),
        ("jpg", []),
        ("0042", [3]),
        ("IMG_0042", [3]),
        ("dog2", [2]),
        ("sofa OR NOT cat*", [2, 3]),
        ('"a" NEAR(dog, 3) -- name : x', [2, 4]),
        ("'; DROP TABLE words; --", []),
        ("", []),
        ("?!", []),
        ("the", [3]),
        ("the cat", [3]),
    ],
)
def test_words_find_photos(index: Index, words: str, ids: list[int]) -> None:
    assert found(index, words) == ids


def test_the_best_comes_first_and_equal_ones_by_id(index: Index) -> None:
    _, scores = index.search_texts("dog sofa", 9)
    assert (np.diff(scores) <= 0).all() and (scores > 0).all()
    index.put_captions({4: ["same words"], 3: ["same words"]}, origin="captions.json")
    index.update_files({4: photo("4.jpg"), 3: photo("3.jpg")})
    assert index.search_texts("same", 9)[0].tolist() == [3, 4]
    assert index.search_texts("same", 1)[0].tolist() == [3]


def test_the_first_k_of_more_are_the_k(index: Index) -> None:
    ids, scores = index.search_texts("old dog sofa", 9)
    for k in range(5):
        some = index.search_texts("old dog sofa", k)
        assert (some[0].tolist(), some[1].tolist()) == (ids[:k].tolist(), scores[:k].tolist())


def test_within_some_photos_scores_stay(index: Index) -> None:
    ids, scores = index.search_texts("old dog sofa", 9)
    some, their = index.search_texts("old dog sofa", 9, within=[4, 3, 99, 3])
    kept = np.isin(ids, [3, 4])
    assert (some.tolist(), their.tolist()) == (ids[kept].tolist(), scores[kept].tolist())
    assert index.search_texts("dog", 9, within=[])[0].tolist() == []


def test_words_follow_every_change(index: Index) -> None:
    index.put_captions({2: ["a fox"]}, origin="captions.json")
    assert (found(index, "runs"), found(index, "fox")) == ([], [2])
    index.put_captions({2: ["a fox", "a hen"], 9: ["nobody"]}, origin="b.json")
    assert (found(index, "fox"), found(index, "hen"), found(index, "nobody")) == ([2], [2], [])
    index.update_files({1: photo(NAMES[1]), 2: photo(NAMES[0])})
    assert (found(index, "bridge"), found(index, "dog")) == ([2], [1, 4])
    index.put_images([photo(NAMES[0])], np.ones((1, 2), np.float32), np.ones((1, 1, 1), np.float16))
    assert found(index, "bridge fox") == [2]
    index.quarantine([QuarantinedFile("/photos/café.png", "/photos", 1, 2, "broken")])
    assert found(index, "cafe") == []
    index.remove_images([2])
    assert (found(index, "bridge"), found(index, "hen")) == ([], [])
    index.relocate("/photos", "/elsewhere")
    assert found(index, "dog") == [1]


def test_a_transaction_that_fails_takes_its_words_along(index: Index) -> None:
    with pytest.raises(ZeroDivisionError), index.writing() as catalog:
        catalog.execute("UPDATE images SET look = 7")
        index_words = "INSERT INTO words (rowid, name) VALUES (9, 'zebra')"
        catalog.execute(index_words)
        raise ZeroDivisionError
    assert found(index, "zebra") == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("IMG_20240501_123456.jpg", "IMG 20240501 123456"),
        ("my.trip-to_rome2.final.jpeg", "my trip to rome2 rome 2 final"),
        (".hidden", "hidden"),
        ("a/b.c/noext", "noext"),
        ("犬.jpg", "犬"),
        ("été à Nice.jpg", "été à Nice"),
        ("12.jpg", "12"),
        ("\udcff dog.jpg", "dog"),
    ],
)
def test_words_of_file_names(path: str, words: str) -> None:
    assert file_words(path) == words


def test_a_long_text_is_asked_by_its_first_words() -> None:
    assert match_query("dog " * 1000) == '"dog"'
    assert match_query(" ".join(f"w{n}" for n in range(1000))).count(" OR ") == 63


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.text(alphabet='"*():^-+ aNEARORdog\x00\ud800²_'))
def test_any_text_can_be_asked(index: Index, text: str) -> None:
    ids, scores = index.search_texts(text, 3)
    assert len(ids) == len(scores) <= 3
