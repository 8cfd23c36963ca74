"""What becomes of the index while the server is on, it follows."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from indexer import build_index, reembed
from search.server.pool.model_holder import LoadedModel
from store import ModelMismatch
from tests.integration.colours import ColourModel, paint
from tests.integration.server.served import Served, make_index, serve


def best(served: Served, text: str) -> str:
    answer = served.client.post("/v1/search", json={"text": text, "k": 1, "words": False})
    assert answer.status_code == 200, answer.text
    return Path(answer.json()["hits"][0]["path"]).name


def test_a_photo_that_is_indexed_meanwhile_is_found(served: Served) -> None:
    assert best(served, "blue") == "redblue.png"
    paint(served.photos / "blue.png", "blue", "blue")
    build_index(served.folder, [], ColourModel())
    assert best(served, "blue") == "blue.png"


def test_an_index_that_is_embedded_anew_is_answered_by_its_model(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ColourModel("0ther", contrary=True)
    assert best(served, "red") == "red.png"
    reembed(served.folder, other)
    refused = served.client.post("/v1/search", json={"text": "red"})
    assert refused.status_code == 503
    assert "0ther" in refused.json()["error"]
    assert served.client.get("/readyz").status_code == 503
    monkeypatch.setattr(served.service.models, "_load", lambda _: LoadedModel(other, other))
    # Contrary as it is, the reddest comes last.
    assert best(served, "red") != "red.png"
    assert served.client.get("/readyz").status_code == 200
    assert served.client.get("/v1/index").json()["model"]["fingerprint"] == "0ther"


def test_an_index_that_was_replaced_is_opened_again(served: Served, tmp_path: Path) -> None:
    assert served.client.get("/v1/index").json()["photos"] == 4
    assert best(served, "red") == "red.png"
    (tmp_path / "new").mkdir()
    folder, _ = make_index(tmp_path / "new")
    (tmp_path / "new" / "photos" / "red.png").unlink()
    build_index(folder, [], ColourModel())
    shutil.rmtree(served.folder)
    folder.rename(served.folder)
    assert served.client.get("/v1/index").json()["photos"] == 3
    assert best(served, "red") == "redblue.png"


def test_an_index_that_is_gone_is_told(served: Served) -> None:
    shutil.rmtree(served.folder)
    for answer in (
        served.client.post("/v1/search", json={"text": "red"}),
        served.client.get("/v1/index"),
    ):
        assert answer.status_code == 503
        assert "not there" in answer.json()["error"]
    # Nobody shows a key for this one.
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"error": "the index cannot be read at the moment; /v1/index says why"}
    assert served.client.get("/healthz").status_code == 200


def test_no_server_starts_with_another_model(tmp_path: Path) -> None:
    folder, photos = make_index(tmp_path)
    with pytest.raises(ModelMismatch):
        serve(folder, photos, ColourModel("0ther"))


def test_a_run_is_shown_while_it_goes_on(served: Served) -> None:
    state = {"done": 3, "total": 9, "rate_per_second": 1.5, "started": 1.0, "pid": os.getpid()}
    (served.folder / "building.json").write_text(json.dumps(state))
    assert served.client.get("/v1/index").json()["building"] == state
