"""A server of two indexes, one of which goes and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from indexer import build_index
from indexer.reembed import reembed
from search.server.app import build_app
from search.server.pool.model_holder import LoadedModel
from search.server.settings import Settings
from store.federation.ids import STRIDE
from tests.integration.colours import ColourModel, paint
from tests.waiting import await_that

ASKED = {"text": "red", "limit": 9}


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Index `a` of a red photo, `b` of a blue and a red one."""
    for name, colours in (("a", ["red"]), ("b", ["blue", "red"])):
        photos = tmp_path / f"photos-{name}"
        photos.mkdir()
        for colour in colours:
            paint(photos / f"{name}-{colour}.png", colour, colour)
        build_index(tmp_path / name, [photos], ColourModel())
    return [tmp_path / "a", tmp_path / "b"]


@pytest.fixture
def client(folders: list[Path]) -> Iterator[TestClient]:
    models = {name: ColourModel(name) for name in ("c0104a5", "other")}
    several = tuple(str(folder) for folder in folders)
    settings = Settings(folders[0], several=several, index_seconds=2)
    app = build_app(settings, lambda name: LoadedModel(models[name], models[name]))  # type: ignore[arg-type]
    app.state.service.warm()
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client
    assert app.state.service.close(5)


def ids(client: TestClient) -> list[int]:
    answer = client.post("/v1/search", json=ASKED)
    assert answer.status_code == 200
    return [hit["id"] for hit in answer.json()["hits"]]


def test_photos_of_all_are_found_shown_and_counted(client: TestClient) -> None:
    answer = client.post("/v1/search", json=ASKED).json()
    assert [hit["id"] for hit in answer["hits"]] == [1, STRIDE + 2, STRIDE + 1]
    assert (answer["degraded"], answer["missing"]) == (False, [])
    assert answer["hits"][1]["width_px"] == 32
    assert client.get(f"/v1/images/{STRIDE + 1}").json()["path"].endswith("b-blue.png")
    thumbnail = client.get(f"/v1/images/{STRIDE + 1}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    listed = client.get("/v1/images", params={"after": 1}).json()
    assert [each["id"] for each in listed["images"]] == [STRIDE + 1, STRIDE + 2]
    assert listed["degraded"] is False
    state = client.get("/v1/index").json()
    assert (state["photos"], len(state["sources"]), state["degraded"]) == (3, 2, False)
    ready = client.get("/readyz").json()
    assert ready == {"status": "ready", "degraded": False}
    assert client.get(f"/v1/images/{2 * STRIDE + 1}").status_code == 404
    assert "degraded_searches_total 0.0" in client.get("/metrics").text


def test_without_one_answers_are_marked_and_with_it_whole_again(
    client: TestClient, folders: list[Path]
) -> None:
    assert len(ids(client)) == 3
    client.get("/readyz")
    away = folders[1].with_name("away")
    folders[1].rename(away)
    answer = client.post("/v1/search", json=ASKED).json()
    assert [hit["id"] for hit in answer["hits"]] == [1]
    assert answer["degraded"] is True
    assert [each["index"] for each in answer["missing"]] == [str(folders[1])]
    assert client.get("/v1/images").json()["degraded"] is True
    assert client.get("/v1/index").json()["photos"] == 1
    ready = client.get("/readyz")
    # Without a key nobody learns where an index lies.
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "degraded": True})
    # Nobody knows whether that photo is there: it is not said that it is not.
    lost = client.get(f"/v1/images/{STRIDE + 1}")
    assert (lost.status_code, lost.headers["retry-after"]) == (503, "5")
    assert "is in an index that cannot be read at the moment" in lost.json()["error"]
    like = client.post("/v1/search", json={"positive": [{"id": STRIDE + 1}]})
    assert like.status_code == 503
    figures = client.get("/metrics").text
    assert "degraded_searches_total 1.0" in figures
    assert f'missing_index_total{{index="{folders[1]}"}} 1.0' in figures
    away.rename(folders[1])
    await_that(lambda: len(ids(client)) == 3)
    assert client.post("/v1/search", json=ASKED).json()["degraded"] is False


def test_without_any_there_is_no_answer(client: TestClient, folders: list[Path]) -> None:
    for folder in folders:
        folder.rename(folder.with_name(f"{folder.name}-away"))
    answer = client.post("/v1/search", json=ASKED)
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("none of 2 indexes can be read: ")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_another_model_takes_over_index_by_index(client: TestClient, folders: list[Path]) -> None:
    assert len(ids(client)) == 3
    reembed(folders[0], ColourModel("other"))  # type: ignore[arg-type]
    assert ids(client) in ([1], [STRIDE + 2, STRIDE + 1])
    assert client.post("/v1/search", json=ASKED).json()["degraded"] is True
    reembed(folders[1], ColourModel("other"))  # type: ignore[arg-type]
    await_that(lambda: len(ids(client)) == 3)
    assert client.get("/v1/index").json()["model"]["fingerprint"] == "other"


def test_several_are_not_changed(client: TestClient, folders: list[Path]) -> None:
    photo = folders[0].with_name("photos-a") / "a-red.png"
    sent = client.post("/v1/images", files={"image": photo.read_bytes()})
    assert sent.status_code == 403
    assert client.delete("/v1/images/1").status_code == 403
