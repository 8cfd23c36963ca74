"""What the server answers, with a real index and a model that knows four colours."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from indexer import build_index
from store import Index
from tests.integration.colours import COLOURS, ColourModel, paint
from tests.integration.server.served import Served


def names(answer: dict) -> list[str]:
    return [Path(hit["path"]).name for hit in answer["hits"]]


def test_a_text_finds_photos_with_all_that_is_known_of_them(served: Served) -> None:
    answer = served.client.post("/v1/search", json={"text": "something red", "limit": 2}).json()
    assert names(answer) == ["red.png", "redblue.png"]
    best = answer["hits"][0]
    assert (best["rank"], best["width_px"], best["height_px"]) == (1, 32, 16)
    assert best["captions"] == ["a red wall"]
    assert best["categories"] == ["wall"]
    assert best["reranked"] is True
    assert best["group"] == "good"
    assert best["duplicates"] == []
    assert "explanation" not in best
    assert answer["took_ms"]["total"] > 0
    assert answer["reranked"] == 4


def test_a_hit_is_explained_when_asked(served: Served) -> None:
    asked = {"text": "red", "limit": 1, "explain": True}
    (hit,) = served.client.post("/v1/search", json=asked).json()["hits"]
    words = hit["explanation"]["words"]
    assert [word["word"] for word in words] == ["red", "words of captions and names"]
    total = sum(word["added"] for word in words) + hit["explanation"]["rest"]
    assert total == pytest.approx(hit["score"], abs=1e-5)


def test_a_thumbnail_is_small_turned_and_cached_by_its_tag(served: Served) -> None:
    path = f"/v1/images/{served.ids['turned.jpg']}/thumbnail"
    answer = served.client.get(path, params={"size": 64})
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (32, 64)
    again = served.client.get(
        path, params={"size": 64}, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = served.client.get(path, params={"size": 32}).headers["etag"]
    assert other != answer.headers["etag"]


def test_a_file_is_given_as_it_is(served: Served) -> None:
    answer = served.client.get(f"/v1/images/{served.ids['red.png']}/file")
    assert answer.content == (served.photos / "red.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_the_index_says_what_it_holds(served: Served) -> None:
    found = served.client.get("/v1/index").json()
    assert found["photos"] == 4
    assert found["sources"] == [{"path": str(served.photos), "photos": 4, "there": True}]
    assert found["model"]["name"] == "colours"
    assert found["categories"] == [{"name": "wall", "photos": 2}, {"name": "sky", "photos": 1}]
    assert found["building"] is None


def test_photos_are_browsed_by_id(served: Served) -> None:
    first = served.client.get("/v1/images", params={"limit": 3}).json()
    rest = served.client.get("/v1/images", params={"after": first["next"], "limit": 3}).json()
    ids = [each["id"] for page in (first, rest) for each in page["images"]]
    assert ids == sorted(served.ids.values())
    assert rest["next"] is None


def test_vectors_are_given_with_the_model_that_made_them(served: Served) -> None:
    red = io.BytesIO()
    Image.new("RGB", (8, 8), COLOURS["red"]).save(red, "PNG")
    answer = served.client.post(
        "/v1/embed",
        data={"request": '{"texts": ["red", "blue"]}'},
        files=[("image", ("r.png", red.getvalue()))],
    ).json()
    assert (answer["fingerprint"], answer["dim"]) == ("c0104a5", 4)
    assert answer["texts"] == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert answer["images"] == [[1, 0, 0, 0]]


def test_healthy_and_ready(served: Served) -> None:
    assert served.client.get("/healthz").json() == {"status": "ok"}
    assert served.client.get("/readyz").json() == {"status": "ready", "degraded": False}


def test_figures_are_counted_by_route_and_stage(served: Served) -> None:
    served.client.post("/v1/search", json={"text": "red"})
    served.client.get("/v1/images/1")
    served.client.get("/nowhere/at/all")
    text = served.client.get("/metrics").text
    assert 'route="/v1/search",status="200"} 1.0' in text
    assert 'route="/v1/images/{image_id}"' in text
    assert 'route="other",status="404"} 1.0' in text
    assert 'crossgraph_search_stage_seconds_count{stage="rerank"} 1.0' in text


def test_every_answer_forbids_what_is_not_its_own(served: Served) -> None:
    for path in ("/", "/healthz", "/v1/index", "/nowhere"):
        policy = served.client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; img-src 'self' blob: data:")


def test_no_page_of_documentation_loads_from_elsewhere(served: Served) -> None:
    assert served.client.get("/docs").status_code == 404
    assert served.client.get("/redoc").status_code == 404
    assert "/v1/search" in served.client.get("/openapi.json").json()["paths"]


def test_no_answer_holds_what_a_terminal_obeys(served: Served) -> None:
    order = "\x1b]52;c;T1dORUQ=\x07\x9b2J\u202e"
    odd = served.photos / f"odd{order}\udcff.png"
    paint(odd, "blue", "blue")
    build_index(served.folder, [], ColourModel())
    with Index.open(served.folder) as index:
        (image_id,) = [n for n, file in index.files().items() if "odd" in file.path]
        index.put_captions({image_id: [f"a {order} wall"]}, origin="odd")
        index.put_categories({image_id: [f"wall{order}"]}, origin="odd")
    asked = {"text": "blue", "where": f"name ~ '{order}' or width > 0", "explain": True}
    for answer in (
        served.client.post("/v1/search", json=asked),
        served.client.post("/v1/search", json={**asked, "where": f"name ~ '{order}"}),
        served.client.post("/v1/search", json={order: 1}),
        served.client.get("/v1/images"),
        served.client.get(f"/v1/images/{image_id}"),
        served.client.get("/v1/index"),
        served.client.get(f"/{quote(order)}"),
    ):
        text = answer.content.decode("utf-8")
        assert not set("\x1b\x07\x9b\u202e") & set(text)
        assert not any(code in text for code in ("\\u001b", "\\u0007"))
    assert "odd\\\\x1b]52" in served.client.get(f"/v1/images/{image_id}").text


def test_the_names_that_programs_know_and_the_old_ones_are_read_alike(served: Served) -> None:
    def ask(body: dict[str, object]) -> list[dict[str, object]]:
        answer = served.client.post("/v1/search", json=body)
        assert answer.status_code == 200, answer.text
        hits: list[dict[str, object]] = answer.json()["hits"]
        return hits

    new = ask({"positive": [{"image_id": 1}], "k": 1})
    assert new == ask({"positive": [{"id": 1}], "limit": 1})
    assert len(new) == 1
    assert new[0]["image_id"] == new[0]["id"] != 1
    photo = served.client.get(f"/v1/images/{new[0]['image_id']}").json()
    assert photo["image_id"] == photo["id"] == new[0]["image_id"]
    both = served.client.post("/v1/search", json={"text": "red", "k": 1, "limit": 2})
    assert both.status_code == 422
