"""A database that goes away is told of, and answers again once it is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from search.cli import search_main
from search.models import loading
from search.server.app import build_app
from search.server.pool.model_holder import LoadedModel
from search.server.settings import Settings
from store import Index, IndexUnavailable, ModelMismatch
from store.postgres.address import Address
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from tests.integration.colours import ColourModel
from tests.integration.server.served import BASE, make_index
from tests.postgres_server import PostgresServer, running_server

RED = {"text": "red"}
Serve = Callable[..., TestClient]


@pytest.fixture(scope="module")
def fragile() -> Iterator[PostgresServer]:
    """A server of its own, since others' tests would miss it."""
    with running_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder, _ = make_index(tmp_path)
    return folder


def pushed(folder: Path, address: str) -> str:
    with Index.open(folder) as index:
        push(index, Address.parse(address))
    return address


@pytest.fixture
def client_of() -> Iterator[Serve]:
    """Gives a server of a database that has some models, the colours' own unless others are."""
    with ExitStack() as stack:

        def serve(address: str, *models: ColourModel) -> TestClient:
            known = {model.fingerprint: model for model in models or (ColourModel(),)}

            def load(fingerprint: str) -> LoadedModel:
                if fingerprint not in known:
                    raise ModelMismatch(f"the index was made with {fingerprint}")
                return LoadedModel(known[fingerprint], known[fingerprint])

            hosts = frozenset({"127.0.0.1"})
            app = build_app(Settings(Path("/nowhere"), vectors=address, hosts=hosts), load)
            stack.callback(app.state.service.close, 5)
            app.state.service.warm()
            return TestClient(app, base_url=BASE)

        yield serve


def test_a_killed_server_is_noticed_and_connected_to_again(
    fragile: PostgresServer, folder: Path
) -> None:
    with PostgresReader.open(pushed(folder, fragile.new_database())) as reader:
        query = ColourModel().embed_queries(["red"]).vectors[0]
        before = reader.search(query, 4)[0].tolist()
        fragile.kill()
        for _ in range(3):
            with pytest.raises(IndexUnavailable, match=r"postgresql://postgres@/test_\d+"):
                reader.search(query, 4)
        fragile.start()
        time.sleep(1)  # the longest pause between two attempts
        assert reader.search(query, 4)[0].tolist() == before


def test_a_restart_between_two_searches_is_not_even_noticed(
    fragile: PostgresServer, folder: Path
) -> None:
    with PostgresReader.open(pushed(folder, fragile.new_database())) as reader:
        assert len(reader) == 4
        fragile.kill()
        fragile.start()
        assert len(reader) == 4


def test_in_the_middle_of_a_search_it_is_told(fragile: PostgresServer, folder: Path) -> None:
    with PostgresReader.open(pushed(folder, fragile.new_database())) as reader:
        with pytest.raises(IndexUnavailable, match="was lost"), reader.snapshot():
            fragile.kill()
            reader.photos([1])
        fragile.start()
        assert len(reader.photos([1])) == 1


def test_over_http_it_is_a_clear_answer_and_heals(
    fragile: PostgresServer, folder: Path, client_of: Serve
) -> None:
    client = client_of(pushed(folder, fragile.new_database()))
    assert client.post("/v1/search", json=RED).status_code == 200
    assert client.get("/readyz").status_code == 200
    fragile.kill()
    answer = client.post("/v1/search", json=RED)
    assert (answer.status_code, answer.json()["degraded"]) == (503, True)
    assert "the database postgresql://postgres@/test_" in answer.json()["error"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    fragile.start()
    time.sleep(1)
    assert client.post("/v1/search", json=RED).json()["hits"][0]["path"].endswith("red.png")
    assert client.get("/readyz").status_code == 200


def test_a_server_of_a_database_knows_its_photos_and_changes_none(
    folder: Path, database: str, client_of: Serve
) -> None:
    client = client_of(pushed(folder, database))
    state = client.get("/v1/index").json()
    assert (state["photos"], state["captions"]) == (4, 1)
    assert state["categories"] == [{"name": "wall", "photos": 2}, {"name": "sky", "photos": 1}]
    assert [each["id"] for each in client.get("/v1/images").json()["images"]] == [1, 2, 3, 4]
    assert client.get("/v1/images/1/thumbnail").status_code == 200
    assert client.get("/v1/images/9").status_code == 404
    refused = [
        client.delete("/v1/images/1"),
        client.post("/v1/images", files={"image": ("a.png", b"x")}),
    ]
    for answer in refused:
        assert answer.status_code == 403
        assert "change the index on disk, then run `crossgraph push`" in answer.json()["error"]
    assert client.get("/v1/index").json()["photos"] == 4


def test_the_search_command_needs_an_address_and_no_folder(
    folder: Path,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pushed(folder, database)
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    assert search_main(["red", "--paths", "-k", "1", "--vectors", database]) == 0
    monkeypatch.setenv("CROSSGRAPH_VECTORS", database)
    assert search_main(["red", "--paths", "-k", "1"]) == 0
    paths = capsys.readouterr().out.splitlines()
    assert [Path(path).name for path in paths] == ["red.png"] * 2
    assert search_main(["red", "--vectors", "postgresql://me:secret@127.0.0.1:1/x"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: the database postgresql://me@127.0.0.1:1/x cannot be reached")
    assert "secret" not in told


def test_two_servers_of_one_database_follow_a_switch(
    folder: Path, database: str, client_of: Serve
) -> None:
    clients = [client_of(pushed(folder, database)) for _ in range(2)]
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def ask(client: TestClient) -> None:
        while not stop.is_set():
            answer = client.post("/v1/search", json={**RED, "limit": 10})
            seen.append((answer.status_code, len(answer.json().get("hits", ()))))

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for gone in (3, 4):
            with Index.open(folder) as index:
                index.remove_images([gone])
            pushed(folder, database)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(seen) <= {(200, 4), (200, 3), (200, 2)}
    for client in clients:
        assert len(client.post("/v1/search", json={**RED, "limit": 10}).json()["hits"]) == 2


def test_a_switch_to_another_model_is_followed_by_who_has_it(
    folder: Path, tmp_path: Path, database: str, client_of: Serve
) -> None:
    other = ColourModel("0the4", contrary=True)
    client_of_both = client_of(pushed(folder, database), ColourModel(), other)
    client_of_one = client_of(database)
    with Index.open(folder) as index, Index.create(tmp_path / "other", "0the4", 4) as anew:
        ids = list(index.files())
        anew.put_images(list(index.files().values()), index.vectors(ids), index.nodes(ids))
    pushed(tmp_path / "other", database)
    assert client_of_both.post("/v1/search", json=RED).status_code == 200
    answer = client_of_one.post("/v1/search", json=RED)
    assert (answer.status_code, "degraded" in answer.json()) == (503, False)
    assert "0the4" in answer.json()["error"]
