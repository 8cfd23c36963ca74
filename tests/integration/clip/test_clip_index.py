"""A SigLIP 2 model of random weights indexes, searches, serves: the ranking is transformers'."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fastapi.testclient import TestClient

from fusion.export.clip_bank import bank_words
from fusion.export.write_clip import HUB_NEAREST, HUB_WEIGHT
from fusion.runtime.clip.hubs import hubs_of
from indexer import build_index
from search import open_index
from search.cli import main
from search.server.app import build_app
from search.server.pool.model_holder import model_loader
from search.server.settings import Settings
from store import Index, ModelUnavailable
from tests.integration.clip.conftest import Place
from tests.integration.clip.made_clip import TEXTS, photos, reference
from tests.integration.colours import ColourModel

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
WITHOUT_TORCH = """
import sys

for name in ("onnx", "onnxscript", "torch", "torchvision", "transformers", "timm"):
    sys.modules[name] = None

from search.cli import main

sys.exit(main())
"""


def test_the_ranking_is_that_of_transformers(place: Place) -> None:
    shown, said = reference(place.model, photos(), TEXTS)
    with open_index(place.index) as index:
        for text, wanted in zip(TEXTS, said @ shown.T, strict=True):
            hits = index.search(text, k=9, rerank=False, literal=True)
            order = [int(hit.path.stem) for hit in hits]
            assert order == np.argsort(-wanted, kind="stable").tolist()
            # An index keeps vectors in 16 bits.
            np.testing.assert_allclose([hit.score for hit in hits], wanted[order], atol=1e-3)


def test_reranking_takes_off_what_a_photo_has_in_common_with_any_word(place: Place) -> None:
    shown, said = reference(place.model, photos(), TEXTS[:1])
    words = reference(place.model, [], bank_words())[1]
    wanted = said[0] @ shown.T - HUB_WEIGHT * hubs_of(shown, words, HUB_NEAREST)
    with open_index(place.index) as index:
        hits = index.search(TEXTS[0], k=9, literal=True)
    found = {int(hit.path.stem): hit.score for hit in hits}
    np.testing.assert_allclose([found[row] for row in range(len(wanted))], wanted, atol=1e-3)
    assert [hit.score for hit in hits] == sorted(found.values(), reverse=True)


def test_an_index_remembers_its_model(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.model.rename(place.root / "away")  # what is prepared needs its folder no more
    try:
        assert main(["index", "--index", str(place.index), "--quiet"]) == 0
    finally:
        (place.root / "away").rename(place.model)
    assert main(["status", "--index", str(place.index)]) == 0
    assert f"clip:{place.model}" in capfd.readouterr().out


def test_a_search_loads_neither_torch_nor_transformers(place: Place) -> None:
    photo = str(place.photos / "0.png")
    for query in (["a dog"], [photo], ["a dog, not a river"]):
        command = ["search", *query, "--index", str(place.index), "--json"]
        found = subprocess.run(
            [sys.executable, "-c", WITHOUT_TORCH, *command],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert found.returncode == 0, found.stderr
        hits = [json.loads(line) for line in found.stdout.splitlines()]
        assert len(hits) >= 4
        assert all(0 <= hit["probability"] <= 1 for hit in hits)


def test_explanations_are_said_to_be_missing(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "a dog", "--explain", "--index", str(place.index)]) == 0
    assert "gives no explanations" in capfd.readouterr().err
    drawing = place.root / "why.png"
    explained = ["--explain-image", str(drawing)]
    assert main(["search", "a dog", *explained, "--index", str(place.index)]) == 0
    assert "why.png is not written" in capfd.readouterr().err
    assert not drawing.exists()


def test_several_indexes_answer_as_one(place: Place, tmp_path: Path) -> None:
    shutil.copytree(place.index, tmp_path / "copy")
    with open_index([place.index, tmp_path / "copy"]) as both, open_index(place.index) as one:
        wanted = [hit.score for hit in one.search("a dog", k=5)]
        found = [hit.score for hit in both.search("a dog", k=5)]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_server_answers_and_shows_its_page(place: Place) -> None:
    settings = Settings(place.index, hosts=frozenset({"127.0.0.1"}))
    app = build_app(settings, model_loader(None, None, None))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/").status_code == 200
        asked = {"text": "a dog", "limit": 3, "explain": True}
        answer = client.post("/v1/search", json=asked).json()
    assert len(answer["hits"]) == 3
    assert any("gives no explanations" in note for note in answer["notes"])


def test_a_database_answers_as_the_folder(place: Place, postgres: PostgresServer) -> None:
    from store.postgres.address import Address
    from store.postgres.push import push

    address = postgres.new_database()
    with Index.open(place.index) as index:
        push(index, Address.parse(address))
    with open_index(place.index) as on_disk, open_index(vectors=address) as in_database:
        for text in TEXTS:
            wanted, found = on_disk.search(text), in_database.search(text)
            assert [hit.image_id for hit in found] == [hit.image_id for hit in wanted]
            scores = [[hit.score for hit in hits] for hits in (found, wanted)]
            np.testing.assert_allclose(*scores, atol=1e-4)


def test_an_index_is_sound(place: Place) -> None:
    assert main(["verify", "--index", str(place.index)]) == 0


def test_another_model_answers_until_all_are_embedded_anew(place: Place, tmp_path: Path) -> None:
    build_index(tmp_path / "index", [place.photos], ColourModel())
    again = ["index", "--reembed", "--index", str(tmp_path / "index"), "--quiet"]
    assert main([*again, "--encoders", f"clip:{place.model}"]) == 0
    with open_index(place.index) as wanted, open_index(tmp_path / "index") as found:
        for text in TEXTS:
            assert [(hit.path, hit.score) for hit in found.search(text)] == [
                (hit.path, hit.score) for hit in wanted.search(text)
            ]


def test_an_index_of_a_model_that_is_not_prepared_says_so(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="not prepared on this machine"):
        open_index(place.index)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--encoders", "resnet50-bert"], "expected clip:FOLDER or clip:HUB-ID"),
        (["--encoders", "clip:x", "--checkpoint", "y"], "leave out --checkpoint"),
        (["--encoders", "clip:x", "--device", "cuda"], "leave out --device cuda"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(tmp_path), *options]) == 2
    assert said in capfd.readouterr().err


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: Place
) -> None:
    index = ["index", str(place.photos), "--index", str(tmp_path / "index"), "--quiet"]
    assert main([*index, "--encoders", f"clip:{tmp_path / 'none'}"]) == 1
    assert "no such folder" in capfd.readouterr().err
    with Index.open(place.index) as index_now:
        assert index_now.model.name == "clip"
