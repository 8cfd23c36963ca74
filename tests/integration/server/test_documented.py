"""The OpenAPI document: it has all that the page asks for, and its examples are answered."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from search.server.routes.index_routes import STATIC
from tests.integration.colours import COLOURS
from tests.integration.server.served import Served, make_index, serve

ORDER = ("get", "post", "put", "delete")
"""What is there is asked for before it is taken away."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = serve(*make_index(tmp_path))
    yield served
    assert served.service.close(5)


def save_an_album(served: Served) -> None:
    """Leave one saved set, whose id is 1."""
    for saved in served.client.get("/v1/saved").json()["saved"]:
        served.client.delete(f"/v1/saved/{saved['id']}")
    album = served.client.post("/v1/saved", json={"name": "an album", "photos": [1]})
    assert album.json()["id"] == 1


def document(served: Served) -> dict[str, Any]:
    paths: dict[str, Any] = served.client.get("/openapi.json").json()["paths"]
    return paths


def test_every_route_has_examples_that_are_answered(served: Served) -> None:
    paths = document(served)
    operations = [(method, path) for method in ORDER for path in paths if method in paths[path]]
    assert len(operations) >= 19
    for method, path in operations:
        asked = list(requests(paths[path][method]))
        assert asked, f"{method} {path} has no example"
        for parameters, body in asked:
            save_an_album(served)
            address = path.format(**parameters["path"])
            answer = served.client.request(method, address, params=parameters["query"], **body)
            assert answer.status_code == 200, (method, address, body, answer.text[:300])


def requests(operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each example of a body, or of a parameter beside those that have to be given."""
    needed: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    optional = []
    for parameter in operation.get("parameters", ()):
        examples = parameter["schema"].get("examples", ())
        if parameter["required"]:
            if not examples:
                return
            needed[parameter["in"]][parameter["name"]] = examples[0]
        else:
            optional += [(parameter["name"], example) for example in examples]
    if "requestBody" in operation:
        yield from ((needed, body) for body in bodies(operation["requestBody"]["content"]))
        return
    yield needed, {}
    for name, example in optional:
        yield {**needed, "query": {**needed["query"], name: example}}, {}


def bodies(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The examples of JSON, and a picture where files are all that is asked for."""
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        yield from ({"json": example} for example in schema.get("examples", ()))
        return
    held = io.BytesIO()
    Image.new("RGB", (32, 32), COLOURS["green"]).save(held, "png")
    (name,) = content["multipart/form-data"]["schema"]["required"]
    yield {"files": {name: ("a.png", held.getvalue(), "image/png")}}


def test_all_that_the_page_asks_for_is_in_the_document(served: Served) -> None:
    paths = document(served)
    known = {
        (method.upper(), re.sub(r"{.*?}", "{}", path))
        for path, methods in paths.items()
        for method in methods
    }
    used = set(asked_by_the_page())
    assert {("POST", "/v1/search"), ("PUT", "/v1/saved/{}"), ("GET", "/v1/images/zip")} <= used
    assert used - known == set()


def asked_by_the_page() -> Iterator[tuple[str, str]]:
    """The methods and addresses of its scripts, each of which is asked for in one line."""
    for script in sorted(STATIC.glob("*.js")):
        for line in script.read_text(encoding="utf-8").splitlines():
            for address in re.findall(r"""["`](v1/[^"`?]*)""", line):
                method = re.search(r'method: "(\w+)"', line)
                plain = "POST" if "{ body" in line else "GET"
                yield method[1] if method else plain, "/" + re.sub(r"\${.*?}", "{}", address)
