"""Filters find names and texts in any Unicode form."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import numpy as np
import pytest

from search.query.filters import parse_filter
from search.query.term import Term
from store import Index, PhotoFile
from store.columns.documents import EARLIER_WORDS
from tests.unit.store.version_eight import bring_back

Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, Form] = ("NFC", "NFD")
NAMES = [*(normalize(form, "Müller.jpg") for form in FORMS), "Muller.jpg", "M\udcfcller.jpg"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    files = [
        PhotoFile(f"/p/{number}/{name}", "/p", 1, 1, f"{number:02x}", 3, 2)
        for number, name in enumerate(NAMES, 1)
    ]
    with Index.create(tmp_path_factory.mktemp("photos") / "index", "f1", 2) as index:
        count = len(files)
        index.put_images(files, np.eye(count, 2, dtype=np.float32), np.zeros((count, 1), np.uint8))
        said = {n: [normalize(form, "im Café 100%")] for n, form in enumerate(FORMS, 1)}
        index.put_captions(said, origin="x")
        index.put_categories({n: [normalize("NFD", "café")] for n in (1, 2)}, origin="x")
        yield index


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("name = 'Müller.jpg'", [1, 2]),
        ("name = 'MüLLER.JPG'", [1, 2]),
        ("name != 'Müller.jpg'", [3, 4]),
        ("name ~ 'üll'", [1, 2]),
        ("path ~ '*/2/Mü*'", [2]),
        ("name in ('Müller.jpg', Muller.jpg)", [1, 2, 3]),
        ("caption ~ 'Café 100%'", [1, 2]),
        ("caption ~ 'Café' and id = 1", [1]),
        ("category = café", [1, 2]),
        ("category != café", [3, 4]),
        ("name ~ ller", [1, 2, 3, 4]),
    ],
)
def test_a_filter_is_the_same_in_either_form(
    index: Index, form: Form, text: str, ids: list[int]
) -> None:
    found = index.matching(parse_filter(normalize(form, text)))
    assert found.tolist() == ids


def test_a_query_is_the_same_in_either_form() -> None:
    one, two = (Term(normalize(form, "a café on a street")) for form in FORMS)
    assert one == two


@pytest.mark.parametrize("form", FORMS)
def test_words_of_a_name_are_the_same_in_either_form(index: Index, form: Form) -> None:
    assert set(index.search_texts(normalize(form, "müller"), 9)[0].tolist()) >= {1, 2}


def test_an_earlier_index_has_them_after_its_upgrade(tmp_path: Path) -> None:
    name = normalize("NFD", "Müller.jpg")
    with Index.create(tmp_path / "index", "f1", 2) as index:
        file = PhotoFile(f"/p/{name}", "/p", 1, 1, "01", 3, 2)
        index.put_images([file], np.ones((1, 2), np.float32), np.zeros((1, 1), np.uint8))
    with closing(sqlite3.connect(tmp_path / "index" / "catalog.db")) as catalog:
        bring_back(catalog)
        catalog.execute("DROP TABLE words")  # as that version created it
        catalog.execute(EARLIER_WORDS)
        catalog.execute("INSERT INTO words (rowid, name, captions) VALUES (1, 'Mu ller', '')")
        catalog.execute(
            "DELETE FROM _sqlite_migrations WHERE name LIKE '0006%' OR name LIKE '0007%'"
        )
        catalog.commit()
    with Index.open(tmp_path / "index") as index:
        assert index.search_texts("müller", 9)[0].tolist() == [1]
        index.put_captions({1: ["a dog"]}, origin="x")  # removes and adds the photo's words
        assert index.search_texts("ller", 9)[0].tolist() == []
        assert index.search_texts("dog", 9)[0].tolist() == [1]
