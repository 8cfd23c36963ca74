"""Parts of sentences without spaces are found, in new catalogs and in upgraded ones."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store import Index, PhotoFile
from store.columns.codec import one_form
from store.columns.unspaced import normal, spaced_query, spaced_text
from store.integrity.verify import verify
from tests.unit.store.version_eight import bring_back

CAPTIONS = {
    1: ["a red wall"],
    2: ["赤い壁と犬"],
    3: ["一只猫在沙发上"],
    4: ["강아지가 공원에서 놀아요"],
    5: ["แมวและสุนัขบนโซฟา"],
    6: ["ｶﾒﾗ と \uff24\uff2f\uff27"],  # half-width and full-width characters
}
NAMES = {number: f"{number}.jpg" for number in CAPTIONS} | {3: "猫の写真.jpg"}
ASKED = [
    ("wall", [1]),
    ("犬", [2]),
    ("赤い壁", [2]),
    ("壁と", [2]),
    ("い犬", []),
    ("猫", [3]),
    ("沙发", [3]),
    ("写真", [3]),
    ("강아지", [4]),
    ("공원", [4]),
    ("สุนัข", [5]),
    ("แมว", [5]),
    ("カメラ", [6]),
    ("dog", [6]),
    ("\uff44\uff4f\uff47", [6]),
    ("鳥", []),
]


def fill(folder: Path) -> Index:
    index = Index.create(folder, "f1", 2)
    files = [PhotoFile(f"/photos/{name}", "/photos", 1, 2, "00", 3, 4) for name in NAMES.values()]
    vectors, nodes = np.ones((len(files), 2), np.float32), np.ones((len(files), 1, 1), np.float16)
    assert index.put_images(files, vectors, nodes) == list(CAPTIONS)
    index.put_captions(CAPTIONS, origin="captions.json")
    return index


def found(index: Index, words: str) -> list[int]:
    return sorted(index.search_texts(words, 9)[0].tolist())


def test_parts_are_found_and_follow_every_change(tmp_path: Path) -> None:
    with fill(tmp_path / "index") as index:
        assert [(words, found(index, words)) for words, _ in ASKED] == ASKED
        index.put_captions({2: ["鳥"]}, origin="captions.json")
        assert (found(index, "犬"), found(index, "鳥")) == ([], [2])
        assert verify(index.folder).problems == ()


def test_all_parts_of_a_stretch_before_those_that_have_some(tmp_path: Path) -> None:
    with fill(tmp_path / "index") as index:
        index.put_captions({1: ["い壁"], 2: ["赤い壁と犬"]}, origin="captions.json")
        assert index.search_texts("赤い壁", 9)[0].tolist() == [2, 1]


@pytest.mark.parametrize("unspaced", [True, False])
def test_a_catalog_of_the_version_before_is_upgraded(tmp_path: Path, unspaced: bool) -> None:
    with fill(tmp_path / "index") as index:
        if not unspaced:
            index.put_captions({n: ["a red wall"] for n in CAPTIONS}, origin="captions.json")
        catalog = index.folder / "catalog.db"
    database = Database(catalog)
    with database.conn:
        bring_back(database.conn)
        database.conn.execute(
            "DELETE FROM _sqlite_migrations WHERE name = '0007_parts_of_unspaced_words'"
        )
    database.close()
    with Index.open(tmp_path / "index") as index:
        assert found(index, "写真") == [3]
        assert found(index, "犬") == ([2] if unspaced else [])
        assert verify(index.folder).problems == ()


@given(st.text(alphabet="赤い壁と犬カ\u0e2a\u0e38가 a,dé", max_size=12))
def test_every_part_of_what_is_said_is_asked_by_words_that_are_told(text: str) -> None:
    told = set(spaced_text(text).split())
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            asked = spaced_query(text[start:end]).split()
            whole = [word for word in asked if not word.isascii() and "é" not in word]
            assert set(whole) <= told | set(",")


def test_no_text_takes_the_square_of_its_length() -> None:
    marks = "a" + "\u0301\u0323" * 100_000
    began = time.thread_time()
    normal(marks, "NFKC")
    spaced_text(marks + "犬" * 100_000)
    one_form(marks)
    assert time.thread_time() - began < 5
