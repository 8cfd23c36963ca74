"""Other words for a thing find it in captions: from `search`, from Python and over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from indexer import build_index
from search import open_index
from search.cli import search_main
from search.models import loading
from store import Index
from tests.integration.colours import COLOURS, ColourModel
from tests.integration.server.served import serve

CAPTIONS = {
    "a": "a truck on a road",
    "b": "a cat sleeps on the sofa",
    "c": "a boy holds his teddy bear",
    "d": "a brown bear in a river",
    "e": "snow on a hill",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    (place / "photos").mkdir()
    for name in CAPTIONS:
        Image.new("RGB", (32, 32), COLOURS["grey"]).save(place / "photos" / f"{name}.png")
    build_index(place / "index", [place / "photos"], ColourModel())
    with Index.open(place / "index") as index:
        ids = {Path(file.path).stem: image_id for image_id, file in index.files().items()}
        index.put_captions({ids[name]: [text] for name, text in CAPTIONS.items()}, origin="test")
        index.finish()
    return place / "index"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("vehicle", "a"),
        ("vehicles", "a"),
        ("a photo of a couch", "b"),
        ("person", "c"),
        ("bear", "d"),
    ],
)
def test_the_photo_comes_first(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    name: str,
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(folder.parent / "cache"))
    with open_index(folder, model=ColourModel()) as index:
        paths = [str(index.search(query)[0].path)]
    assert search_main([query, "--json", "--index", str(folder)]) == 0
    paths.append(json.loads(capsys.readouterr().out.splitlines()[0])["path"])
    served = serve(folder, folder.parent / "photos")
    with served.client:
        paths.append(
            served.client.post("/v1/search", json={"text": query}).json()["hits"][0]["path"]
        )
    assert [Path(path).stem for path in paths] == [name] * 3


def test_a_photo_that_says_the_word_itself_comes_before_others(folder: Path) -> None:
    with Index.open(folder) as index:
        ids = {Path(file.path).stem: image_id for image_id, file in index.files().items()}
        index.put_captions({ids["e"]: ["a vehicle in the snow"]}, origin="more")
        index.finish()
    with open_index(folder, model=ColourModel()) as index:
        assert [hit.path.stem for hit in index.search("vehicle", 2)] == ["e", "a"]
