"""Filters find names and texts in whichever Unicode form they were written."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

import numpy as np
import pytest

from search.filters import parse_filter
from search.request import Term
from store import Index, PhotoFile

FORMS = ("NFC", "NFD")
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
    index: Index, form: str, text: str, ids: list[int]
) -> None:
    found = index.matching(parse_filter(normalize(form, text)))  # type: ignore[arg-type]
    assert found.tolist() == ids


def test_a_query_is_the_same_in_either_form() -> None:
    one, two = (Term(normalize(form, "a café on a street")) for form in FORMS)  # type: ignore[arg-type]
    assert one == two
