"""Names and times in queries, browsing and order: from the command line, programs and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from search import QueryError, SearchRequest, open_index
from search.cli import search_main
from search.models import loading
from store import Index
from store.types import PersonRegion, PhotoDetails
from tests.integration.colours import ColourModel
from tests.integration.known_photos import make_known_index
from tests.integration.server.served import serve

TODAY = "2026-11-29"
PHOTOS = {
    "IMG_0001.jpg": ("red", "2019:12:25 18:00:00", PhotoDetails()),
    "IMG_0002.jpg": ("red", "2026:07:01 12:00:00", PhotoDetails(city="Lisbon", country="Portugal")),
    "party/IMG_0003.jpg": (
        "blue", "2023:05:04 12:00:00", PhotoDetails(people=(PersonRegion("Anna Smith", None),)),
    ),
    "Snow trip/IMG_0004.jpg": ("grey", None, PhotoDetails(tags=("Kodachrome",), title="A show")),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_known_index(tmp_path, PHOTOS)


Ask = Callable[..., list[str]]


@pytest.fixture(params=["the command", "a program", "HTTP"])
def ask(
    request: pytest.FixtureRequest,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Ask]:
    """Give the names of the photos that a query finds, best first."""
    if request.param == "the command":
        monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
        monkeypatch.setenv("CROSSGRAPH_INDEX", str(folder))

        def by_command(text: str, **options: Any) -> list[str]:
            given = [f"--{name}={value}" for name, value in options.items()]
            assert search_main([*([text] if text else []), "--today", TODAY, "--json", *given]) == 0
            return [
                Path(json.loads(line)["path"]).name for line in capsys.readouterr().out.splitlines()
            ]

        yield by_command
    elif request.param == "a program":
        with open_index(folder, model=ColourModel()) as index:
            yield lambda text, **options: [
                hit.path.name
                for hit in index.search(
                    SearchRequest(text=text, today=date.fromisoformat(TODAY), **options)
                )
            ]
    else:
        client = served_by(folder)
        yield lambda text, **options: [
            Path(hit["path"]).name
            for hit in client.post(
                "/v1/search", json={"today": TODAY, **({"text": text} if text else {}), **options}
            ).json()["hits"]
        ]


def served_by(folder: Path) -> TestClient:
    return serve(folder, folder.parent / "photos").client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("red last summer", ["IMG_0002.jpg"]),
        ("red at christmas 2019", ["IMG_0001.jpg"]),
        ("in May 2023", ["IMG_0003.jpg"]),
        ("since 2020", ["IMG_0002.jpg", "IMG_0003.jpg"]),
        ("red in Lisbon", ["IMG_0002.jpg"]),
        ("photos of anna", ["IMG_0003.jpg"]),
        ("IMG_0001", ["IMG_0001.jpg"]),
        ("snow trip", ["IMG_0004.jpg"]),
        ("kodachrome", ["IMG_0004.jpg"]),
        ("iphone 13 before 2020", ["IMG_0001.jpg"]),
    ],
)
def test_a_query_finds_by_what_the_collection_knows(ask: Ask, query: str, found: list[str]) -> None:
    assert ask(query)[: len(found)] == found


def test_photos_are_listed_by_a_filter_alone_and_sorted(ask: Ask) -> None:
    dated = "has camera"
    assert ask("", where=dated) == ["IMG_0002.jpg", "IMG_0003.jpg", "IMG_0001.jpg"]
    assert ask("", where=dated, sort="name") == ["IMG_0001.jpg", "IMG_0002.jpg", "IMG_0003.jpg"]
    assert ask("red", where=dated, sort="taken")[0] == "IMG_0002.jpg"


@pytest.fixture
def opened(folder: Path) -> Iterator[Any]:
    with open_index(folder, model=ColourModel()) as index:
        yield index


def test_an_answer_says_how_the_query_was_read(opened: Any) -> None:
    result = opened.search("red in Lisbon", today=date(2026, 11, 29))
    (chip,) = result.understood.chips
    assert (result.understood.rest, chip.id, chip.photos) == ("red", "place:lisbon", 1)
    assert result.to_dict()["understood"]["chips"][0]["where"] == "place = 'Lisbon'"
    plain = opened.search("red in Lisbon", as_words=["place:lisbon"])
    assert (plain.understood.rest, plain.understood.chips) == ("red in Lisbon", ())
    assert opened.search("red in Lisbon", literal=True).understood.chips == ()
    assert opened.search_many(["anna", "red"])[0].understood.chips[0].label == "Anna Smith"


def test_hits_have_the_facts_of_their_files(opened: Any) -> None:
    hit = opened.search("IMG_0001")[0]
    assert (hit.taken.year, hit.taken_guessed, hit.camera) == (2019, False, "Apple iPhone 13")
    assert (hit.width_px, hit.height_px, hit.score, hit.probability) == (32, 32, 0.0, 1.0)
    assert hit.size_bytes == hit.path.stat().st_size
    assert hit.to_dict()["taken"] == "2019-12-25T18:00:00"


def test_a_name_that_is_new_is_known_at_once(opened: Any, folder: Path) -> None:
    assert opened.search("zoltan").understood.chips == ()
    with Index.open(folder) as index:
        first = min(index.files())
        index.put_details({first: PhotoDetails(people=(PersonRegion("Zoltan", None),))})
        index.finish()
    assert [hit.image_id for hit in opened.search("zoltan")] == [first]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("camera = Nikon", "camera: 'Apple iPhone 13' (3 photos)"),
        ("taken >= 2030", "taken: 2019-12-25 to 2026-07-01"),
        ("width > 99", "width: 32 to 32"),
        ("rating = 5", "rating: no photo has any"),
        ("city = Lisbon and tag = Kodachrome", "photos pass each part of it, but none"),
    ],
)
def test_a_filter_that_lets_nothing_through_names_what_would(
    opened: Any, where: str, said: str
) -> None:
    (note,) = opened.search("red", where=where).notes
    assert note.startswith(f"no photo passes the filter: {where}; {said}")


@pytest.mark.parametrize("text", ["./nofile.jpg", "nofile.jpg", "some folder/no file.png"])
def test_a_file_that_is_not_there_is_an_error_and_no_text(
    opened: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with pytest.raises(QueryError, match="there is no file"):
        opened.search(text)
    assert len(opened.search(text, literal=True)) == 4
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    assert search_main([text, "--index", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_people_are_told_how_a_query_was_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    assert search_main(["red in Lisbon", "--index", str(folder)]) == 0
    assert "understood: red [place: Lisbon]\n" in capsys.readouterr().err
    assert search_main(["anna", "--index", str(folder), "--choose", "anna"]) == 2


def test_photos_are_browsed_over_http(folder: Path) -> None:
    client = served_by(folder)

    def page(**query: Any) -> dict[str, Any]:
        answer = client.get("/v1/images", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def names(found: dict[str, Any]) -> list[str]:
        return [Path(each["path"]).name for each in found["images"]]

    first = page(sort="name", limit=3)
    assert names(first) == ["IMG_0001.jpg", "IMG_0002.jpg", "IMG_0003.jpg"]
    assert (first["total"], first["next_offset"], first["next"]) == (4, 3, None)
    assert names(page(sort="name", limit=3, offset=3)) == ["IMG_0004.jpg"]
    assert names(page(where="taken >= 2020", sort="taken")) == ["IMG_0002.jpg", "IMG_0003.jpg"]
    assert names(page(where="taken >= 2020", reverse=True)) == ["IMG_0003.jpg", "IMG_0002.jpg"]
    nothing = page(where="camera = Nikon")
    assert (nothing["images"], nothing["total"]) == ([], 0)
    assert nothing["notes"][0].endswith("camera: 'Apple iPhone 13' (3 photos)")
    assert page(limit=1)["total"] == 4
    for wrong in ({"where": "wide"}, {"sort": "age"}, {"where": "id > 0", "after": 2}):
        assert client.get("/v1/images", params=wrong).status_code == 422
    values = client.get("/v1/values", params={"field": "camera"}).json()["values"]
    assert values == [{"value": "Apple iPhone 13", "photos": 3}]
    assert client.get("/v1/values", params={"field": "colour"}).status_code == 422
